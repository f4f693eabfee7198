// SPDX-License-Identifier: GPL-2.0
/*
 * The static key for sessions and VRFs: while no namespace has any, packets execute a no-op
 */
#include <linux/mutex.h>
#include <linux/rcupdate.h>

#include "op25b_extra.h"

DEFINE_STATIC_KEY_FALSE(op25b_extra_key);

/* Protects the count of the key */
static DEFINE_MUTEX(extra_lock);

/* The grace period after which no packet is left that has found the key off */
static unsigned long extra_seen;

/**
 * op25b_extra_inc() - note that a namespace has sessions, or one VRF more
 *
 * A packet that has found the key off may still be on its way to the policy, and must not find one
 * there that it would judge wrongly. So this waits for such packets, unless the key has been on for
 * long enough.
 *
 * Context: process, may sleep.
 */
void op25b_extra_inc(void)
{
	bool first;

	mutex_lock(&extra_lock);
	first = !op25b_extra();
	static_branch_inc(&op25b_extra_key);
	if (first)
		extra_seen = get_state_synchronize_rcu();
	cond_synchronize_rcu(extra_seen);
	mutex_unlock(&extra_lock);
}

/**
 * op25b_extra_dec() - undo op25b_extra_inc()
 */
void op25b_extra_dec(void)
{
	mutex_lock(&extra_lock);
	static_branch_dec(&op25b_extra_key);
	mutex_unlock(&extra_lock);
}
