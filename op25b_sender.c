// SPDX-License-Identifier: GPL-2.0
/*
 * Senders: which subscribers tried to open port 25
 *
 * Each processor has a table of its own, of sets of rows (core/sender.c), for all pools of a
 * namespace that record. Only that processor writes to it, and nothing else runs there meanwhile
 * that could (own_begin()). Reading merges the tables, set by set. Whatever ends rows (a reset, or
 * a pool that does not record any more) is done by a work on each processor that has rows.
 *
 * The tables come with the first recorder and go with the last. A recorder has a number, which is
 * part of the keys of its rows. The number is not used again before all others were, so that rows
 * are found by their own recorder only, even before those of an older one were ended.
 */
#include <linux/bottom_half.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "core/memory.h"
#include "core/siphash.h"
#include "op25b_sender.h"
#include "op25b_skb.h"
#include "op25b_workqueue.h"

/* 4096 rows for each processor */
#define SETS		512U

/* The number of rows that a processor remembers, so that it need not compute the hash */
#define EXPECTED	1024U

/**
 * struct sender_table - the senders of one processor
 * @set: its sets
 * @expected: by some bits of an address: the row in which it was last found, as offset of its set
 *	      in bytes, plus its index
 */
struct sender_table {
	struct op25b_sender_set set[SETS];
	u32 expected[EXPECTED];
};

/**
 * struct sender_cpu - what one processor has
 * @table: its senders
 * @used: there may be rows in @table
 * @senders: those of all processors
 * @sweep: the work that ends rows
 */
struct sender_cpu {
	struct sender_table *table;
	bool used;
	struct op25b_senders *senders;
	struct work_struct sweep;
};

/**
 * struct op25b_senders - the senders of all pools of one namespace
 * @cpu: the tables
 * @hash: of no words: keyed, so that nobody can choose addresses that share a set
 * @multiplier: odd numbers that choose the bit of a destination
 * @recorders: how many pools record; under the lock of the namespace's table
 * @numbers: the recorders that are in force, by their numbers; those of others are reserved
 * @refs: one for all recorders together, one for each reader
 * @purge: the work that ends rows whose recorder is gone
 * @release: drops the reference of the recorders, a grace period after the last has gone
 * @sweeping: held while rows are ended
 * @filter: which rows end; NULL: those without a recorder; under @sweeping
 */
