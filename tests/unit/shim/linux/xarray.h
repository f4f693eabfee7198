/* SPDX-License-Identifier: GPL-2.0 */
/* linux/xarray.h for user space: a few numbers, of which none is used again */
#ifndef _SHIM_LINUX_XARRAY_H
#define _SHIM_LINUX_XARRAY_H

#include <assert.h>
#include <errno.h>

#include <linux/gfp.h>
#include <linux/limits.h>
#include <linux/types.h>

#define SHIM_XARRAY	64

struct xarray {
	void *entry[SHIM_XARRAY];
};

#define XA_LIMIT(min, max)	(assert((min) < SHIM_XARRAY), (max))

static inline int xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, u32 limit, u32 *next,
				  gfp_t gfp)
{
	if (*next + 1 == SHIM_XARRAY)
		return -EBUSY;
	*id = ++*next;
	xa->entry[*id] = entry;
	return 0;
}

static inline void xa_store(struct xarray *xa, unsigned long id, void *entry, gfp_t gfp)
{
	xa->entry[id] = entry;
}

static inline void xa_erase(struct xarray *xa, unsigned long id)
{
	xa->entry[id] = NULL;
}

#endif /* _SHIM_LINUX_XARRAY_H */
