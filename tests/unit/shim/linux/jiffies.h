/* SPDX-License-Identifier: GPL-2.0 */
/* linux/jiffies.h for user space */
#ifndef _SHIM_LINUX_JIFFIES_H
#define _SHIM_LINUX_JIFFIES_H

#include <linux/ktime.h>

#define HZ	250

#define jiffies	((unsigned long)(shim_clock / (NSEC_PER_SEC / HZ)))

static inline u64 get_jiffies_64(void)
{
	return jiffies;
}

#define time_after(a, b)	((long)((b) - (a)) < 0)

static inline unsigned long msecs_to_jiffies(unsigned int ms)
{
	return ((unsigned long)ms * HZ + MSEC_PER_SEC - 1) / MSEC_PER_SEC;
}

#endif /* _SHIM_LINUX_JIFFIES_H */
