/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pool's counters
 */
#ifndef _OP25B_STATS_H
#define _OP25B_STATS_H

#include <linux/bottom_half.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>

/* The rows and columns of a pool's table of counters. */
enum op25b_class {
	OP25B_CLASS_SYN,
	OP25B_CLASS_MALFORMED,
	OP25B_CLASS_SYNACK,
	OP25B_CLASS_INBOUND,
	OP25B_CLASSES
};

enum op25b_counted {
	OP25B_BLOCKED,
	OP25B_OBSERVED,
	OP25B_RELAYED,
	OP25B_EXEMPTED,
	OP25B_COUNTED
};

/**
 * struct op25b_counters - packets, by class and verdict
 * @packets: how many
 * @syncp: keeps 64 bits together on 32-bit machines
 */
struct op25b_counters {
	u64 packets[OP25B_CLASSES][OP25B_COUNTED];
	struct u64_stats_sync syncp;
};

/**
 * struct op25b_totals - a copy of a pool's counters
 * @packets: how many, by class and verdict, since the last reset
 */
struct op25b_totals {
	u64 packets[OP25B_CLASSES][OP25B_COUNTED];
};

/**
 * struct op25b_stats - the counters of a pool
 * @cpu: counted up, each by its own processor alone
 * @base: the sums at the last reset, which reading subtracts
 */
struct op25b_stats {
	struct op25b_counters __percpu *cpu;
	struct op25b_counters base;
};

int op25b_stats_init(struct op25b_stats *stats);
void op25b_stats_free(struct op25b_stats *stats);
void op25b_stats_read(const struct op25b_stats *stats, struct op25b_totals *totals);
void op25b_stats_reset(struct op25b_stats *stats);

/**
 * op25b_stats_count() - count a packet
 * @stats: the pool's counters
 * @class: the packet's class
 * @counted: its verdict
 *
 * In the packet path; a packet that comes back from a queue is there in process context.
 */
static inline void op25b_stats_count(struct op25b_stats *stats, enum op25b_class class,
				     enum op25b_counted counted)
{
#if BITS_PER_LONG == 64
	this_cpu_inc(stats->cpu->packets[class][counted]);
#else
	struct op25b_counters *counters;

	local_bh_disable();
	counters = this_cpu_ptr(stats->cpu);
	u64_stats_update_begin(&counters->syncp);
	counters->packets[class][counted]++;
	u64_stats_update_end(&counters->syncp);
	local_bh_enable();
#endif
}

#endif /* _OP25B_STATS_H */
