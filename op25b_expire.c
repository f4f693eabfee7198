// SPDX-License-Identifier: GPL-2.0
/*
 * Exempts that expire
 *
 * An exempt has expired when its timeout is over: whoever finds it checks the time. It remains to
 * delete it. The table queues the exempts of the policy in force by the time at which they expire.
 * A work, for which op25b_table_schedule_expiry() sets the timer, deletes those that are due. That
 * is a change of the policy like any other, and may come late: no verdict depends on it.
 */
#include <linux/errno.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/memcontrol.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>

#include "op25b_expire.h"
#include "op25b_step.h"
#include "op25b_workqueue.h"

/* The most exempts that one change deletes: others may want the lock */
#define EXPIRE_MAX 1024

/* When to try again if memory is short, in seconds */
#define RETRY_SECONDS 1

/* The next exempt to expire if it is due, or NULL */
static const struct op25b_exempt *next_expired(struct op25b_table *table)
	__must_hold(&table->lock)
{
	struct timerqueue_node *next = timerqueue_getnext(&table->expiries);

	if (!next || ktime_after(next->expires, ktime_get_boottime()))
		return NULL;
	return container_of(next, struct op25b_exempt, expiry);
}

static int delete_some(struct op25b_change *change)
	__context_unsafe(/* delete_expired() holds the lock */)
{
	const struct op25b_exempt *exempt;
	unsigned int n;
	int err;

	change->event.kind = OP25B_EVENT_EXPIRED;
	for (n = 0; n < EXPIRE_MAX; n++) {
		exempt = next_expired(change->table);
		if (!exempt)
			break;
		err = op25b_step_exempt_expire(change, exempt);
		if (err)
			return err;
		change->event.count++;
	}
	return 0;
}

static int delete_expired(struct op25b_table *table) __must_hold(&table->lock)
{
	struct op25b_change *change;
	struct mem_cgroup *old;
	int err;

	if (!next_expired(table))
		return 0;
	/*
	 * Charge the copies to the memcg of the process that added the exempts. The commit may drop
	 * the reference to it, and allocates nothing for a change without pools.
	 */
	old = set_active_memcg(table->memcg);
	change = op25b_change_begin(table);
	err = change ? delete_some(change) : -ENOMEM;
	set_active_memcg(old);
	if (!err)
		return op25b_change_commit(change);
	if (change)
		op25b_change_abort(change);
	return err;
}

static void expire_work(struct work_struct *work)
{
	struct op25b_table *table = container_of(work, struct op25b_table, expire);
	ktime_t retry;

	mutex_lock(&table->lock);
	if (delete_expired(table)) {
		retry = ktime_add(ktime_get_boottime(), ktime_set(RETRY_SECONDS, 0));
		hrtimer_start(&table->expiry_timer, retry, HRTIMER_MODE_ABS);
	} else {
		op25b_table_schedule_expiry(table);
	}
	mutex_unlock(&table->lock);
}

static enum hrtimer_restart queue_expire_work(struct hrtimer *timer)
{
	struct op25b_table *table = container_of(timer, struct op25b_table, expiry_timer);

	queue_work(op25b_workqueue, &table->expire);
	return HRTIMER_NORESTART;
}

/**
 * op25b_expire_init() - initialize the work of a table, and its timer
 * @table: the table, which nobody else has yet
 */
void op25b_expire_init(struct op25b_table *table)
{
	INIT_WORK(&table->expire, expire_work);
	hrtimer_setup(&table->expiry_timer, queue_expire_work, CLOCK_BOOTTIME, HRTIMER_MODE_ABS);
}

/**
 * op25b_expire_stop() - stop the work and its timer, for good
 * @table: the table, which nothing else changes any more
 */
void op25b_expire_stop(struct op25b_table *table)
{
	mutex_lock(&table->lock);
	timerqueue_init_head(&table->expiries);
	mutex_unlock(&table->lock);
	/* without expiries the work does not set the timer again */
	hrtimer_cancel(&table->expiry_timer);
	cancel_work_sync(&table->expire);
}
