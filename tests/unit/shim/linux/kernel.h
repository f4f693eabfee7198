/* SPDX-License-Identifier: GPL-2.0 */
/* linux/kernel.h for user space */
#ifndef _SHIM_LINUX_KERNEL_H
#define _SHIM_LINUX_KERNEL_H

#include <stddef.h>

#include <linux/minmax.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define round_up(x, y)	((((x) - 1) | ((y) - 1)) + 1)

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

#endif /* _SHIM_LINUX_KERNEL_H */
