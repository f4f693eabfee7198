/* SPDX-License-Identifier: GPL-2.0 */
/* linux/idr.h for user space: the lowest free id, from an allocated array */
#ifndef _SHIM_LINUX_IDR_H
#define _SHIM_LINUX_IDR_H

#include <assert.h>

#include <linux/err.h>
#include <linux/sched.h>
#include <linux/slab.h>

struct ida {
	bool *used;
	unsigned int n;
	unsigned int lowest;	/* all below are used */
};

static inline void ida_init(struct ida *ida)
{
	*ida = (struct ida){ 0 };
}

/* @max is always the same. */
static inline int ida_alloc_max(struct ida *ida, unsigned int max, gfp_t gfp)
{
	if (!ida->used)
		ida->used = kzalloc((max + 1) * sizeof(bool), gfp);
	if (!ida->used)
		return -ENOMEM;
	while (ida->lowest <= max && ida->used[ida->lowest])
		ida->lowest++;
	if (ida->lowest > max)
		return -ENOSPC;
	ida->used[ida->lowest] = true;
	ida->n++;
	return ida->lowest;
}

static inline void ida_free(struct ida *ida, unsigned int id)
{
	assert(ida->used && ida->used[id]);
	shim_work++;
	ida->used[id] = false;
	if (id < ida->lowest)
		ida->lowest = id;
	if (--ida->n)
		return;
	kfree(ida->used);
	ida->used = NULL;
}

static inline void ida_destroy(struct ida *ida)
{
	kfree(ida->used);
	ida->used = NULL;
}

#endif /* _SHIM_LINUX_IDR_H */
