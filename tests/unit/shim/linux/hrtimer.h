/* SPDX-License-Identifier: GPL-2.0 */
/* linux/hrtimer.h for user space: timers fire in shim_clock_advance() */
#ifndef _SHIM_LINUX_HRTIMER_H
#define _SHIM_LINUX_HRTIMER_H

#include <linux/ktime.h>

enum hrtimer_mode { HRTIMER_MODE_ABS };
enum hrtimer_restart { HRTIMER_NORESTART };

#define CLOCK_BOOTTIME	7

struct hrtimer {
	enum hrtimer_restart (*function)(struct hrtimer *timer);
	struct hrtimer *next;	/* in the list of pending timers */
	bool pending;
	ktime_t due;
};

void hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*function)(struct hrtimer *timer),
		   int clock, enum hrtimer_mode mode);
void hrtimer_start(struct hrtimer *timer, ktime_t due, enum hrtimer_mode mode);
int hrtimer_cancel(struct hrtimer *timer);

static inline ktime_t hrtimer_get_expires(const struct hrtimer *timer)
{
	return timer->due;
}

/* Advance the time to @clock; timers that are due until then fire, each at its time. */
void shim_clock_advance(ktime_t clock);

/* Suspend the machine until @clock: the time goes on, and no timer fires meanwhile. */
void shim_clock_suspend(ktime_t clock);

#endif /* _SHIM_LINUX_HRTIMER_H */
