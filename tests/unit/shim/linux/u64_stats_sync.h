/* SPDX-License-Identifier: GPL-2.0 */
/* linux/u64_stats_sync.h for user space: checks that begin and end alternate */
#ifndef _SHIM_LINUX_U64_STATS_SYNC_H
#define _SHIM_LINUX_U64_STATS_SYNC_H

#include <assert.h>

#include <linux/types.h>

struct u64_stats_sync {
	unsigned int sequence;
};

static inline void u64_stats_init(struct u64_stats_sync *sync)
{
	sync->sequence = 0;
}

static inline void u64_stats_update_begin(struct u64_stats_sync *sync)
{
	assert(!(sync->sequence & 1));
	sync->sequence++;
}

static inline void u64_stats_update_end(struct u64_stats_sync *sync)
{
	assert(sync->sequence & 1);
	sync->sequence++;
}

static inline unsigned int u64_stats_fetch_begin(const struct u64_stats_sync *sync)
{
	assert(!(sync->sequence & 1));
	return sync->sequence;
}

static inline bool u64_stats_fetch_retry(const struct u64_stats_sync *sync, unsigned int start)
{
	return sync->sequence != start;
}

#endif /* _SHIM_LINUX_U64_STATS_SYNC_H */
