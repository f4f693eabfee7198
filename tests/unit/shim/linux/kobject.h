/* SPDX-License-Identifier: GPL-2.0 */
/* linux/kobject.h for user space */
#ifndef _SHIM_LINUX_KOBJECT_H
#define _SHIM_LINUX_KOBJECT_H

struct kobject {
	int unused;
};

struct kobj_attribute {
	int unused;
};

#endif /* _SHIM_LINUX_KOBJECT_H */
