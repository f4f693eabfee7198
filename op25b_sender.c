// SPDX-License-Identifier: GPL-2.0
/*
 * Senders: which subscribers tried to open port 25
 *
 * Reading merges the tables of all processors, set by set, without stopping the packets that write
 * to them.
 */
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/xarray.h>

#include "core/memory.h"
#include "core/pause.h"
#include "op25b_recorder.h"
#include "op25b_sender.h"

static struct op25b_senders *senders_get(struct op25b_table *table)
	__must_hold(&table->lock)
{
	if (table->senders)
		refcount_inc(&table->senders->refs);
	return table->senders;
}

/* --- resetting --- */

/* How many estimates are reset before the lock is released */
#define RESET_BATCH 64

/* Of the recorder that has @number, or of all if that is 0. The lock may be released in between. */
static void reset_estimates(struct op25b_table *table, struct op25b_senders *senders, u32 number)
	__must_hold(&table->lock)
{
	const struct op25b_recorder *recorder;
	unsigned long at = number;
	unsigned int n = 0;

	recorder = xa_find(&senders->numbers, &at, number ?: ULONG_MAX, XA_PRESENT);
	while (recorder) {
		op25b_estimate_reset(recorder->estimate);
		if (!(++n % RESET_BATCH))
			op25b_table_yield(table);
		recorder = xa_find_after(&senders->numbers, &at, number ?: ULONG_MAX, XA_PRESENT);
	}
}

/**
 * op25b_senders_reset() - let senders begin at nothing
 * @table: the table, not locked
 * @filter: which senders; without a prefix, the estimates of their pools begin at nothing, too
 */
void op25b_senders_reset(struct op25b_table *table, const struct op25b_sender_filter *filter)
{
	struct op25b_senders *senders;

	mutex_lock(&table->lock);
	senders = senders_get(table);
	/* before the rows: a row that begins adds to the estimate */
	if (senders && filter->any)
		reset_estimates(table, senders, filter->number);
	mutex_unlock(&table->lock);
	if (!senders)
		return;
	op25b_senders_sweep(senders, filter);
	op25b_senders_put(senders);
}

/* --- reading --- */

/* When op25b_sender_now() was 0, in seconds since 1970, rounded, so that it hardly varies */
static time64_t clock_epoch(void)
{
	s64 ns = ktime_get_real_ns() - jiffies64_to_nsecs(get_jiffies_64());

	return div_s64(ns + NSEC_PER_SEC / 2, NSEC_PER_SEC);
}

/**
 * struct op25b_sender_reader - reads senders one by one
 * @table: the table of the namespace
 * @senders: the tables; NULL if there are none
 * @filter: which senders
 * @epoch: when the clock of the rows was 0, in seconds since 1970
 * @set: the set that is being read
 * @cpu: the processor whose row comes next
 * @row: that row
 * @copy: of the set, for each processor; valid unless @cpu and @row are 0
 */
struct op25b_sender_reader {
	const struct op25b_table *table;
	struct op25b_senders *senders;
	struct op25b_sender_filter filter;
	time64_t epoch;
	unsigned int set;
	unsigned int cpu;
	unsigned int row;
	struct op25b_sender_set copy[];
};

/**
 * op25b_sender_reader_get() - begin to read
 * @table: the table, not locked
 * @filter: which senders; copied
 *
 * Return: the reader, at the first sender, to be ended with op25b_sender_reader_put(); NULL when
 * out of memory.
 */
struct op25b_sender_reader *op25b_sender_reader_get(struct op25b_table *table,
						    const struct op25b_sender_filter *filter)
{
	struct op25b_sender_reader *reader;

	reader = kvzalloc(struct_size(reader, copy, nr_cpu_ids), OP25B_GFP);
	if (!reader)
		return NULL;
	reader->table = table;
	reader->filter = *filter;
	reader->epoch = clock_epoch();
	mutex_lock(&table->lock);
	reader->senders = senders_get(table);
	mutex_unlock(&table->lock);
	return reader;
}

static void copy_sets(struct op25b_sender_reader *reader)
{
	const struct op25b_sender_table *table;
	int cpu;

	for_each_possible_cpu(cpu) {
		table = per_cpu_ptr(reader->senders->cpu, cpu)->table;
		op25b_sender_copy_set(&reader->copy[cpu], &table->set[reader->set]);
	}
}

/*
 * Merge the row at which the reader is with those of other processors. Returns false if a processor
 * with a lower number has such a row, with which that was done.
 */
