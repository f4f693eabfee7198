/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_LINUX_U64_STATS_SYNC_H
#define _OP25B_COMPAT_LINUX_U64_STATS_SYNC_H

#include_next <linux/u64_stats_sync.h>

/* Before Linux 6.3, counters that softirqs write have to be read with the _irq functions. */
#ifdef OP25B_HAVE_U64_STATS_FETCH_IRQ
#define u64_stats_fetch_begin u64_stats_fetch_begin_irq
#define u64_stats_fetch_retry u64_stats_fetch_retry_irq
#endif

#endif /* _OP25B_COMPAT_LINUX_U64_STATS_SYNC_H */
