/* SPDX-License-Identifier: GPL-2.0 */
/* linux/sched.h for user space: might_sleep() checks the context of its caller */
#ifndef _SHIM_LINUX_SCHED_H
#define _SHIM_LINUX_SCHED_H

#include <assert.h>

/* The depth of RCU read-side critical sections and of sections with preemption disabled */
extern int shim_atomic_depth;

static inline void might_sleep(void)
{
	assert(!shim_atomic_depth);
}

/* How often op25b_pause() was called: how long loops are */
extern unsigned long shim_loops;

/* The same, and how much was allocated, freed and sorted: how long the code under test takes */
extern unsigned long shim_work;

/* The current process; only its mm is used, for the memory cgroup. */
#define current (&(struct { struct mm_struct *mm; }){ NULL })

#endif /* _SHIM_LINUX_SCHED_H */