static bool merge_rows(const struct op25b_sender_reader *reader, struct op25b_sender_row *sum)
{
	const struct op25b_sender_set *set = &reader->copy[reader->cpu];
	const struct op25b_sender_row *row = &set->row[reader->row];
	struct op25b_sender_key key = { .subscriber = row->subscriber, .pool = row->pool };
	const struct op25b_sender_row *other;
	unsigned int cpu;

	*sum = *row;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		if (cpu == reader->cpu)
			continue;
		other = op25b_sender_find(&reader->copy[cpu], &key);
		if (other && cpu < reader->cpu)
			return false;
		if (other)
			op25b_sender_merge(sum, other);
		else
			sum->error += reader->copy[cpu].lost;
	}
	return true;
}

/* Whether the policy in force has a recorder: that of a rollback may have others. */
static bool is_in_force(const struct op25b_table *table, const struct op25b_recorder *recorder)
	__must_hold_shared(RCU)
{
	const struct op25b_pool_conf *conf;

	conf = op25b_policy_conf(rcu_dereference(table->policy), recorder->pool->id);
	return conf && conf->recorder == recorder;
}

static bool read_row(const struct op25b_sender_reader *reader, struct op25b_sender *sender)
{
	const struct op25b_sender_set *set = &reader->copy[reader->cpu];
	const struct op25b_sender_row *row = &set->row[reader->row];
	const struct op25b_recorder *recorder;
	bool meant;

	rcu_read_lock();
	recorder = xa_load(&reader->senders->numbers, op25b_sender_row_number(row));
	meant = recorder && (reader->filter.kept || is_in_force(reader->table, recorder)) &&
		op25b_sender_is_meant(&reader->filter, row, recorder);
	if (meant) {
		strscpy(sender->pool, recorder->pool->name, sizeof(sender->pool));
		sender->subscriber = op25b_sender_row_subscriber(row, recorder);
	}
	rcu_read_unlock();
	if (!meant || !merge_rows(reader, &sender->row))
		return false;
	sender->first = reader->epoch + sender->row.first;
	sender->last = reader->epoch + sender->row.last;
	return true;
}

/**
 * op25b_sender_reader_next() - go on to the next row, which may be no sender's
 * @reader: the reader
 */
void op25b_sender_reader_next(struct op25b_sender_reader *reader)
{
	if (++reader->row < OP25B_SENDER_ROWS)
		return;
	reader->row = 0;
	if (++reader->cpu < nr_cpu_ids)
		return;
	reader->cpu = 0;
	reader->set++;
}

/**
 * op25b_sender_reader_read() - read a sender
 * @reader: the reader; goes on to the first sender that it has not gone past yet
 * @sender: set to what is known of it
 *
 * May sleep. Senders come in no order, and each of them once.
 *
 * Return: false if there is none any more.
 */
bool op25b_sender_reader_read(struct op25b_sender_reader *reader, struct op25b_sender *sender)
{
	if (!reader->senders)
		return false;
	for (; reader->set < OP25B_SENDER_SETS; op25b_sender_reader_next(reader)) {
		if (!reader->cpu && !reader->row) {
			copy_sets(reader);
			op25b_pause();
		}
		if (read_row(reader, sender))
			return true;
	}
	return false;
}

/**
 * op25b_sender_reader_note() - note the size of the sender at which the reader is
 * @reader: the reader, which has just read it
 * @size: the size
 *
 * The only write to a table that is not its processor's own, and of a byte that no packet writes to
 * but when a row begins. If another sender gets the row in that moment, its size is noted wrongly.
 */
void op25b_sender_reader_note(const struct op25b_sender_reader *reader, u8 size)
{
	const struct op25b_sender_row *row = &reader->copy[reader->cpu].row[reader->row];
	const struct op25b_sender_key key = { .subscriber = row->subscriber, .pool = row->pool };
	struct op25b_sender_set *set;
	int cpu;

	for_each_possible_cpu(cpu) {
		row = op25b_sender_find(&reader->copy[cpu], &key);
		if (!row)
			continue;
		set = &per_cpu_ptr(reader->senders->cpu, cpu)->table->set[reader->set];
		WRITE_ONCE(set->row[row - reader->copy[cpu].row].noted, size);
	}
}

/**
 * op25b_sender_reader_put() - end reading
 * @reader: the reader, which is gone afterwards
 */
void op25b_sender_reader_put(struct op25b_sender_reader *reader)
{
	if (reader->senders)
		op25b_senders_put(reader->senders);
	kvfree(reader);
}