struct op25b_senders {
	struct sender_cpu __percpu *cpu;
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

/* --- which rows are meant --- */

static u32 row_number(const struct op25b_sender_row *row)
{
	return row->pool >> 1;
}

static enum op25b_family row_family(const struct op25b_sender_row *row)
{
	return row->pool & 1 ? OP25B_IPV6 : OP25B_IPV4;
}

static u32 key_pool(u32 number, enum op25b_family family)
{
	static_assert(OP25B_IPV4 == 0 && OP25B_IPV6 == 1);
	return number << 1 | family;
}

/* Only the shorter of the two prefixes counts. */
static bool is_related(const struct op25b_prefix *a, const struct op25b_prefix *b)
{
	unsigned int len = min(a->len, b->len);
	struct op25b_key head_a = op25b_key_head(a->key, len);
	struct op25b_key head_b = op25b_key_head(b->key, len);

	return a->family == b->family && head_a.hi == head_b.hi && head_a.lo == head_b.lo;
}

static struct op25b_prefix row_subscriber(const struct op25b_sender_row *row,
					  const struct op25b_recorder *recorder)
{
	return (struct op25b_prefix){
		.family = row_family(row),
		.len = row_family(row) == OP25B_IPV4 ? 32 : recorder->subscriber,
		.key = row->subscriber,
	};
}

static bool is_meant(const struct op25b_sender_filter *filter, const struct op25b_sender_row *row,
		     const struct op25b_recorder *recorder)
{
	struct op25b_prefix subscriber = row_subscriber(row, recorder);

	if (filter->number && filter->number != recorder->number)
		return false;
	return filter->any || is_related(&filter->prefix, &subscriber);
}

/* --- one writer, and readers that do not stop it --- */

/*
 * With bottom halves disabled: let nothing else run on this processor that uses its table. With
 * PREEMPT_RT, bottom halves may interrupt each other, and readers a writer.
 */
static __always_inline void own_begin(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_disable();
}

static __always_inline void own_end(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_enable();
}

static void write_begin(struct op25b_sender_set *set)
{
	set->version++;
	smp_wmb();	/* pairs with copy_set() */
}

static void write_end(struct op25b_sender_set *set)
{
	smp_wmb();	/* pairs with copy_set() */
	set->version++;
}

static void copy_set(struct op25b_sender_set *copy, const struct op25b_sender_set *set)
{
	u32 version;

	for (;;) {
		version = READ_ONCE(set->version);
		smp_rmb();	/* pairs with write_begin() and write_end() */
		data_race(memcpy(copy, set, sizeof(*copy)));
		smp_rmb();	/* pairs with write_begin() and write_end() */
		if (!(version & 1) && READ_ONCE(set->version) == version)
			return;
		cond_resched();
	}
}

/* --- ending rows --- */

static bool row_ends(struct op25b_senders *senders, const struct op25b_sender_row *row)
{
	const struct op25b_recorder *recorder;
	bool ends;

	rcu_read_lock();
	recorder = xa_load(&senders->numbers, row_number(row));
	ends = !recorder || (senders->filter && is_meant(senders->filter, row, recorder));
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
		if (!set->row[i].pool)
			continue;
		if (row_ends(senders, &set->row[i]))
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

	for (i = 0; i < SETS; i++, set++) {
		local_bh_disable();
		own_begin();
		write_begin(set);
		sweep_set(senders, set);
		write_end(set);
		own_end();
		local_bh_enable();
		cond_resched();
	}
}

static void sweep_work(struct work_struct *work)
{
	struct sender_cpu *cpu = container_of(work, struct sender_cpu, sweep);

	sweep_cpu(cpu->senders, smp_processor_id());
}

/*
 * End the rows that @filter means and those without a recorder. A processor that has never had any
 * is left alone: it may be isolated, and never come to a work.
 */
static void sweep(struct op25b_senders *senders, const struct op25b_sender_filter *filter)
{
	struct sender_cpu *own;
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
	sweep(container_of(work, struct op25b_senders, purge), NULL);
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

static void senders_put(struct op25b_senders *senders)
{
	if (!refcount_dec_and_test(&senders->refs))
		return;
	cancel_work_sync(&senders->purge);
	senders_free(senders);
}

static void senders_release(struct work_struct *work)
{
	senders_put(container_of(to_rcu_work(work), struct op25b_senders, release));
}

static struct op25b_senders *senders_alloc(void)
{
	struct op25b_senders *senders = kzalloc(sizeof(*senders), OP25B_GFP);
	struct sender_cpu *own;
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
	INIT_RCU_WORK(&senders->release, senders_release);
	mutex_init(&senders->sweeping);
	senders->cpu = alloc_percpu_gfp(struct sender_cpu, OP25B_GFP);
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

static void senders_del_recorder(struct op25b_table *table, struct op25b_senders *senders)
	__must_hold(&table->lock)
{
	if (--senders->recorders)
		return;
	table->senders = NULL;
	queue_rcu_work(op25b_workqueue, &senders->release);
}

/* --- recorders --- */

/**
 * op25b_recorder_alloc() - allocate the recorder of a pool
 * @table: the table, locked
 * @pool: the pool
 * @subscriber: the length of the prefix of an IPv6 subscriber
 *
 * Return: the recorder, fresh, owned by the caller until op25b_recorder_discard() or
 * op25b_recorder_enter(); NULL when out of memory.
 */
struct op25b_recorder *op25b_recorder_alloc(struct op25b_table *table, struct op25b_pool *pool,
					    u8 subscriber)
{
	struct op25b_recorder *recorder = kzalloc(sizeof(*recorder), OP25B_GFP);

	if (!recorder)
		return NULL;
	recorder->estimate = kzalloc(sizeof(*recorder->estimate), OP25B_GFP);
	if (!recorder->estimate)
		goto err;
	if (!table->senders)
		table->senders = senders_alloc();
	if (!table->senders)
		goto err;
	recorder->senders = table->senders;
	recorder->senders->recorders++;
	if (xa_alloc_cyclic(&recorder->senders->numbers, &recorder->number, NULL,
			    XA_LIMIT(1, INT_MAX), &table->next_recorder, OP25B_GFP) < 0) {
		senders_del_recorder(table, recorder->senders);
		goto err;
	}
	recorder->pool = pool;
	recorder->subscriber = subscriber;
	recorder->fresh = true;
	return recorder;
err:
	op25b_recorder_free(recorder);
	return NULL;
}

/**
 * op25b_recorder_discard() - free a recorder that was never in force
 * @table: the table, locked
 * @recorder: the recorder, fresh; NULL is none
 */
void op25b_recorder_discard(struct op25b_table *table, struct op25b_recorder *recorder)
{
	if (!recorder)
		return;
	xa_erase(&recorder->senders->numbers, recorder->number);
	senders_del_recorder(table, recorder->senders);
	op25b_recorder_free(recorder);
}

/**
 * op25b_recorder_enter() - note that a recorder is about to be in force
 * @recorder: the recorder, fresh; its table is locked
 */
void op25b_recorder_enter(struct op25b_recorder *recorder)
{
	/* the place is reserved, so that no memory is needed */
	xa_store(&recorder->senders->numbers, recorder->number, recorder, OP25B_GFP);
	recorder->fresh = false;
}

/**
 * op25b_recorder_leave() - note that a recorder is not in force any more
 * @table: the table, locked
 * @recorder: the recorder, to be freed with op25b_recorder_free() a grace period after the last
 *	      policy that has it
 */
void op25b_recorder_leave(struct op25b_table *table, struct op25b_recorder *recorder)
{
	struct op25b_senders *senders = recorder->senders;

	xa_erase(&senders->numbers, recorder->number);
	if (senders->recorders > 1)
		queue_work(op25b_workqueue, &senders->purge);
	senders_del_recorder(table, senders);
}

/**
 * op25b_recorder_free() - free a recorder
 * @recorder: the recorder, which no reader can see any more
 */
void op25b_recorder_free(struct op25b_recorder *recorder)
{
	kfree(recorder->estimate);
	kfree(recorder);
}

/**
 * op25b_recorder_size() - the memory that a recorder takes
 * @recorder: the recorder
 *
 * Return: the size in bytes.
 */
size_t op25b_recorder_size(const struct op25b_recorder *recorder)
{
	return sizeof(*recorder) + sizeof(*recorder->estimate);
}

/**
 * op25b_recorder_estimate() - estimate how many senders a pool has had since the last reset
 * @recorder: its recorder, read under RCU or the table's lock
 *
 * Return: about how many.
 */
u64 op25b_recorder_estimate(const struct op25b_recorder *recorder)
{
	return op25b_estimate_read(recorder->estimate);
}

/* --- packets --- */

static u64 sender_hash(const struct op25b_senders *senders, const struct op25b_sender_key *key,
		       enum op25b_family family)
{
	struct op25b_siphash hash = senders->hash;

	/* the other bits of an IPv4 subscriber are 0, and the lowest one of pool is 1 for IPv6 */
	if (family == OP25B_IPV4) {
		op25b_siphash_add(&hash, key->subscriber.hi | key->pool);
	} else {
		op25b_siphash_add(&hash, key->subscriber.hi);
		op25b_siphash_add(&hash, key->subscriber.lo);
		op25b_siphash_add(&hash, key->pool);
	}
	return op25b_siphash_end(&hash);
}

static u8 destination_bit(const struct op25b_senders *senders, struct op25b_key dst)
{
	u64 x = (dst.hi >> 32 ^ dst.hi << 32 ^ dst.lo) * senders->multiplier[0];

	static_assert(OP25B_SENDER_SEEN_BITS == 1 << 7);
	x = (x ^ x >> 32) * senders->multiplier[1];
	return x >> 57;
}

/* Where a processor remembers the row of a subscriber */
static __always_inline u32 *expected_row(struct sender_table *table, enum op25b_family family,
					 struct op25b_key subscriber)
{
	u32 x = subscriber.hi >> 32;

	if (family == OP25B_IPV6)
		x ^= subscriber.hi ^ subscriber.lo >> 32 ^ subscriber.lo;
	return &table->expected[(x ^ x >> 10) % EXPECTED];
}

/* Seconds of a clock that never goes back, for the price of reading a variable */
static u64 seconds_now(void)
{
	return div_u64(get_jiffies_64(), HZ);
}

/* When that clock was 0, in seconds since 1970; as good as the same whenever it is asked for */
static time64_t seconds_epoch(void)
{
	s64 ns = ktime_get_real_ns() - jiffies64_to_nsecs(get_jiffies_64());

	return div_s64(ns + NSEC_PER_SEC / 2, NSEC_PER_SEC);
}

static __always_inline struct op25b_sender_key
packet_key(const struct op25b_recorder *recorder, const struct sk_buff *skb,
	   enum op25b_family family)
{
	struct op25b_key src = op25b_skb_src(skb, family);

	return (struct op25b_sender_key){
		.subscriber = family == OP25B_IPV4 ? src :
						     op25b_key_head(src, recorder->subscriber),
		.pool = key_pool(recorder->number, family),
	};
}

static __always_inline struct op25b_sender_packet
sender_packet(const struct op25b_senders *senders, const struct sk_buff *skb,
	      enum op25b_family family, u16 port)
{
	return (struct op25b_sender_packet){
		.now = seconds_now(),
		.bit = destination_bit(senders, op25b_skb_dst(skb, family)),
		.port = port,
	};
}

/* Count a packet whose sender has another row than is expected, or none. */
static __always_inline void count_unexpected(const struct op25b_recorder *recorder,
					     const struct sk_buff *skb, enum op25b_family family,
					     u16 port)
{
	const struct op25b_senders *senders = recorder->senders;
	struct sender_cpu *own = this_cpu_ptr(senders->cpu);
	struct sender_table *table = own->table;
	struct op25b_sender_key key = packet_key(recorder, skb, family);
	u64 hash = sender_hash(senders, &key, family);
	struct op25b_sender_set *set = &table->set[hash % SETS];
	enum op25b_sender_outcome outcome;
	unsigned int i;

	/* the offset of a set leaves these bits free */
	static_assert(sizeof(*set) % OP25B_SENDER_ROWS == 0);
	WRITE_ONCE(own->used, true);
	write_begin(set);
	outcome = op25b_sender_claim(set, &key, hash >> 56, seconds_now(), &i);
	if (outcome != OP25B_SENDER_LOST) {
		op25b_sender_note(&set->row[i], sender_packet(senders, skb, family, port));
		*expected_row(table, family, key.subscriber) = hash % SETS * sizeof(*set) + i;
	}
	write_end(set);
	if (outcome != OP25B_SENDER_KNOWN)
		op25b_estimate_add(recorder->estimate, hash);
}

/* Not inline: these need more registers than a sender who is known. */
static noinline void count_unexpected_ipv4(const struct op25b_recorder *recorder,
					   const struct sk_buff *skb, u16 port)
{
	count_unexpected(recorder, skb, OP25B_IPV4, port);
}

static noinline void count_unexpected_ipv6(const struct op25b_recorder *recorder,
					   const struct sk_buff *skb, u16 port)
{
	count_unexpected(recorder, skb, OP25B_IPV6, port);
}

/* 0 if it cannot be read */
static u16 source_port(const struct sk_buff *skb, enum op25b_family family)
{
	int off = sizeof(struct ipv6hdr);
	__be16 buf, frag_off, *port;
	u8 nexthdr;

	if (family == OP25B_IPV4) {
		off = ip_hdrlen(skb);
	} else {
		nexthdr = ipv6_hdr(skb)->nexthdr;
		if (nexthdr != IPPROTO_TCP)
			off = ipv6_skip_exthdr(skb, off, &nexthdr, &frag_off);
	}
	port = off < 0 ? NULL : skb_header_pointer(skb, off, sizeof(buf), &buf);
	return port ? ntohs(*port) : 0;
}

static __always_inline void count(const struct op25b_recorder *recorder, const struct sk_buff *skb,
				  enum op25b_family family, u16 port)
{
	const struct op25b_senders *senders = recorder->senders;
	struct sender_table *table = this_cpu_ptr(senders->cpu)->table;
	struct op25b_sender_key key = packet_key(recorder, skb, family);
	struct op25b_sender_set *set;
	struct op25b_sender_row *row;
	unsigned int i;
	u32 expected;

	own_begin();
	expected = *expected_row(table, family, key.subscriber);
	i = expected % OP25B_SENDER_ROWS;
	set = (void *)table->set + (expected - i);
	row = &set->row[i];
	if (likely(op25b_sender_is(row, key))) {
		write_begin(set);
		op25b_sender_strengthen(set, i);
		op25b_sender_note(row, sender_packet(senders, skb, family, port));
		write_end(set);
	} else if (family == OP25B_IPV4) {
		count_unexpected_ipv4(recorder, skb, port);
	} else {
		count_unexpected_ipv6(recorder, skb, port);
	}
	own_end();
}

/**
 * op25b_recorder_count() - count a packet for its sender
 * @conf: the configuration of its pool, which has a recorder, read under RCU
 * @skb: the packet, a SYN that was blocked or observed
 * @family: of its addresses
 *
 * Called in the packet path, and in process context for a packet that nfqueue reinjects.
 */
noinline void op25b_recorder_count(const struct op25b_pool_conf *conf, const struct sk_buff *skb,
				   enum op25b_family family)
{
	u16 port = source_port(skb, family);

	local_bh_disable();
	count(conf->recorder, skb, family, port);
	local_bh_enable();
}

/**
 * op25b_recorder_count_ipv4() - count an ordinary packet for its sender
 * @conf: as for op25b_recorder_count()
 * @skb: likewise; the TCP header follows the IPv4 header in the linear part, without options
 *	 between them
 */
void op25b_recorder_count_ipv4(const struct op25b_pool_conf *conf, const struct sk_buff *skb)
{
	const __be16 *port = (const void *)(skb->data + sizeof(struct iphdr));

	if (unlikely(!in_softirq()))
		op25b_recorder_count(conf, skb, OP25B_IPV4);
	else
		count(conf->recorder, skb, OP25B_IPV4, ntohs(*port));
}

/**
 * op25b_recorder_count_ipv6() - count an ordinary packet for its sender
 * @conf: as for op25b_recorder_count()
 * @skb: likewise; the TCP header follows the IPv6 header in the linear part, without extension
 *	 headers between them
 */
void op25b_recorder_count_ipv6(const struct op25b_pool_conf *conf, const struct sk_buff *skb)
{
	const __be16 *port = (const void *)(skb->data + sizeof(struct ipv6hdr));

	if (unlikely(!in_softirq()))
		op25b_recorder_count(conf, skb, OP25B_IPV6);
	else
		count(conf->recorder, skb, OP25B_IPV6, ntohs(*port));
}

/* --- reading and resetting --- */

static struct op25b_senders *senders_get(struct op25b_table *table)
	__must_hold(&table->lock)
{
	if (table->senders)
		refcount_inc(&table->senders->refs);
	return table->senders;
}

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
	sweep(senders, filter);
	senders_put(senders);
}

/**
 * struct op25b_sender_reader - reads senders one by one
 * @senders: the tables; NULL if there are none
 * @filter: which senders
 * @epoch: when the clock of the rows was 0, in seconds since 1970
 * @set: the set that is being read
 * @cpu: the processor whose row comes next
 * @row: that row
 * @copy: of the set, for each processor; valid unless @cpu and @row are 0
 */
struct op25b_sender_reader {
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
	reader->filter = *filter;
	reader->epoch = seconds_epoch();
	mutex_lock(&table->lock);
	reader->senders = senders_get(table);
	mutex_unlock(&table->lock);
	return reader;
}

static void copy_sets(struct op25b_sender_reader *reader)
{
	int cpu;

	for_each_possible_cpu(cpu)
		copy_set(&reader->copy[cpu],
			 &per_cpu_ptr(reader->senders->cpu, cpu)->table->set[reader->set]);
}

/* Merge the row at which the reader is with those of other processors. False: that was done. */
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

static bool read_row(const struct op25b_sender_reader *reader, struct op25b_sender *sender)
{
	const struct op25b_sender_set *set = &reader->copy[reader->cpu];
	const struct op25b_sender_row *row = &set->row[reader->row];
	const struct op25b_recorder *recorder;
	bool meant;

	rcu_read_lock();
	recorder = xa_load(&reader->senders->numbers, row_number(row));
	meant = recorder && is_meant(&reader->filter, row, recorder);
	if (meant) {
		strscpy(sender->pool, recorder->pool->name, sizeof(sender->pool));
		sender->subscriber = row_subscriber(row, recorder);
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
	for (; reader->set < SETS; op25b_sender_reader_next(reader)) {
		if (!reader->cpu && !reader->row) {
			copy_sets(reader);
			cond_resched();
		}
		if (read_row(reader, sender))
			return true;
	}
	return false;
}

/**
 * op25b_sender_reader_put() - end reading
 * @reader: the reader, which is gone afterwards
 */
void op25b_sender_reader_put(struct op25b_sender_reader *reader)
{
	if (reader->senders)
		senders_put(reader->senders);
	kvfree(reader);
}
