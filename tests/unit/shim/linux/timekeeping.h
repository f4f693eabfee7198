/* SPDX-License-Identifier: GPL-2.0 */
/* linux/timekeeping.h for user space */
#ifndef _SHIM_LINUX_TIMEKEEPING_H
#define _SHIM_LINUX_TIMEKEEPING_H

#include <linux/ktime.h>
#include <linux/time64.h>

/* The machine was started in 2026. */
#define SHIM_REAL_OFFSET	1774000000

static inline time64_t ktime_get_real_seconds(void)
{
	return SHIM_REAL_OFFSET + shim_clock / NSEC_PER_SEC;
}

#endif /* _SHIM_LINUX_TIMEKEEPING_H */
