// SPDX-License-Identifier: GPL-2.0
/*
 * A pool's counters
 *
 * Each processor counts in memory of its own; reading adds them up. A reset does not touch them,
 * since another processor may be counting, but remembers the sums as the new zero.
 */
#include <linux/string.h>

#include "core/memory.h"
#include "op25b_stats.h"

/**
 * op25b_stats_init() - make a pool's counters, all zero
 * @stats: where; zeroed memory
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
 * op25b_stats_free() - free a pool's counters
 * @stats: the counters; no packet can reach them any more
 */
void op25b_stats_free(struct op25b_stats *stats)
{
	free_percpu(stats->cpu);
}

static void copy(const struct op25b_counters *counters, struct op25b_totals *totals)
{
	unsigned int start;
	int class, counted;

	do {
		start = u64_stats_fetch_begin(&counters->syncp);
		for (class = 0; class < OP25B_CLASSES; class++)
			for (counted = 0; counted < OP25B_COUNTED; counted++)
				totals->packets[class][counted] =
					READ_ONCE(counters->packets[class][counted]);
	} while (u64_stats_fetch_retry(&counters->syncp, start));
}

static void sum(const struct op25b_stats *stats, struct op25b_totals *totals)
{
	struct op25b_totals one;
	int cpu, class, counted;

	memset(totals, 0, sizeof(*totals));
	for_each_possible_cpu(cpu) {
		copy(per_cpu_ptr(stats->cpu, cpu), &one);
		for (class = 0; class < OP25B_CLASSES; class++)
			for (counted = 0; counted < OP25B_COUNTED; counted++)
				totals->packets[class][counted] += one.packets[class][counted];
	}
}

/**
 * op25b_stats_read() - add up a pool's counters
 * @stats: the counters
 * @totals: the sums since the last reset
 */
void op25b_stats_read(const struct op25b_stats *stats, struct op25b_totals *totals)
{
	struct op25b_totals base;
	int class, counted;

	/* The base first: what is counted later is never less. */
	copy(&stats->base, &base);
	smp_rmb();	/* pairs with op25b_stats_reset() */
	sum(stats, totals);
	for (class = 0; class < OP25B_CLASSES; class++)
		for (counted = 0; counted < OP25B_COUNTED; counted++)
			totals->packets[class][counted] -= base.packets[class][counted];
}

/**
 * op25b_stats_reset() - start counting from zero
 * @stats: the counters; the caller locks out other resets
 *
 * No packet is lost: it is counted either before the reset or after it.
 */
void op25b_stats_reset(struct op25b_stats *stats)
{
	struct op25b_totals now;
	int class, counted;

	sum(stats, &now);
	smp_mb();	/* pairs with op25b_stats_read() */
	preempt_disable();
	u64_stats_update_begin(&stats->base.syncp);
	for (class = 0; class < OP25B_CLASSES; class++)
		for (counted = 0; counted < OP25B_COUNTED; counted++)
			WRITE_ONCE(stats->base.packets[class][counted],
				   now.packets[class][counted]);
	u64_stats_update_end(&stats->base.syncp);
	preempt_enable();
}
