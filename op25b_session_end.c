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
#include <linux/netdevice.h>
#include <linux/notifier.h>

#include "op25b_net.h"
#include "op25b_session.h"
#include "op25b_session_end.h"
#include "op25b_workqueue.h"

/* When to try again if memory is short, in seconds */
#define RETRY_SECONDS 1

static void sessions_retry(struct op25b_sessions *sessions)
{
	ktime_t at = ktime_add(ktime_get_boottime(), ktime_set(RETRY_SECONDS, 0));

	hrtimer_start(&sessions->expiry_timer, at, HRTIMER_MODE_ABS);
}

static void end_work(struct work_struct *work)
{
	struct op25b_sessions *sessions = container_of(work, struct op25b_sessions, expire);

	mutex_lock(&sessions->lock);
	if (op25b_session_end_due(container_of(sessions, struct op25b_table, sessions)))
		sessions_retry(sessions);
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
	if (op25b_session_end_device(table, dev->ifindex))
		sessions_retry(&table->sessions);
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
