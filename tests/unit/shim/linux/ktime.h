/* SPDX-License-Identifier: GPL-2.0 */
/* linux/ktime.h for user space: the time is shim_clock, which the test sets */
#ifndef _SHIM_LINUX_KTIME_H
#define _SHIM_LINUX_KTIME_H

#include <linux/types.h>

typedef s64 ktime_t;

extern ktime_t shim_clock;

#define NSEC_PER_SEC	1000000000L
#define MSEC_PER_SEC	1000L

static inline ktime_t ktime_get_boottime(void)
{
	return shim_clock;
}

/* The time of the last tick, with HZ=250 */
static inline ktime_t ktime_get_coarse_boottime(void)
{
	return shim_clock - shim_clock % (NSEC_PER_SEC / 250);
}


static inline s64 ktime_to_ns(ktime_t time)
{
	return time;
}

static inline ktime_t ktime_set(s64 seconds, unsigned long nanoseconds)
{
	return seconds * NSEC_PER_SEC + nanoseconds;
}

static inline ktime_t ktime_add(ktime_t a, ktime_t b)
{
	return a + b;
}

static inline bool ktime_after(ktime_t a, ktime_t b)
{
	return a > b;
}

#endif /* _SHIM_LINUX_KTIME_H */
