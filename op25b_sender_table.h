/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tables that senders are recorded in: one for each processor
 */
#ifndef _OP25B_SENDER_TABLE_H
#define _OP25B_SENDER_TABLE_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "core/sender.h"
#include "core/siphash.h"
#include "op25b_policy.h"

struct op25b_recorder;

/* 4096 rows for each processor */
#define OP25B_SENDER_SETS	512U

/* The number of rows that a processor remembers, so that it need not compute the hash */
#define OP25B_SENDER_EXPECTED	1024U

/**
 * struct op25b_sender_table - the senders of one processor
 * @set: its sets
 * @expected: by some bits of an address: the row in which it was last found, as offset in bytes
 *	      from the first row of all, plus its index in its set
 * @logged: when a packet of each row was last logged, as op25b_sender_now() counts, if one was
 */
struct op25b_sender_table {
	struct op25b_sender_set set[OP25B_SENDER_SETS];
	u32 expected[OP25B_SENDER_EXPECTED];
	u32 logged[OP25B_SENDER_SETS][OP25B_SENDER_ROWS];
};

/**
 * struct op25b_sender_cpu - what one processor has
 * @table: its senders
 * @used: there may be rows in @table
 * @senders: those of all processors
 * @sweep: the work that ends rows
 */
struct op25b_sender_cpu {
	struct op25b_sender_table *table;
	bool used;
	struct op25b_senders *senders;
	struct work_struct sweep;
};

/**
 * struct op25b_senders - the senders of all pools of one namespace
 * @cpu: the tables
 * @hash: the state of SipHash after its key: nobody can choose addresses that share a set
 * @multiplier: odd numbers that choose the bit of a destination
 * @recorders: how many pools record; under the lock of the namespace's table
 * @numbers: the recorders that are in force or may come back by a rollback, by their numbers; those
 *	     of others are reserved
 * @refs: one for all recorders together, one for each reader
 * @purge: the work that ends rows whose recorder is gone
 * @release: drops the reference of the recorders, a grace period after the last has gone
 * @sweeping: held while rows are ended
 * @filter: which rows end; NULL: those without a recorder; under @sweeping
 */
struct op25b_senders {
	struct op25b_sender_cpu __percpu *cpu;
	struct op25b_siphash hash;
	u64 multiplier[2];
	unsigned int recorders;
	struct xarray numbers;
	refcount_t refs;
	struct work_struct purge;
	struct rcu_work release;
	struct mutex sweeping;
	const struct op25b_sender_filter *filter;
};

/**
 * struct op25b_sender_filter - which senders are meant
 * @number: the number of their recorder; 0 for all
 * @prefix: their subscribers lie in it, or it lies in theirs
 * @any: @prefix does not count
 * @kept: also those of recorders that are not in force, but may come back by a rollback
 */
struct op25b_sender_filter {
	u32 number;
	bool any;
	bool kept;
	struct op25b_prefix prefix;
};

/*
 * With bottom halves disabled: let nothing else run on this processor that uses its table. With
 * PREEMPT_RT, bottom halves may interrupt each other, and readers a writer.
 */
static __always_inline void op25b_sender_own_begin(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_disable();
}

static __always_inline void op25b_sender_own_end(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_enable();
}

static inline void op25b_sender_write_begin(struct op25b_sender_set *set)
{
	set->version++;
	smp_wmb();	/* pairs with op25b_sender_copy_set() */
}

static inline void op25b_sender_write_end(struct op25b_sender_set *set)
{
	smp_wmb();	/* pairs with op25b_sender_copy_set() */
	set->version++;
}

/* What stands for a recorder and an address family in the key of a row */
static inline u32 op25b_sender_key_pool(u32 number, enum op25b_family family)
{
	static_assert(OP25B_IPV4 == 0 && OP25B_IPV6 == 1);
	return number << 1 | family;
}

/* Seconds of a clock that never goes back, for the price of reading a variable */
static inline u64 op25b_sender_now(void)
{
	return div_u64(get_jiffies_64(), HZ);
}

struct op25b_senders *op25b_senders_alloc(void);
void op25b_senders_put(struct op25b_senders *senders);
void op25b_senders_release(struct op25b_senders *senders);
void op25b_senders_purge(struct op25b_senders *senders);
void op25b_senders_sweep(struct op25b_senders *senders, const struct op25b_sender_filter *filter);

u32 op25b_sender_row_number(const struct op25b_sender_row *row);
struct op25b_prefix op25b_sender_row_subscriber(const struct op25b_sender_row *row,
						const struct op25b_recorder *recorder);
bool op25b_sender_is_meant(const struct op25b_sender_filter *filter,
			   const struct op25b_sender_row *row,
			   const struct op25b_recorder *recorder);
void op25b_sender_copy_set(struct op25b_sender_set *copy, const struct op25b_sender_set *set);

#endif /* _OP25B_SENDER_TABLE_H */
