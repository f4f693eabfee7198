/* SPDX-License-Identifier: GPL-2.0 */
/* linux/sort.h for user space */
#ifndef _SHIM_LINUX_SORT_H
#define _SHIM_LINUX_SORT_H

#include <stdlib.h>

static inline void sort(void *base, size_t count, size_t size,
			int (*compare)(const void *, const void *), void *swap)
{
	if (count)
		qsort(base, count, size, compare);
}

#endif /* _SHIM_LINUX_SORT_H */
