/* SPDX-License-Identifier: GPL-2.0 */
/* linux/mutex.h for user space: there is one thread, so locking a locked mutex is a deadlock */
#ifndef _SHIM_LINUX_MUTEX_H
#define _SHIM_LINUX_MUTEX_H

#include <assert.h>

#include <linux/sched.h>
#include <linux/types.h>

struct mutex {
	bool locked;
};

static inline void mutex_init(struct mutex *mutex)
{
	mutex->locked = false;
}

static inline void mutex_destroy(struct mutex *mutex)
{
	assert(!mutex->locked);
}

static inline void mutex_lock(struct mutex *mutex)
{
	might_sleep();
	assert(!mutex->locked);
	mutex->locked = true;
}

static inline void mutex_unlock(struct mutex *mutex)
{
	assert(mutex->locked);
	mutex->locked = false;
}

#define lockdep_is_held(mutex)		((mutex)->locked)
#define lockdep_assert_held(mutex)	assert((mutex)->locked)

#endif /* _SHIM_LINUX_MUTEX_H */
