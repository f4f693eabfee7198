// SPDX-License-Identifier: GPL-2.0
/*
 * The tables that senders are recorded in: one for each processor
 *
 * Each processor has a table of its own, of sets of rows (core/sender.c), for all pools of a
 * namespace that record. Only that processor writes to it, and nothing else runs there meanwhile
 * that could (op25b_sender_own_begin()). Whatever ends rows (a reset, or a pool that does not
 * record any more) is done by a work on each processor that has rows.
 */
#include <linux/bottom_half.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "core/memory.h"
#include "core/pause.h"
#include "op25b_recorder.h"
#include "op25b_sender_table.h"
#include "op25b_workqueue.h"

/* --- which rows are meant --- */

/**
 * op25b_sender_row_number() - the number of the recorder of a row
 * @row: the row, which has begun
 *
 * Return: the number.
 */
u32 op25b_sender_row_number(const struct op25b_sender_row *row)
{
	return row->pool >> 1;
}

static enum op25b_family row_family(const struct op25b_sender_row *row)
{
	return row->pool & 1 ? OP25B_IPV6 : OP25B_IPV4;
}

/* Only the shorter of the two prefixes counts. */
static bool is_related(const struct op25b_prefix *a, const struct op25b_prefix *b)
{
	unsigned int len = min(a->len, b->len);
	struct op25b_key head_a = op25b_key_head(a->key, len);
	struct op25b_key head_b = op25b_key_head(b->key, len);

	return a->family == b->family && head_a.hi == head_b.hi && head_a.lo == head_b.lo;
}

/**
 * op25b_sender_row_subscriber() - the prefix of the subscriber of a row
 * @row: the row
 * @recorder: its recorder
 *
 * Return: the prefix.
 */
struct op25b_prefix op25b_sender_row_subscriber(const struct op25b_sender_row *row,
						const struct op25b_recorder *recorder)
{
	return (struct op25b_prefix){
		.family = row_family(row),
		.len = row_family(row) == OP25B_IPV4 ? 32 : recorder->subscriber,
		.key = row->subscriber,
	};
}

/**
 * op25b_sender_is_meant() - whether a filter means the sender of a row
 * @filter: the filter
 * @row: the row
 * @recorder: its recorder
 *
 * Return: true if it does.
 */
bool op25b_sender_is_meant(const struct op25b_sender_filter *filter,
			   const struct op25b_sender_row *row,
			   const struct op25b_recorder *recorder)
{
	struct op25b_prefix subscriber = op25b_sender_row_subscriber(row, recorder);

	if (filter->number && filter->number != recorder->number)
		return false;
	return filter->any || is_related(&filter->prefix, &subscriber);
}

/* --- reading without stopping the writer --- */

/**
 * op25b_sender_copy_set() - copy a set while its processor may write to it
 * @copy: set to what is in it at one moment
 * @set: the set
 */
void op25b_sender_copy_set(struct op25b_sender_set *copy, const struct op25b_sender_set *set)
{
	u32 version;

	for (;;) {
		version = READ_ONCE(set->version);
		smp_rmb();	/* pairs with op25b_sender_write_begin() and its end */
		data_race(memcpy(copy, set, sizeof(*copy)));
		smp_rmb();	/* pairs with op25b_sender_write_begin() and its end */
		if (!(version & 1) && READ_ONCE(set->version) == version)
			return;
		op25b_pause();
	}
}

/* --- ending rows --- */

static bool row_ends(struct op25b_senders *senders, const struct op25b_sender_row *row)
{
	const struct op25b_recorder *recorder;
	bool ends;

	rcu_read_lock();
	recorder = xa_load(&senders->numbers, op25b_sender_row_number(row));
	ends = !recorder ||
	       (senders->filter && op25b_sender_is_meant(senders->filter, row, recorder));
	rcu_read_unlock();
	return ends;
}

/*
 * Whether a filter means all senders of all recorders. One that comes into force meanwhile is seen
 * here before this processor counts any of its packets.
 */
static bool means_all(struct op25b_senders *senders, const struct op25b_sender_filter *filter)
{
	unsigned long number = 0;

	if (!filter || !filter->any)
		return false;
	if (!filter->number)
		return true;
	return xa_find(&senders->numbers, &number, ULONG_MAX, XA_PRESENT) &&
	       number == filter->number &&
	       !xa_find_after(&senders->numbers, &number, ULONG_MAX, XA_PRESENT);
}

static void sweep_set(struct op25b_senders *senders, struct op25b_sender_set *set)
{
	unsigned int i, left = 0;

	for (i = 0; i < OP25B_SENDER_ROWS; i++) {
		if (!set->weight[i])
			continue;
		/* the candidate for a row that has ended begins at nothing, too */
		if (!set->row[i].pool || row_ends(senders, &set->row[i]))
			op25b_sender_end(set, i);
		else
			left++;
	}
	/* all begin at nothing */
	if (!left && means_all(senders, senders->filter))
		set->lost = 0;
}

