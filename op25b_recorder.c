// SPDX-License-Identifier: GPL-2.0
/*
 * Recorders: a pool's recorder notes who sends
 *
 * The tables that recorders share (op25b_sender_table.c) come with the first recorder and go with
 * the last. A recorder has a number, which is part of the keys of its rows. The number is not used
 * again before all others were, so that rows are found by their own recorder only, even before
 * those of an older one were ended.
 */
#include <linux/bottom_half.h>
#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "core/memory.h"
#include "core/sender_claim.h"
#include "op25b_recorder.h"
#include "op25b_sender_table.h"
#include "op25b_skb.h"
#include "op25b_workqueue.h"

static void del_recorder(struct op25b_table *table, struct op25b_senders *senders)
	__must_hold(&table->lock)
{
	if (--senders->recorders)
		return;
	table->senders = NULL;
	op25b_senders_release(senders);
}

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
	recorder->logs = alloc_percpu_gfp(struct op25b_recorder_logs, OP25B_GFP);
	if (!recorder->estimate || !recorder->logs)
		goto err;
	if (!table->senders) {
		table->senders = op25b_senders_alloc();
		if (!table->senders)
			goto err;
		table->watched = true;
		queue_delayed_work(op25b_workqueue, &table->watch, HZ);
	}
	recorder->senders = table->senders;
	recorder->senders->recorders++;
	if (xa_alloc_cyclic(&recorder->senders->numbers, &recorder->number, NULL,
			    XA_LIMIT(1, INT_MAX), &table->next_recorder, OP25B_GFP) < 0) {
		del_recorder(table, recorder->senders);
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
	del_recorder(table, recorder->senders);
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
		op25b_senders_purge(senders);
	del_recorder(table, senders);
}

/**
 * op25b_recorder_free() - free a recorder
 * @recorder: the recorder, which no reader can see any more
 */
