/* SPDX-License-Identifier: GPL-2.0 */
/* linux/slab.h for user space: malloc(), counted, and made to fail when a test asks for it */
#ifndef _SHIM_LINUX_SLAB_H
#define _SHIM_LINUX_SLAB_H

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/types.h>

#define GFP_KERNEL		1u
#define GFP_ATOMIC		2u
#define __GFP_ACCOUNT		4u
#define __GFP_NOWARN		8u
#define __GFP_ZERO		16u
#define __GFP_RETRY_MAYFAIL	32u
#define GFP_KERNEL_ACCOUNT	(GFP_KERNEL | __GFP_ACCOUNT)

/**
 * struct shim_slab - what a test knows and decides about allocations
 * @live: how many there are that were not freed
 * @calls: how many were asked for since shim_slab_fail()
 * @fail_at: which of them fails, from 1 on; 0 for none
 * @fail_on: so do all that follow
 */
struct shim_slab {
	long live;
	unsigned long calls;
	unsigned long fail_at;
	bool fail_on;
};

extern struct shim_slab shim_slab;

void shim_slab_fail(unsigned long fail_at, bool fail_on);
void *shim_slab_alloc(size_t size, gfp_t gfp);
void shim_slab_free(const void *p);

static inline void *kmalloc(size_t size, gfp_t gfp)
{
	return shim_slab_alloc(size, gfp);
}

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	return shim_slab_alloc(size, gfp | __GFP_ZERO);
}

static inline void kfree(const void *p)
{
	shim_slab_free(p);
}

#endif /* _SHIM_LINUX_SLAB_H */
