/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Recorders: a pool's recorder notes who sends
 */
#ifndef _OP25B_RECORDER_H
#define _OP25B_RECORDER_H

#include <linux/list.h>
#include <linux/types.h>

#include "core/estimate.h"
#include "op25b_policy.h"
#include "op25b_table.h"

struct op25b_senders;
struct sk_buff;

/**
 * struct op25b_recorder_logs - what one processor has logged of one pool
 * @second: in this second, as op25b_sender_now() counts
 * @packets: so many packets
 */
struct op25b_recorder_logs {
	u32 second;
	u32 packets;
};

/**
 * struct op25b_recorder - records the senders of one pool
 * @senders: the table that they are in
 * @pool: the pool
 * @number: its number in that table: no other recorder has it whose rows may still be there
 * @subscriber: the length of the prefix of an IPv6 subscriber
 * @fresh: made by the change under way; in no policy that was in force
 * @list: in the list of those that a change has taken out of force
 * @estimate: which different senders there were; processors share it, and it hardly ever changes
 * @logs: what each processor has logged; private to op25b_log.c
 *
 * The configuration of a pool points to it, in the policy in force and in those that follow, as
 * long as the pool records senders by the same @subscriber length.
 */
struct op25b_recorder {
	struct op25b_senders *senders;
	struct op25b_pool *pool;
	u32 number;
	u8 subscriber;
	bool fresh;
	struct list_head list;
	struct op25b_estimate *estimate;
	struct op25b_recorder_logs __percpu *logs;
};

struct op25b_recorder *op25b_recorder_alloc(struct op25b_table *table, struct op25b_pool *pool,
					    u8 subscriber)
	__must_hold(&table->lock);
void op25b_recorder_discard(struct op25b_table *table, struct op25b_recorder *recorder)
	__must_hold(&table->lock);
void op25b_recorder_enter(struct op25b_recorder *recorder);
void op25b_recorder_leave(struct op25b_table *table, struct op25b_recorder *recorder)
	__must_hold(&table->lock);
void op25b_recorder_free(struct op25b_recorder *recorder);
size_t op25b_recorder_size(const struct op25b_recorder *recorder);
u64 op25b_recorder_estimate(const struct op25b_recorder *recorder);
void op25b_recorder_count(const struct op25b_pool_conf *conf, const struct sk_buff *skb,
			  enum op25b_family family);
void op25b_recorder_count_softwire(const struct op25b_pool_conf *conf, const struct sk_buff *skb,
				   unsigned int inner);
void op25b_recorder_count_ipv4(const struct op25b_pool_conf *conf, const struct sk_buff *skb);
void op25b_recorder_count_ipv6(const struct op25b_pool_conf *conf, const struct sk_buff *skb);
bool op25b_recorder_mark_logged(const struct op25b_recorder *recorder, const struct sk_buff *skb,
				enum op25b_family family, u32 interval);

#endif /* _OP25B_RECORDER_H */
