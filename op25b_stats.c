// SPDX-License-Identifier: GPL-2.0
/*
 * The counters of a pool: packets by class and verdict
 *
 * Each CPU increments a copy of its own, and reading adds them up. A reset cannot write to these
 * copies, because their CPUs may be counting: it records the current sums, and reading subtracts
 * them.
 */
#include <linux/string.h>

#include "core/memory.h"
#include "op25b_stats.h"

/**
 * op25b_stats_init() - allocate the counters of a pool
 * @stats: zeroed memory; to be freed with op25b_stats_free()
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_stats_init(struct op25b_stats *stats)
{
	int cpu;

	stats->cpu = alloc_percpu_gfp(struct op25b_counters, OP25B_GFP);
	if (!stats->cpu)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(stats->cpu, cpu)->syncp);
	u64_stats_init(&stats->base.syncp);
	return 0;
}

/**
 * op25b_stats_free() - free the counters of a pool
 * @stats: the counters, a grace period after the last packet could reach them
 */
void op25b_stats_free(struct op25b_stats *stats)
{
	free_percpu(stats->cpu);
}

static void counters_copy(const struct op25b_counters *counters, struct op25b_totals *totals)
{
	unsigned int start;
	int class, column;

	do {
		start = u64_stats_fetch_begin(&counters->syncp);
		for (class = 0; class < OP25B_CLASSES; class++)
			for (column = 0; column < OP25B_STATS_COLUMNS; column++)
				totals->packets[class][column] =
					READ_ONCE(counters->packets[class][column]);
	} while (u64_stats_fetch_retry(&counters->syncp, start));
}

static void counters_sum(const struct op25b_stats *stats, struct op25b_totals *totals)
{
	struct op25b_totals one;
	int cpu, class, column;

	memset(totals, 0, sizeof(*totals));
	for_each_possible_cpu(cpu) {
		counters_copy(per_cpu_ptr(stats->cpu, cpu), &one);
		for (class = 0; class < OP25B_CLASSES; class++)
			for (column = 0; column < OP25B_STATS_COLUMNS; column++)
				totals->packets[class][column] += one.packets[class][column];
	}
}

/**
 * op25b_stats_read() - add up the counters of a pool
 * @stats: the counters; no lock is needed
 * @totals: set to the sums since the last reset
 */
void op25b_stats_read(const struct op25b_stats *stats, struct op25b_totals *totals)
{
	struct op25b_totals base;
	int class, column;

	/* The base first: sums that are read later are never smaller. */
	counters_copy(&stats->base, &base);
	smp_rmb();	/* pairs with op25b_stats_reset() */
	counters_sum(stats, totals);
	for (class = 0; class < OP25B_CLASSES; class++)
		for (column = 0; column < OP25B_STATS_COLUMNS; column++)
			totals->packets[class][column] -= base.packets[class][column];
}

/**
 * op25b_stats_reset() - let the counters of a pool start from zero
 * @stats: the counters; the caller holds a lock that keeps other resets out
 *
 * No packet is lost: each is counted either before the reset or after it.
 */
void op25b_stats_reset(struct op25b_stats *stats)
{
	struct op25b_totals now;
	int class, column;

	counters_sum(stats, &now);
	smp_mb();	/* pairs with op25b_stats_read() */
	preempt_disable();
	u64_stats_update_begin(&stats->base.syncp);
	for (class = 0; class < OP25B_CLASSES; class++)
		for (column = 0; column < OP25B_STATS_COLUMNS; column++)
			WRITE_ONCE(stats->base.packets[class][column],
				   now.packets[class][column]);
	u64_stats_update_end(&stats->base.syncp);
	preempt_enable();
}
