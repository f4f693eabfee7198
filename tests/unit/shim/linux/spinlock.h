/* SPDX-License-Identifier: GPL-2.0 */
/* linux/spinlock.h for user space: who holds one may not sleep */
#ifndef _SHIM_LINUX_SPINLOCK_H
#define _SHIM_LINUX_SPINLOCK_H

#include <assert.h>

#include <linux/sched.h>
#include <linux/types.h>

typedef struct {
	bool locked;
} spinlock_t;

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->locked = false;
}

static inline void spin_lock(spinlock_t *lock)
{
	assert(!lock->locked);
	lock->locked = true;
	shim_atomic_depth++;
}

static inline void spin_unlock(spinlock_t *lock)
{
	assert(lock->locked);
	lock->locked = false;
	shim_atomic_depth--;
}

#endif /* _SHIM_LINUX_SPINLOCK_H */
