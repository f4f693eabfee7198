/* SPDX-License-Identifier: GPL-2.0 */
/* linux/rcupdate.h for user space: grace periods end when the test calls rcu_barrier() */
#ifndef _SHIM_LINUX_RCUPDATE_H
#define _SHIM_LINUX_RCUPDATE_H

#include <assert.h>

#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/sched.h>

/* annotations for clang's context analysis, which does not check the tests */
#define __guarded_by(...)
#define __must_hold(...)
#define __must_hold_shared(...)
#define __context_unsafe(comment)

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *rcu);
	unsigned long offset;	/* in what kfree_rcu() frees */
};

void call_rcu(struct rcu_head *rcu, void (*func)(struct rcu_head *rcu));

/* End the grace period: call all callbacks, including those that callbacks add. */
void rcu_barrier(void);

/* Wait for readers, of whom there are none, but call no callbacks. */
static inline void synchronize_rcu(void)
{
	assert(!shim_atomic_depth);
}

static inline void rcu_read_lock(void)
{
	shim_atomic_depth++;
}

static inline void rcu_read_unlock(void)
{
	assert(shim_atomic_depth > 0);
	shim_atomic_depth--;
}

/* The state is the number of grace periods that have ended, and never 0. */
extern unsigned long shim_grace_periods;

static inline unsigned long get_state_synchronize_rcu(void)
{
	return shim_grace_periods + 1;
}

/* There are no readers to wait for. */
static inline void cond_synchronize_rcu(unsigned long state)
{
	might_sleep();
	assert(state && state <= shim_grace_periods + 1);
}

void shim_rcu_kfree(struct rcu_head *rcu);

#define kfree_rcu(p, member) do {							\
	(p)->member.offset = (char *)&(p)->member - (char *)(p);			\
	call_rcu(&(p)->member, shim_rcu_kfree);						\
} while (0)

#define rcu_dereference(p)		({ assert(shim_atomic_depth); (p); })
#define rcu_dereference_protected(p, c)	({ assert(c); (p); })
#define rcu_assign_pointer(p, v)	((p) = (v))
#define RCU_INIT_POINTER(p, v)		((p) = (v))

#endif /* _SHIM_LINUX_RCUPDATE_H */
