/* SPDX-License-Identifier: GPL-2.0 */
/* linux/sched.h for user space: whether the code under test may sleep where it is */
#ifndef _SHIM_LINUX_SCHED_H
#define _SHIM_LINUX_SCHED_H

#include <assert.h>

/* How many RCU read sides and spin locks we are in. */
extern int shim_atomic_depth;

static inline void might_sleep(void)
{
	assert(!shim_atomic_depth);
}

static inline int cond_resched(void)
{
	might_sleep();
	return 0;
}

/* The process, of which nothing but its memory is asked for */
#define current (&(struct { struct mm_struct *mm; }){ NULL })

#endif /* _SHIM_LINUX_SCHED_H */
