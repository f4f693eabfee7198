/* SPDX-License-Identifier: GPL-2.0 */
/* linux/slab.h for user space: malloc(), with counters and failures that a test asks for */
#ifndef _SHIM_LINUX_SLAB_H
#define _SHIM_LINUX_SLAB_H

#include <malloc.h>

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/types.h>

/* as linux/overflow.h */
#define struct_size(p, member, n)	(sizeof(*(p)) + (n) * sizeof((p)->member[0]))

#define GFP_KERNEL		1u
#define GFP_ATOMIC		2u
#define __GFP_ACCOUNT		4u
#define __GFP_NOWARN		8u
#define __GFP_ZERO		16u
#define __GFP_RETRY_MAYFAIL	32u
#define GFP_KERNEL_ACCOUNT	(GFP_KERNEL | __GFP_ACCOUNT)

/**
 * struct shim_slab - counters of allocations, and which of them fail
 * @live: the number of allocations that were not freed
 * @calls: the number of allocations requested since shim_slab_fail()
 * @fail_at: which of them fails, counted from 1; 0 for none
 * @fail_on: whether all later ones fail, too
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

static inline size_t ksize(const void *p)
{
	return malloc_usable_size((void *)p);
}

static inline void kfree(const void *p)
{
	shim_slab_free(p);
}

#endif /* _SHIM_LINUX_SLAB_H */
