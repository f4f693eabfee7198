/* SPDX-License-Identifier: GPL-2.0 */
/* linux/cache.h for user space: alignment makes no difference here */
#ifndef _SHIM_LINUX_CACHE_H
#define _SHIM_LINUX_CACHE_H

#define ____cacheline_aligned_in_smp

#endif /* _SHIM_LINUX_CACHE_H */
