/* SPDX-License-Identifier: GPL-2.0 */
/* linux/preempt.h for user space */
#ifndef _SHIM_LINUX_PREEMPT_H
#define _SHIM_LINUX_PREEMPT_H

#include <linux/sched.h>

static inline void preempt_disable(void)
{
	shim_atomic_depth++;
}

static inline void preempt_enable(void)
{
	shim_atomic_depth--;
}

#endif /* _SHIM_LINUX_PREEMPT_H */
