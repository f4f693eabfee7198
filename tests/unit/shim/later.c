// SPDX-License-Identifier: GPL-2.0
/*
 * Deferred calls, for the shims of RCU, timers, workqueues and mutexes
 */
#include <linux/hrtimer.h>
#include <linux/memcontrol.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

void (*shim_mutex_unlocked)(void);
unsigned long shim_mutex_longest;

int shim_cpu;
ktime_t shim_clock = 1000 * NSEC_PER_SEC;

static struct rcu_head *waiting, **waiting_end = &waiting;
static struct hrtimer *timers;
unsigned long shim_grace_periods;
static struct work_struct *works;

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
	shim_grace_periods++;
	while ((rcu = waiting)) {
		waiting = rcu->next;
		if (!waiting)
			waiting_end = &waiting;
		rcu->func(rcu);
	}
}

void shim_rcu_kfree(struct rcu_head *rcu)
{
	kfree((char *)rcu - rcu->offset);
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

bool queue_work(struct workqueue_struct *queue, struct work_struct *work)
{
	assert(queue && work->func);
	if (work->pending)
		return false;
	work->pending = true;
	work->next = works;
	works = work;
	return true;
}

bool cancel_work_sync(struct work_struct *work)
{
	struct work_struct **link;

	might_sleep();
	if (!work->pending)
		return false;
	for (link = &works; *link != work; link = &(*link)->next)
		assert(*link);
	*link = work->next;
	work->pending = false;
	return true;
}

static void run_works(void)
{
	struct work_struct *work;

	shim_in_work = true;
	while ((work = works)) {
		cancel_work_sync(work);
		work->func(work);
	}
	shim_in_work = false;
}

void hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*function)(struct hrtimer *timer),
		   int clock, enum hrtimer_mode mode)
{
	/* the only clock here */
	assert(clock == CLOCK_BOOTTIME && mode == HRTIMER_MODE_ABS);
	*timer = (struct hrtimer){ .function = function };
}

int hrtimer_cancel(struct hrtimer *timer)
{
	struct hrtimer **link;

	if (!timer->pending)
		return 0;
	for (link = &timers; *link != timer; link = &(*link)->next)
		assert(*link);
	*link = timer->next;
	timer->pending = false;
	return 1;
}

void hrtimer_start(struct hrtimer *timer, ktime_t due, enum hrtimer_mode mode)
{
	assert(timer->function && mode == HRTIMER_MODE_ABS);
	hrtimer_cancel(timer);
	timer->due = due;
	timer->pending = true;
	timer->next = timers;
	timers = timer;
}

static enum hrtimer_restart queue_delayed(struct hrtimer *timer)
{
	struct delayed_work *work = container_of(timer, struct delayed_work, timer);

	queue_work(work->queue, &work->work);
	return HRTIMER_NORESTART;
}

/*
 * How late a timer of the timer wheel can be: one slot, which is 8 times as long at each level
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

	work->queue = queue;
	work->timer.function = queue_delayed;
	hrtimer_start(&work->timer,
		      shim_clock + (s64)(delay + slot(delay)) * (NSEC_PER_SEC / HZ),
		      HRTIMER_MODE_ABS);
	return was;
}

bool queue_delayed_work(struct workqueue_struct *queue, struct delayed_work *work,
			unsigned long delay)
{
	return work->work.pending || work->timer.pending ? false :
	       !mod_delayed_work(queue, work, delay);
}

bool cancel_delayed_work_sync(struct delayed_work *work)
{
	bool was = hrtimer_cancel(&work->timer);

	return cancel_work_sync(&work->work) || was;
}

void shim_clock_suspend(ktime_t clock)
{
	shim_clock = clock;
}

void shim_clock_advance(ktime_t clock)
{
	struct hrtimer *timer, *next;

	for (;;) {
		next = NULL;
		for (timer = timers; timer; timer = timer->next) {
			if (timer->due <= clock && (!next || timer->due < next->due))
				next = timer;
		}
		if (!next)
			break;
		if (next->due > shim_clock)
			shim_clock = next->due;
		hrtimer_cancel(next);
		next->function(next);
		run_works();
	}
	if (clock > shim_clock)
		shim_clock = clock;
}
