/* SPDX-License-Identifier: GPL-2.0 */
/* linux/limits.h for user space: the system's header, and the kernel's limits of its types */
#ifndef _SHIM_LINUX_LIMITS_H
#define _SHIM_LINUX_LIMITS_H

#include <limits.h>
#include_next <linux/limits.h>

#define U8_MAX	0xff
#define U32_MAX	0xffffffffU
#define U64_MAX	(~0ULL)

#endif /* _SHIM_LINUX_LIMITS_H */
