/* SPDX-License-Identifier: GPL-2.0 */
/* linux/ktime.h for user space: the time is shim_clock, which the test sets */
#ifndef _SHIM_LINUX_KTIME_H
#define _SHIM_LINUX_KTIME_H

#include <linux/types.h>

typedef s64 ktime_t;

extern ktime_t shim_clock;

#define NSEC_PER_MSEC	1000000L
#define NSEC_PER_SEC	1000000000L
#define MSEC_PER_SEC	1000L

static inline ktime_t ktime_get_boottime(void)
{
	return shim_clock;
}

static inline ktime_t ktime_set(s64 seconds, unsigned long nanoseconds)
{
	return seconds * NSEC_PER_SEC + nanoseconds;
}

static inline ktime_t ktime_add(ktime_t a, ktime_t b)
{
	return a + b;
}

static inline ktime_t ktime_sub(ktime_t a, ktime_t b)
{
	return a - b;
}

static inline bool ktime_after(ktime_t a, ktime_t b)
{
	return a > b;
}

static inline s64 ktime_to_ms(ktime_t t)
{
	return t / NSEC_PER_MSEC;
}

#endif /* _SHIM_LINUX_KTIME_H */
