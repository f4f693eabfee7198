// SPDX-License-Identifier: GPL-2.0
/*
 * Confirmed changes: a policy that is rolled back unless it is confirmed in time
 *
 * As with "commit confirmed" of Junos, and the confirmed commit of NETCONF (RFC 6241, 8.4): who
 * makes a change that locks him out need only wait. The policy before is kept in the kernel, whole
 * (op25b_change_commit_trial()). So it comes back whatever becomes of the process that made the
 * change, and for packets by a pointer, which needs no memory.
 */
#include <linux/errno.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/netlink.h>

#include "op25b_change.h"
#include "op25b_confirm.h"
#include "op25b_event.h"
#include "op25b_workqueue.h"

/**
 * op25b_confirm_check() - check that the policy in force may be changed
 * @table: the table, locked
 * @extack: takes the reason of a failure
 *
 * Return: 0; -EBUSY if it waits to be confirmed.
 */
int op25b_confirm_check(struct op25b_table *table, struct netlink_ext_ack *extack)
{
	if (!table->rollback)
		return 0;
	NL_SET_ERR_MSG(extack,
		       "the policy waits to be confirmed: confirm it or roll it back first");
	return -EBUSY;
}

static int require_trial(struct op25b_table *table, struct netlink_ext_ack *extack)
	__must_hold(&table->lock)
{
	if (table->rollback)
		return 0;
	NL_SET_ERR_MSG(extack, "no policy waits to be confirmed");
	return -ENOENT;
}

/**
 * op25b_confirm() - keep the policy in force
 * @table: the table, locked; the lock may be released and taken again
 * @extack: takes the reason of a failure
 *
 * Return: 0; -ENOENT if it does not wait to be confirmed.
 */
int op25b_confirm(struct op25b_table *table, struct netlink_ext_ack *extack)
{
	const struct op25b_change_event event = { .kind = OP25B_EVENT_CONFIRMED };
	int err = require_trial(table, extack);

	if (err)
		return err;
	op25b_event_send(table, &event, op25b_table_policy(table), NULL);
	op25b_change_confirm(table);
	return 0;
}

/**
 * op25b_confirm_rollback() - put the last confirmed policy back into force
 * @table: the table, locked; the lock may be released and taken again
 * @extack: takes the reason of a failure
 *
 * Return: 0; -ENOENT if the policy in force does not wait to be confirmed.
 */
int op25b_confirm_rollback(struct op25b_table *table, struct netlink_ext_ack *extack)
{
	int err = require_trial(table, extack);

	if (!err)
		op25b_change_rollback(table);
	return err;
}

/**
 * op25b_confirm_left() - how long the policy in force still waits to be confirmed
 * @table: the table; need not be locked
 *
 * Return: the time in seconds, at least 1; 0 if it does not wait.
 */
u32 op25b_confirm_left(const struct op25b_table *table)
{
	u32 by = READ_ONCE(table->rollback_by);
	s64 left = (s64)by * NSEC_PER_SEC - ktime_to_ns(ktime_get_boottime());

	if (!by)
		return 0;
	/* the rollback may be late */
	return left > NSEC_PER_SEC ? div_u64(left, NSEC_PER_SEC) : 1;
}

static void rollback_work(struct work_struct *work)
{
	struct op25b_table *table = container_of(work, struct op25b_table, rollback_work);

	mutex_lock(&table->lock);
	/* it may have been confirmed meanwhile, and another one wait */
	if (table->rollback &&
	    !ktime_after(hrtimer_get_expires(&table->rollback_timer), ktime_get_boottime()))
		op25b_change_rollback(table);
	mutex_unlock(&table->lock);
}

static enum hrtimer_restart queue_rollback_work(struct hrtimer *timer)
{
	struct op25b_table *table = container_of(timer, struct op25b_table, rollback_timer);

	queue_work(op25b_rollback_workqueue, &table->rollback_work);
	return HRTIMER_NORESTART;
}

/**
 * op25b_confirm_init() - initialize the work of a table, and its timer
 * @table: the table, which nobody else has yet
 */
void op25b_confirm_init(struct op25b_table *table)
{
	INIT_WORK(&table->rollback_work, rollback_work);
	hrtimer_setup(&table->rollback_timer, queue_rollback_work, CLOCK_BOOTTIME,
		      HRTIMER_MODE_ABS);
}

/**
 * op25b_confirm_stop() - stop the work and its timer, for good, and drop the policy to go back to
 * @table: the table, which nothing else changes any more
 */
void op25b_confirm_stop(struct op25b_table *table)
{
	hrtimer_cancel(&table->rollback_timer);
	cancel_work_sync(&table->rollback_work);
	mutex_lock(&table->lock);
	if (table->rollback)
		op25b_change_confirm(table);
	mutex_unlock(&table->lock);
}
