// SPDX-License-Identifier: GPL-2.0
/*
 * Deferred calls, for the shims of RCU and of workqueues: RCU callbacks and delayed work
 */
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

int shim_cpu;
ktime_t shim_clock = 1000 * NSEC_PER_SEC;

static struct rcu_head *waiting, **waiting_end = &waiting;
static struct delayed_work *pending;

void call_rcu(struct rcu_head *rcu, void (*func)(struct rcu_head *rcu))
{
	rcu->func = func;
	rcu->next = NULL;
	*waiting_end = rcu;
	waiting_end = &rcu->next;
}

void rcu_barrier(void)
{
	struct rcu_head *rcu;

	might_sleep();
	while ((rcu = waiting)) {
		waiting = rcu->next;
		if (!waiting)
			waiting_end = &waiting;
		rcu->func(rcu);
	}
}

static void do_rcu_work(struct rcu_head *rcu)
{
	struct rcu_work *work = container_of(rcu, struct rcu_work, rcu);

	work->work.func(&work->work);
}

bool queue_rcu_work(struct workqueue_struct *queue, struct rcu_work *work)
{
	assert(queue);
	call_rcu(&work->rcu, do_rcu_work);
	return true;
}

struct workqueue_struct *alloc_workqueue(const char *name, unsigned int flags, int max_active)
{
	return kmalloc(1, GFP_KERNEL);
}

void destroy_workqueue(struct workqueue_struct *queue)
{
	kfree(queue);
}

bool cancel_delayed_work_sync(struct delayed_work *work)
{
	struct delayed_work **link;

	might_sleep();
	if (!work->pending)
		return false;
	for (link = &pending; *link != work; link = &(*link)->next)
		assert(*link);
	*link = work->next;
	work->pending = false;
	return true;
}

/*
 * How late a timer can be: one slot of the timer wheel, which is 8 times as long at each level
 * (kernel/time/timer.c).
 */
static unsigned long slot(unsigned long delay)
{
	unsigned long slot = 1;

	while (delay >= 63 * slot)
		slot *= 8;
	return slot;
}

bool mod_delayed_work(struct workqueue_struct *queue, struct delayed_work *work,
		      unsigned long delay)
{
	bool was = cancel_delayed_work_sync(work);

	assert(queue);
	work->due = shim_clock + (s64)(delay + slot(delay)) * (NSEC_PER_SEC / HZ);
	work->pending = true;
	work->next = pending;
	pending = work;
	return was;
}

void shim_clock_advance(ktime_t clock)
{
	struct delayed_work *work, *next;

	for (;;) {
		next = NULL;
		for (work = pending; work; work = work->next) {
			if (work->due <= clock && (!next || work->due < next->due))
				next = work;
		}
		if (!next)
			break;
		if (next->due > shim_clock)
			shim_clock = next->due;
		cancel_delayed_work_sync(next);
		next->work.func(&next->work);
	}
	if (clock > shim_clock)
		shim_clock = clock;
}