void op25b_recorder_free(struct op25b_recorder *recorder)
{
	free_percpu(recorder->logs);
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
	return sizeof(*recorder) + sizeof(*recorder->estimate) +
	       num_possible_cpus() * sizeof(*recorder->logs);
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

static __always_inline u64 sender_hash(const struct op25b_senders *senders,
				       const struct op25b_sender_key *key,
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
static __always_inline u32 *expected_row(struct op25b_sender_table *table, enum op25b_family family,
					 struct op25b_key subscriber)
{
	u32 x = subscriber.hi >> 32;

	if (family == OP25B_IPV6)
		x ^= subscriber.hi ^ subscriber.lo >> 32 ^ subscriber.lo;
	return &table->expected[(x ^ x >> 10) % OP25B_SENDER_EXPECTED];
}

static __always_inline struct op25b_key packet_subscriber(const struct op25b_recorder *recorder,
							  const struct sk_buff *skb,
							  enum op25b_family family)
{
	struct op25b_key src = op25b_skb_src(skb, family);

	return family == OP25B_IPV4 ? src : op25b_key_head(src, recorder->subscriber);
}

static __always_inline struct op25b_sender_key
packet_key(const struct op25b_recorder *recorder, const struct sk_buff *skb,
	   enum op25b_family family)
{
	return (struct op25b_sender_key){
		.subscriber = packet_subscriber(recorder, skb, family),
		.pool = op25b_sender_key_pool(recorder->number, family),
	};
}

/* Without options or extension headers */
static __always_inline unsigned int ip_header_len(enum op25b_family family)
{
	return family == OP25B_IPV4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

/* The source port, if has_ordinary_port() */
static __always_inline u16 ordinary_port(const struct sk_buff *skb, enum op25b_family family)
{
	return ntohs(*(const __be16 *)(skb->data + ip_header_len(family)));
}

/* Whether the source port follows the IP header in the linear part, without anything in between */
static __always_inline bool has_ordinary_port(const struct sk_buff *skb, enum op25b_family family)
{
	if (skb_headlen(skb) < ip_header_len(family) + sizeof(__be16))
		return false;
	if (family == OP25B_IPV4)
		return ((const struct iphdr *)skb->data)->ihl * 4 == sizeof(struct iphdr);
	return ((const struct ipv6hdr *)skb->data)->nexthdr == IPPROTO_TCP;
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

static __always_inline void note(const struct op25b_senders *senders, struct op25b_sender_row *row,
				 struct op25b_key dst, u16 port, u32 now)
{
	struct op25b_sender_packet packet = {
		.now = now,
		.bit = destination_bit(senders, dst),
		.port = port,
	};

	op25b_sender_note(row, packet);
}

/* The destination and source port of the IPv4 packet at @inner count, if they can be read. */
static void note_softwire(const struct op25b_senders *senders, struct op25b_sender_row *row,
			  const struct sk_buff *skb, unsigned int inner, u32 now)
{
	struct op25b_key dst = { 0 };
	__be16 buf, *port = NULL;
	u8 byte, *first;

	first = skb_header_pointer(skb, inner, sizeof(byte), &byte);
	if (first)
		port = skb_header_pointer(skb, inner + (*first & 0xf) * 4, sizeof(buf), &buf);
	op25b_skb_inner_dst(skb, inner, &dst);
	note(senders, row, dst, port ? ntohs(*port) : 0, now);
}

/* Remember the row of a subscriber. */
static __always_inline void expect(struct op25b_sender_table *table, enum op25b_family family,
				   struct op25b_key subscriber, const struct op25b_sender_set *set,
				   unsigned int i)
{
	/* the offset of a row leaves these bits free */
	static_assert(sizeof(*set) % OP25B_SENDER_ROWS == 0 &&
		      sizeof(set->row[0]) % OP25B_SENDER_ROWS == 0);
	*expected_row(table, family, subscriber) =
		(void *)&set->row[i] - (void *)table->set[0].row + i;
}

/*
 * Count a packet whose sender may have no row, and wears down another one then, or begins one.
 * @inner: the offset of the IPv4 packet inside, 0 if there is none
 */
static __always_inline void claim(const struct op25b_recorder *recorder, const struct sk_buff *skb,
				  struct op25b_sender_set *set, u64 hash, enum op25b_family family,
				  unsigned int inner)
{
	const struct op25b_senders *senders = recorder->senders;
	struct op25b_sender_cpu *own = this_cpu_ptr(senders->cpu);
	struct op25b_sender_key key = packet_key(recorder, skb, family);
	struct op25b_sender_claim claimed;
	u32 now = op25b_sender_now();

	WRITE_ONCE(own->used, true);
	op25b_sender_write_begin(set);
	claimed = op25b_sender_claim(set, &key, hash, now);
	if (claimed.outcome != OP25B_SENDER_LOST) {
		if (inner)
			note_softwire(senders, &set->row[claimed.row], skb, inner, now);
		else
			note(senders, &set->row[claimed.row], op25b_skb_dst(skb, family),
			     source_port(skb, family), now);
		expect(own->table, family, key.subscriber, set, claimed.row);
	}
	op25b_sender_write_end(set);
	if (claimed.outcome != OP25B_SENDER_KNOWN)
		op25b_estimate_add(recorder->estimate, hash);
}

static noinline void claim_ipv4(const struct op25b_recorder *recorder, const struct sk_buff *skb,
				struct op25b_sender_set *set, u64 hash)
{
	claim(recorder, skb, set, hash, OP25B_IPV4, 0);
}

static noinline void claim_ipv6(const struct op25b_recorder *recorder, const struct sk_buff *skb,
				struct op25b_sender_set *set, u64 hash)
{
	claim(recorder, skb, set, hash, OP25B_IPV6, 0);
}

/* Count a packet whose sender has a row among @tagged. False: nothing is counted. */
static __always_inline bool count_tagged(const struct op25b_recorder *recorder,
					 const struct sk_buff *skb, struct op25b_sender_set *set,
					 u64 tagged, enum op25b_family family)
{
	const struct op25b_senders *senders = recorder->senders;
	struct op25b_sender_key key = packet_key(recorder, skb, family);
	unsigned int i = op25b_sender_look_up(set, &key, tagged);

	if (unlikely(i == OP25B_SENDER_ROWS || !has_ordinary_port(skb, family)))
		return false;
	op25b_sender_write_begin(set);
	op25b_sender_strengthen(set, i);
	note(senders, &set->row[i], op25b_skb_dst(skb, family), ordinary_port(skb, family),
	     op25b_sender_now());
	op25b_sender_write_end(set);
	expect(__this_cpu_read(senders->cpu->table), family, key.subscriber, set, i);
	return true;
}

static noinline void count_tagged_ipv4(const struct op25b_recorder *recorder,
				       const struct sk_buff *skb, struct op25b_sender_set *set,
				       u64 hash, u64 tagged)
{
	if (!count_tagged(recorder, skb, set, tagged, OP25B_IPV4))
		claim_ipv4(recorder, skb, set, hash);
}

static noinline void count_tagged_ipv6(const struct op25b_recorder *recorder,
				       const struct sk_buff *skb, struct op25b_sender_set *set,
				       u64 hash, u64 tagged)
{
	if (!count_tagged(recorder, skb, set, tagged, OP25B_IPV6))
		claim_ipv6(recorder, skb, set, hash);
}

/* Count a packet whose sender has another row than is expected, or none. */
static __always_inline void count_unexpected(const struct op25b_recorder *recorder,
					     const struct sk_buff *skb,
					     struct op25b_sender_table *table,
					     struct op25b_key subscriber, enum op25b_family family)
{
	struct op25b_sender_key key = {
		.subscriber = subscriber,
		.pool = op25b_sender_key_pool(recorder->number, family),
	};
	u64 hash = sender_hash(recorder->senders, &key, family);
	struct op25b_sender_set *set = &table->set[hash % OP25B_SENDER_SETS];
	unsigned int i;
	u64 tagged;

	/* or else the compiler computes addresses from the index again and again */
	OPTIMIZER_HIDE_VAR(set);
	tagged = op25b_sender_tagged(set, hash);
	if (tagged) {
		if (family == OP25B_IPV4)
			count_tagged_ipv4(recorder, skb, set, hash, tagged);
		else
			count_tagged_ipv6(recorder, skb, set, hash, tagged);
		return;
	}
	i = op25b_sender_contested(set);
	if (unlikely(i == OP25B_SENDER_ROWS)) {
		if (family == OP25B_IPV4)
			claim_ipv4(recorder, skb, set, hash);
		else
			claim_ipv6(recorder, skb, set, hash);
		return;
	}
	op25b_sender_write_begin(set);
	op25b_sender_lose(set, i, hash);
	op25b_sender_write_end(set);
	op25b_estimate_add(recorder->estimate, hash);
}

/* Not inline, as those above, so that each needs few registers, and none on the stack */
static noinline void count_unexpected_ipv4(const struct op25b_recorder *recorder,
					   const struct sk_buff *skb,
					   struct op25b_sender_table *table, u64 hi)
{
	count_unexpected(recorder, skb, table, (struct op25b_key){ .hi = hi }, OP25B_IPV4);
}

static noinline void count_unexpected_ipv6(const struct op25b_recorder *recorder,
					   const struct sk_buff *skb,
					   struct op25b_sender_table *table,
					   struct op25b_key subscriber)
{
	count_unexpected(recorder, skb, table, subscriber, OP25B_IPV6);
}

/* @ordinary: has_ordinary_port() */
static __always_inline void count(const struct op25b_recorder *recorder, const struct sk_buff *skb,
				  enum op25b_family family, const bool ordinary)
{
	const struct op25b_senders *senders = recorder->senders;
	struct op25b_sender_table *table = __this_cpu_read(senders->cpu->table);
	struct op25b_key subscriber = packet_subscriber(recorder, skb, family);
	struct op25b_sender_set *set;
	struct op25b_sender_row *row;
	unsigned int i;
	u32 expected;

	op25b_sender_own_begin();
	expected = *expected_row(table, family, subscriber);
	i = expected % OP25B_SENDER_ROWS;
	row = (void *)table->set[0].row + (expected - i);
	/* as op25b_sender_is(), but without reading the number of the recorder in vain */
	if (likely(op25b_sender_has_subscriber(row, subscriber) &&
		   row->pool == op25b_sender_key_pool(recorder->number, family))) {
		set = container_of(row - i, struct op25b_sender_set, row[0]);
		op25b_sender_write_begin(set);
		op25b_sender_strengthen(set, i);
		note(senders, row, op25b_skb_dst(skb, family),
		     ordinary ? ordinary_port(skb, family) : source_port(skb, family),
		     op25b_sender_now());
		op25b_sender_write_end(set);
	} else if (family == OP25B_IPV4) {
		count_unexpected_ipv4(recorder, skb, table, subscriber.hi);
	} else {
		count_unexpected_ipv6(recorder, skb, table, subscriber);
	}
	op25b_sender_own_end();
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
	local_bh_disable();
	count(conf->recorder, skb, family, false);
	local_bh_enable();
}

/**
 * op25b_recorder_count_softwire() - count a packet inside of another one for its sender
 * @conf: as for op25b_recorder_count()
 * @skb: the IPv6 packet, whose source is the sender
 * @inner: the offset of the IPv4 packet inside, whose destination and source port count
 */
noinline void op25b_recorder_count_softwire(const struct op25b_pool_conf *conf,
					    const struct sk_buff *skb, unsigned int inner)
{
	const struct op25b_recorder *recorder = conf->recorder;
	struct op25b_sender_key key = packet_key(recorder, skb, OP25B_IPV6);
	u64 hash = sender_hash(recorder->senders, &key, OP25B_IPV6);
	struct op25b_sender_table *table;

	local_bh_disable();
	op25b_sender_own_begin();
	table = __this_cpu_read(recorder->senders->cpu->table);
	claim(recorder, skb, &table->set[hash % OP25B_SENDER_SETS], hash, OP25B_IPV6, inner);
	op25b_sender_own_end();
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
	if (unlikely(!in_softirq()))
		op25b_recorder_count(conf, skb, OP25B_IPV4);
	else
		count(conf->recorder, skb, OP25B_IPV4, true);
}

/**
 * op25b_recorder_count_ipv6() - count an ordinary packet for its sender
 * @conf: as for op25b_recorder_count()
 * @skb: likewise; the TCP header follows the IPv6 header in the linear part, without extension
 *	 headers between them
 */
void op25b_recorder_count_ipv6(const struct op25b_pool_conf *conf, const struct sk_buff *skb)
{
	if (unlikely(!in_softirq()))
		op25b_recorder_count(conf, skb, OP25B_IPV6);
	else
		count(conf->recorder, skb, OP25B_IPV6, true);
}

/* --- which packets are logged --- */

/* Whether a row was logged in the last @interval seconds */
static bool was_logged(const struct op25b_sender_table *table, unsigned int set, unsigned int row,
		       u32 now, u32 interval)
{
	/* another processor may be writing to its own */
	return data_race(table->set[set].row[row].logged) &&
	       now - READ_ONCE(table->logged[set][row]) < interval;
}

/*
 * Whether another processor has logged the sender in the last @interval seconds; if so, sets @when.
 * What it is writing meanwhile may be missed: then one packet more is logged.
 */
static bool was_logged_elsewhere(const struct op25b_senders *senders,
				 const struct op25b_sender_key *key, unsigned int set, u32 now,
				 u32 interval, u32 *when)
{
	const struct op25b_sender_table *table;
	const struct op25b_sender_row *row;
	int cpu;

	for_each_possible_cpu(cpu) {
		if (cpu == smp_processor_id() || !READ_ONCE(per_cpu_ptr(senders->cpu, cpu)->used))
			continue;
		table = per_cpu_ptr(senders->cpu, cpu)->table;
		/* it may be writing to the row */
		row = data_race(op25b_sender_find(&table->set[set], key));
		if (!row || !was_logged(table, set, row - table->set[set].row, now, interval))
			continue;
		*when = READ_ONCE(table->logged[set][row - table->set[set].row]);
		return true;
	}
	return false;
}

/**
 * op25b_recorder_mark_logged() - decide whether a packet is to be logged, and note that it was
 * @recorder: the recorder of its pool, read under RCU
 * @skb: the packet, which has been counted for its sender; elsewhere if it was in process context
 *	 and has moved, and then it is not logged
 * @family: of its addresses
 * @interval: for how many seconds no other packet of that sender must have been logged
 *
 * A sender that has no row is not logged. Bottom halves are disabled.
 *
 * Return: true if it is to be logged.
 */
bool op25b_recorder_mark_logged(const struct op25b_recorder *recorder, const struct sk_buff *skb,
				enum op25b_family family, u32 interval)
{
	const struct op25b_senders *senders = recorder->senders;
	struct op25b_sender_key key = packet_key(recorder, skb, family);
	struct op25b_sender_table *table;
	u32 expected, when, now = op25b_sender_now();
	unsigned int set, i;
	bool due = false;

	op25b_sender_own_begin();
	table = this_cpu_ptr(senders->cpu)->table;
	/* where the packet was counted, unless it is in no row */
	expected = *expected_row(table, family, key.subscriber);
	i = expected % OP25B_SENDER_ROWS;
	set = expected / sizeof(table->set[0]);
	if (op25b_sender_is(&table->set[set].row[i], key) &&
	    !was_logged(table, set, i, now, interval)) {
		when = now;
		due = !was_logged_elsewhere(senders, &key, set, now, interval, &when);
		/* so that the next packet here need not look elsewhere */
		WRITE_ONCE(table->logged[set][i], when);
		table->set[set].row[i].logged = true;
	}
	op25b_sender_own_end();
	return due;
}
