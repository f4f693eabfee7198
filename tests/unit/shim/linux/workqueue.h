/* SPDX-License-Identifier: GPL-2.0 */
/* linux/workqueue.h for user space: work that is queued by a timer runs in shim_clock_advance() */
#ifndef _SHIM_LINUX_WORKQUEUE_H
#define _SHIM_LINUX_WORKQUEUE_H

#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>

struct work_struct {
	void (*func)(struct work_struct *work);
	struct work_struct *next;	/* in the list of pending work */
	bool pending;
};

struct delayed_work {
	struct work_struct work;
	struct workqueue_struct *queue;
	struct hrtimer timer;
};

struct rcu_work {
	struct work_struct work;
	struct rcu_head rcu;
};

struct workqueue_struct;

#define WQ_UNBOUND	0
#define WQ_MEM_RECLAIM	0

struct workqueue_struct *alloc_workqueue(const char *name, unsigned int flags, int max_active);
void destroy_workqueue(struct workqueue_struct *queue);

static inline void flush_workqueue(struct workqueue_struct *queue)
{
}

#define INIT_WORK(w, f)		(*(w) = (struct work_struct){ .func = (f) })
#define INIT_DELAYED_WORK(dwork, f)	(*(dwork) = (struct delayed_work){ .work.func = (f) })
#define INIT_RCU_WORK(rwork, f)	((rwork)->work.func = (f))

#define to_delayed_work(w)	container_of(w, struct delayed_work, work)
#define to_rcu_work(w)		container_of(w, struct rcu_work, work)

bool queue_work(struct workqueue_struct *queue, struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);
bool mod_delayed_work(struct workqueue_struct *queue, struct delayed_work *work,
		      unsigned long delay);
bool queue_delayed_work(struct workqueue_struct *queue, struct delayed_work *work,
			unsigned long delay);
bool cancel_delayed_work_sync(struct delayed_work *work);
bool queue_rcu_work(struct workqueue_struct *queue, struct rcu_work *work);

#endif /* _SHIM_LINUX_WORKQUEUE_H */
