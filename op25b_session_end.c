// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions that end by themselves: because their timeout is over, or because their device goes down
 * or away
 *
 * A timeout that is over counts at once, for whoever finds the session checks the time. It remains
 * to end the session. A device that goes down ends its session before the next user of the device
 * can bring it up: the notifier is called within the operation that takes it down.
 */
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/memcontrol.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <linux/sched/mm.h>

#include "op25b_net.h"
#include "op25b_session_change.h"
#include "op25b_session_end.h"
#include "op25b_workqueue.h"

/* The most sessions that one change ends because they have expired: others may want the lock */
#define END_MAX 1024

static int end_expired(struct op25b_session_change *change)
{
	struct op25b_session_timed *due;
	struct timerqueue_node *next;
	unsigned int n;
	int err = 0;

	lockdep_assert_held(&change->table->sessions.lock);
	next = timerqueue_getnext(&change->table->sessions.expiries);
	for (n = 0; next && n < END_MAX && !err; n++, next = timerqueue_iterate_next(next)) {
		if (ktime_after(next->expires, ktime_get_boottime()))
			break;
		due = container_of(next, struct op25b_session_timed, expiry);
		err = op25b_session_leave(change, &due->session);
	}
	return err;
}

/*
 * End the session that has a device, which has gone down or away, if there is one. -ENOMEM: it
 * counts for nothing any more, and op25b_session_end_due() ends it later.
 */
static int end_device(struct op25b_table *table, int ifindex)
{
	struct op25b_sessions *sessions = &table->sessions;
	struct op25b_session_change *change;
	const struct op25b_session_map *map;
	struct op25b_session *session;
	int err;

	lockdep_assert_held(&sessions->lock);
	map = op25b_session_map(sessions);
	if (!map)
		return 0;
	session = op25b_session_of(op25b_lpm_get(map->device, op25b_session_device_key(ifindex),
						 OP25B_SESSION_DEVICE_BITS));
	if (!session)
		return 0;
	change = op25b_session_change_begin(table, false);
	err = change ? op25b_session_leave(change, session) : -ENOMEM;
	if (!err) {
		op25b_session_change_commit(change, OP25B_EVENT_SESSION_DOWN);
		return 0;
	}
	if (change)
		op25b_session_change_abort(change);
	if (!session->ended) {
		WRITE_ONCE(session->ended, true);
		sessions->orphans++;
	}
	return err;
}

/* End those that have lost their device and are still there. */
static int end_orphans(struct op25b_session_change *change)
{
	struct op25b_sessions *sessions = &change->table->sessions;
	struct op25b_session *session;
	struct rb_node *node;
	int err = 0;

	lockdep_assert_held(&sessions->lock);
	if (!sessions->orphans)
		return 0;
	for (node = rb_first(&sessions->ids); node && !err; node = rb_next(node)) {
		session = rb_entry(node, struct op25b_session, node);
		if (session->ended && !session->leaves)
			err = op25b_session_leave(change, session);
	}
	return err;
}

/**
 * op25b_session_end_due() - end sessions whose timeout is over or whose device is gone
 * @table: the table, whose lock of sessions is held
 *
 * The next time for it is when the timer of the sessions expires.
 *
 * Return: 0, or -ENOMEM: some are left that are due.
 */
int op25b_session_end_due(struct op25b_table *table)
{
	struct op25b_sessions *sessions = &table->sessions;
	struct op25b_session_change *change;
	struct mem_cgroup *old;
	int err;

	lockdep_assert_held(&sessions->lock);
	if (!op25b_session_map(sessions))
		return 0;
	/* the commit may drop the reference to the control group, and allocates only events */
	old = set_active_memcg(sessions->memcg);
	change = op25b_session_change_begin(table, false);
	err = change ? end_expired(change) : -ENOMEM;
	if (!err)
		err = end_orphans(change);
	set_active_memcg(old);
	if (!err)
		op25b_session_change_commit(change, OP25B_EVENT_SESSION_EXPIRED);
	else if (change)
		op25b_session_change_abort(change);
	return err;
}

static void end_work(struct work_struct *work)
{
	struct op25b_sessions *sessions = container_of(work, struct op25b_sessions, expire);

	mutex_lock(&sessions->lock);
	if (op25b_session_end_due(container_of(sessions, struct op25b_table, sessions)))
		op25b_session_schedule(sessions, true);
	mutex_unlock(&sessions->lock);
}

static enum hrtimer_restart queue_end_work(struct hrtimer *timer)
{
	struct op25b_sessions *sessions =
		container_of(timer, struct op25b_sessions, expiry_timer);

	queue_work(op25b_workqueue, &sessions->expire);
	return HRTIMER_NORESTART;
}

static int device_event(struct notifier_block *block, unsigned long event, void *data)
{
	const struct net_device *dev = netdev_notifier_info_to_dev(data);
	struct op25b_table *table = &op25b_net(dev_net(dev))->table;

	if (event != NETDEV_DOWN && event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	mutex_lock(&table->sessions.lock);
	if (end_device(table, dev->ifindex))
		op25b_session_schedule(&table->sessions, false);
	mutex_unlock(&table->sessions.lock);
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = { .notifier_call = device_event };

/**
 * op25b_session_end_register() - register the notifier of devices
 *
 * Return: 0 or an error.
 */
int op25b_session_end_register(void)
{
	return register_netdevice_notifier(&device_notifier);
}

/**
 * op25b_session_end_unregister() - unregister the notifier of devices
 */
void op25b_session_end_unregister(void)
{
	unregister_netdevice_notifier(&device_notifier);
}

/**
 * op25b_session_end_init() - initialize the work of the sessions of a namespace, and its timer
 * @sessions: the sessions, which nobody else has yet
 */
void op25b_session_end_init(struct op25b_sessions *sessions)
{
	INIT_WORK(&sessions->expire, end_work);
	hrtimer_setup(&sessions->expiry_timer, queue_end_work, CLOCK_BOOTTIME, HRTIMER_MODE_ABS);
}

/**
 * op25b_session_end_stop() - stop the work and its timer, for good
 * @sessions: the sessions, closed: without any, nothing sets the timer again
 */
void op25b_session_end_stop(struct op25b_sessions *sessions)
{
	hrtimer_cancel(&sessions->expiry_timer);
	cancel_work_sync(&sessions->expire);
	/* the work may have set it before the sessions were closed */
	hrtimer_cancel(&sessions->expiry_timer);
}
