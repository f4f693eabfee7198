/* SPDX-License-Identifier: GPL-2.0 */
/* linux/notifier.h for user space */
#ifndef _SHIM_LINUX_NOTIFIER_H
#define _SHIM_LINUX_NOTIFIER_H

#define NOTIFY_DONE 0

struct net_device;

struct notifier_block {
	int (*notifier_call)(struct notifier_block *block, unsigned long event, void *data);
};

#endif /* _SHIM_LINUX_NOTIFIER_H */
