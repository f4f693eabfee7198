/* SPDX-License-Identifier: GPL-2.0 */
/* linux/atomic.h for user space */
#ifndef _SHIM_LINUX_ATOMIC_H
#define _SHIM_LINUX_ATOMIC_H

#include <linux/types.h>

typedef struct {
	s64 counter;
} atomic64_t;

#define cmpxchg(p, old, new)	__sync_val_compare_and_swap(p, old, new)

#endif /* _SHIM_LINUX_ATOMIC_H */