static void sweep_cpu(struct op25b_senders *senders, int cpu)
{
	struct op25b_sender_set *set = per_cpu_ptr(senders->cpu, cpu)->table->set;
	unsigned int i;

	for (i = 0; i < OP25B_SENDER_SETS; i++, set++) {
		local_bh_disable();
		op25b_sender_own_begin();
		op25b_sender_write_begin(set);
		sweep_set(senders, set);
		op25b_sender_write_end(set);
		op25b_sender_own_end();
		local_bh_enable();
		op25b_pause();
	}
}

static void sweep_work(struct work_struct *work)
{
	struct op25b_sender_cpu *cpu = container_of(work, struct op25b_sender_cpu, sweep);

	sweep_cpu(cpu->senders, smp_processor_id());
}

/**
 * op25b_senders_sweep() - end rows
 * @senders: the tables
 * @filter: which rows, besides those without a recorder; NULL: none
 *
 * May sleep, until each processor that has rows has come to it. One that has never had any is left
 * alone: it may be isolated, and never come to a work.
 */
void op25b_senders_sweep(struct op25b_senders *senders, const struct op25b_sender_filter *filter)
{
	struct op25b_sender_cpu *own;
	int cpu;

	mutex_lock(&senders->sweeping);
	senders->filter = filter;
	cpus_read_lock();
	for_each_possible_cpu(cpu) {
		own = per_cpu_ptr(senders->cpu, cpu);
		if (!READ_ONCE(own->used))
			continue;
		if (cpu_online(cpu))
			schedule_work_on(cpu, &own->sweep);
		else
			sweep_cpu(senders, cpu);
	}
	for_each_online_cpu(cpu)
		flush_work(&per_cpu_ptr(senders->cpu, cpu)->sweep);
	cpus_read_unlock();
	mutex_unlock(&senders->sweeping);
}

static void purge_work(struct work_struct *work)
{
	/* for packets that have found a recorder before it was taken out of force */
	synchronize_rcu();
	op25b_senders_sweep(container_of(work, struct op25b_senders, purge), NULL);
}

/**
 * op25b_senders_purge() - let the rows end whose recorder is gone, soon
 * @senders: the tables
 */
void op25b_senders_purge(struct op25b_senders *senders)
{
	queue_work(op25b_workqueue, &senders->purge);
}

/* --- the tables --- */

static void senders_free(struct op25b_senders *senders)
{
	int cpu;

	if (senders->cpu)
		for_each_possible_cpu(cpu)
			vfree(per_cpu_ptr(senders->cpu, cpu)->table);
	free_percpu(senders->cpu);
	xa_destroy(&senders->numbers);
	mutex_destroy(&senders->sweeping);
	kfree(senders);
}

/**
 * op25b_senders_put() - drop a reference to the tables
 * @senders: the tables, freed with the last one
 */
void op25b_senders_put(struct op25b_senders *senders)
{
	if (!refcount_dec_and_test(&senders->refs))
		return;
	cancel_work_sync(&senders->purge);
	senders_free(senders);
}

static void release_work(struct work_struct *work)
{
	op25b_senders_put(container_of(to_rcu_work(work), struct op25b_senders, release));
}

/**
 * op25b_senders_release() - drop the reference of the recorders, a grace period from now
 * @senders: the tables, whose last recorder is gone
 */
void op25b_senders_release(struct op25b_senders *senders)
{
	queue_rcu_work(op25b_workqueue, &senders->release);
}

/**
 * op25b_senders_alloc() - allocate the tables of a namespace
 *
 * Return: the tables, with the reference that all recorders have together; NULL when out of memory.
 */
struct op25b_senders *op25b_senders_alloc(void)
{
	struct op25b_senders *senders = kzalloc(sizeof(*senders), OP25B_GFP);
	struct op25b_sender_cpu *own;
	u64 key[2];
	int cpu;

	if (!senders)
		return NULL;
	get_random_bytes(key, sizeof(key));
	senders->hash = op25b_siphash_init(key[0], key[1]);
	get_random_bytes(senders->multiplier, sizeof(senders->multiplier));
	senders->multiplier[0] |= 1;
	senders->multiplier[1] |= 1;
	xa_init_flags(&senders->numbers, XA_FLAGS_ALLOC1);
	refcount_set(&senders->refs, 1);
	INIT_WORK(&senders->purge, purge_work);
	INIT_RCU_WORK(&senders->release, release_work);
	mutex_init(&senders->sweeping);
	senders->cpu = alloc_percpu_gfp(struct op25b_sender_cpu, OP25B_GFP);
	if (!senders->cpu)
		goto err;
	for_each_possible_cpu(cpu) {
		own = per_cpu_ptr(senders->cpu, cpu);
		own->senders = senders;
		INIT_WORK(&own->sweep, sweep_work);
		/* not kvzalloc(), which would take 512 KiB where it can */
		own->table = __vmalloc(sizeof(*own->table), OP25B_GFP | __GFP_ZERO);
		if (!own->table)
			goto err;
	}
	return senders;
err:
	senders_free(senders);
	return NULL;
}
