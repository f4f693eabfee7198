/* SPDX-License-Identifier: GPL-2.0 */
/* linux/types.h for user space: the system's header and the kernel's internal names */
#ifndef _SHIM_LINUX_TYPES_H
#define _SHIM_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include_next <linux/types.h>

typedef __s8 s8;
typedef __u8 u8;
typedef __s16 s16;
typedef __u16 u16;
typedef __s32 s32;
typedef __u32 u32;
typedef __s64 s64;
typedef __u64 u64;

typedef unsigned int gfp_t;

#define BITS_PER_LONG	__LONG_WIDTH__

#endif /* _SHIM_LINUX_TYPES_H */
