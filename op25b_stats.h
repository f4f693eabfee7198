/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The counters of a pool: packets by class and verdict
 */
#ifndef _OP25B_STATS_H
#define _OP25B_STATS_H

#include <linux/bottom_half.h>
#include <linux/build_bug.h>
#include <linux/op25b.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>

/**
 * enum op25b_class - the class of a packet, a row of the table of counters
 * @OP25B_CLASS_SYN: a SYN to port 25 from an address of the pool
 * @OP25B_CLASS_MALFORMED: a packet from an address of the pool that cannot be judged
 * @OP25B_CLASS_SYNACK: a SYN-ACK from port 25 to an address of the pool
 * @OP25B_CLASS_INBOUND: a SYN to port 25 of an address of the pool, or a packet to it that cannot
 *			 be judged
 * @OP25B_CLASS_SPOOFED: of class syn or malformed, and blocked or observed, but fails the reverse
 *			 path check (RFC 3704)
 * @OP25B_CLASSES: the number of classes
 */
enum op25b_class {
	OP25B_CLASS_SYN,
	OP25B_CLASS_MALFORMED,
	OP25B_CLASS_SYNACK,
	OP25B_CLASS_INBOUND,
	OP25B_CLASS_SPOOFED,
	OP25B_CLASSES
};

/* The columns: every verdict except OP25B_VERDICT_PASSED, which is never counted. */
#define OP25B_STATS_COLUMNS	OP25B_VERDICT_MAX

/**
 * op25b_stats_column() - the column of a verdict
 * @verdict: any verdict except OP25B_VERDICT_PASSED
 *
 * Return: its index in the rows of struct op25b_counters and struct op25b_totals.
 */
static inline unsigned int op25b_stats_column(enum op25b_verdict verdict)
{
	static_assert(OP25B_VERDICT_PASSED == 0);
	return verdict - 1;
}

/**
 * struct op25b_counters - packets by class and verdict
 * @packets: one row for each class, one column for each counted verdict
 * @syncp: lets 32-bit machines read the 64 bits of a counter in one piece
 */
struct op25b_counters {
	u64 packets[OP25B_CLASSES][OP25B_STATS_COLUMNS];
	struct u64_stats_sync syncp;
};

/**
 * struct op25b_totals - a copy of a pool's counters, summed over all CPUs
 * @packets: as in struct op25b_counters, since the last reset
 */
struct op25b_totals {
	u64 packets[OP25B_CLASSES][OP25B_STATS_COLUMNS];
};

/**
 * struct op25b_stats - the counters of a pool
 * @cpu: each CPU increments its own copy only
 * @base: the sums at the last reset, which op25b_stats_read() subtracts
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
 * op25b_stats_count() - count one packet
 * @stats: the pool's counters
 * @class: the packet's class
 * @verdict: its verdict, not OP25B_VERDICT_PASSED
 *
 * Called in the packet path. A packet that nfqueue reinjects gets here in process context, which
 * is why bottom halves are disabled where a counter takes more than one instruction.
 */
static inline void op25b_stats_count(struct op25b_stats *stats, enum op25b_class class,
				     enum op25b_verdict verdict)
{
#if BITS_PER_LONG == 64
	this_cpu_inc(stats->cpu->packets[class][op25b_stats_column(verdict)]);
#else
	struct op25b_counters *counters;

	local_bh_disable();
	counters = this_cpu_ptr(stats->cpu);
	u64_stats_update_begin(&counters->syncp);
	counters->packets[class][op25b_stats_column(verdict)]++;
	u64_stats_update_end(&counters->syncp);
	local_bh_enable();
#endif
}

#endif /* _OP25B_STATS_H */
