/* SPDX-License-Identifier: GPL-2.0 */
/* linux/netdevice.h for user space */
#ifndef _SHIM_LINUX_NETDEVICE_H
#define _SHIM_LINUX_NETDEVICE_H

struct net_device {
	int ifindex;
};

#endif /* _SHIM_LINUX_NETDEVICE_H */
