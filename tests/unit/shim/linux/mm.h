/* SPDX-License-Identifier: GPL-2.0 */
/* linux/mm.h for user space */
#ifndef _SHIM_LINUX_MM_H
#define _SHIM_LINUX_MM_H

#include <linux/slab.h>

static inline void *kvzalloc(size_t size, gfp_t gfp)
{
	return kzalloc(size, gfp);
}

static inline void kvfree(const void *p)
{
	kfree(p);
}

#endif /* _SHIM_LINUX_MM_H */
