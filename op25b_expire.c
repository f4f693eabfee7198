// SPDX-License-Identifier: GPL-2.0
/*
 * Exempts that expire
 *
 * The table queues the exempts of the policy in force by the time at which they expire. A work, for
 * which op25b_table_schedule_expiry() sets the timer, deletes those that are due. That is a change
 * of the policy like any other.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/memcontrol.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>

#include "op25b_expire.h"
#include "op25b_step.h"

/* The most exempts that one change deletes: others may want the lock */
#define EXPIRE_MAX 1024

/* The next exempt to expire if it is due, or NULL */
static const struct op25b_exempt *next_expired(struct op25b_table *table)
	__must_hold(&table->lock)
{
	struct timerqueue_node *next = timerqueue_getnext(&table->expiries);

	if (!next || ktime_after(next->expires, ktime_get_boottime()))
		return NULL;
	return container_of(next, struct op25b_exempt, expiry);
}

static int delete_expired(struct op25b_table *table) __must_hold(&table->lock)
{
	const struct op25b_exempt *exempt = next_expired(table);
	struct op25b_change *change;
	struct op25b_prefix prefix;
	unsigned int n = 0;
	int err;

	if (!exempt)
		return 0;
	change = op25b_change_begin(table);
	if (!change)
		return -ENOMEM;
	for (; exempt && n < EXPIRE_MAX; exempt = next_expired(table), n++) {
		prefix = exempt->prefix;
		err = op25b_step_exempt_del(change, exempt->pool, &prefix, false, NULL);
		if (err) {
			op25b_change_abort(change);
			return err;
		}
	}
	return op25b_change_commit(change);
}

static void expire_work(struct work_struct *work)
{
	struct op25b_table *table = container_of(to_delayed_work(work), struct op25b_table, expire);
	struct mem_cgroup *old;
	int err;

	mutex_lock(&table->lock);
	/* charge the copies to the memcg of the process that added the exempts */
	old = set_active_memcg(table->memcg);
	err = delete_expired(table);
	set_active_memcg(old);
	if (err)
		mod_delayed_work(op25b_workqueue, &table->expire, HZ);
	else
		op25b_table_schedule_expiry(table);
	mutex_unlock(&table->lock);
}

/**
 * op25b_expire_init() - initialize the work of a table
 * @table: the table, which nobody else has yet
 */
void op25b_expire_init(struct op25b_table *table)
{
	INIT_DELAYED_WORK(&table->expire, expire_work);
}

/**
 * op25b_expire_stop() - stop the work, for good
 * @table: the table, which nothing else changes any more
 */
void op25b_expire_stop(struct op25b_table *table)
{
	mutex_lock(&table->lock);
	timerqueue_init_head(&table->expiries);
	mutex_unlock(&table->lock);
	cancel_delayed_work_sync(&table->expire);
}
