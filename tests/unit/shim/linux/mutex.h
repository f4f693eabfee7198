/* SPDX-License-Identifier: GPL-2.0 */
/*
 * linux/mutex.h for user space: there is one thread, so locking a locked mutex is a deadlock. What
 * other threads do comes in shim_mutex_unlocked().
 */
#ifndef _SHIM_LINUX_MUTEX_H
#define _SHIM_LINUX_MUTEX_H

#include <assert.h>

#include <linux/sched.h>
#include <linux/types.h>

struct mutex {
	bool locked;
	unsigned long since;	/* of shim_work, when it was locked */
};

#define DEFINE_MUTEX(name)	struct mutex name = { 0 }

/* Called whenever a mutex was unlocked, unless it is NULL */
extern void (*shim_mutex_unlocked)(void);

/* The most work, counted by shim_work, for which a mutex was held */
extern unsigned long shim_mutex_longest;

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
	mutex->since = shim_work;
}

static inline void mutex_unlock(struct mutex *mutex)
{
	assert(mutex->locked);
	mutex->locked = false;
	if (shim_work - mutex->since > shim_mutex_longest)
		shim_mutex_longest = shim_work - mutex->since;
	if (shim_mutex_unlocked)
		shim_mutex_unlocked();
}

#define lockdep_is_held(mutex)		((mutex)->locked)
#define lockdep_assert_held(mutex)	assert((mutex)->locked)

#endif /* _SHIM_LINUX_MUTEX_H */
