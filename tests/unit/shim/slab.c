// SPDX-License-Identifier: GPL-2.0
/*
 * The allocator behind linux/slab.h
 *
 * Each allocation is a malloc() of exactly the requested size, so that AddressSanitizer finds any
 * access out of bounds. It is filled with a byte that is neither zero nor a small number.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <linux/memcontrol.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "pause.h"

struct shim_slab shim_slab;
int shim_atomic_depth;
unsigned long shim_loops;
unsigned long shim_work;

struct mem_cgroup shim_memcg;
struct mem_cgroup *shim_active_memcg;
bool shim_in_work;

void op25b_pause(void)
{
	might_sleep();
	shim_loops++;
	shim_work++;
}

/**
 * shim_slab_fail() - make allocations fail from now on
 * @fail_at: the first that fails, counted from this call on; 0 for none
 * @fail_on: whether all later ones fail, too
 */
void shim_slab_fail(unsigned long fail_at, bool fail_on)
{
	shim_slab.calls = 0;
	shim_slab.fail_at = fail_at;
	shim_slab.fail_on = fail_on;
}

void *shim_slab_alloc(size_t size, gfp_t gfp)
{
	void *p;

	/* the sources under test use one of the two */
	assert(!(gfp & GFP_KERNEL) != !(gfp & GFP_ATOMIC));
	if (gfp & GFP_KERNEL)
		might_sleep();
	if (gfp & __GFP_ACCOUNT)
		assert(!shim_in_work || shim_active_memcg);

	shim_work++;
	shim_slab.calls++;
	if (shim_slab.calls == shim_slab.fail_at)
		return NULL;
	if (shim_slab.fail_at && shim_slab.fail_on && shim_slab.calls > shim_slab.fail_at)
		return NULL;
	p = malloc(size);
	assert(p);
	memset(p, gfp & __GFP_ZERO ? 0 : 0xa5, size);
	shim_slab.live++;
	return p;
}

void shim_slab_free(const void *p)
{
	if (!p)
		return;
	shim_work++;
	shim_slab.live--;
	free((void *)p);
}

void *kmemdup(const void *p, size_t size, gfp_t gfp)
{
	void *copy = kmalloc(size, gfp);

	return copy ? memcpy(copy, p, size) : NULL;
}
