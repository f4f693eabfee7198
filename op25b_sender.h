/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Senders: which subscribers tried to open port 25
 */
#ifndef _OP25B_SENDER_H
#define _OP25B_SENDER_H

#include <linux/list.h>
#include <linux/time64.h>
#include <linux/types.h>

#include "core/estimate.h"
#include "core/sender.h"
#include "op25b_policy.h"
#include "op25b_table.h"

struct sk_buff;

/**
 * struct op25b_recorder - records the senders of one pool
 * @senders: the table that they are in
 * @pool: the pool
 * @number: its number in that table, and in none of its rows before or after it
 * @subscriber: the length of the prefix of an IPv6 subscriber
 * @fresh: made by the change under way; in no policy that was in force
 * @list: in the list of those that a change has taken out of force
 * @estimate: which different senders there were; processors share it, and it hardly ever changes
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
};

/**
 * struct op25b_sender_filter - which senders are meant
 * @number: the number of their recorder; 0 for all
 * @prefix: their subscribers lie in it, or it lies in theirs
 * @any: @prefix does not count
 */
struct op25b_sender_filter {
	u32 number;
	bool any;
	struct op25b_prefix prefix;
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
void op25b_recorder_count_ipv4(const struct op25b_pool_conf *conf, const struct sk_buff *skb);
void op25b_recorder_count_ipv6(const struct op25b_pool_conf *conf, const struct sk_buff *skb);

void op25b_senders_reset(struct op25b_table *table, const struct op25b_sender_filter *filter);

/**
 * struct op25b_sender - a sender, as all processors together have seen it
 * @pool: the name of its pool
 * @subscriber: its prefix
 * @row: what is known of it, but for the time
 * @first: when its first packet came that the row knows, in seconds since 1970
 * @last: when its last packet came
 */
struct op25b_sender {
	char pool[OP25B_POOL_NAME_MAX + 1];
	struct op25b_prefix subscriber;
	struct op25b_sender_row row;
	time64_t first;
	time64_t last;
};

struct op25b_sender_reader;

struct op25b_sender_reader *op25b_sender_reader_get(struct op25b_table *table,
						    const struct op25b_sender_filter *filter);
bool op25b_sender_reader_read(struct op25b_sender_reader *reader, struct op25b_sender *sender);
void op25b_sender_reader_next(struct op25b_sender_reader *reader);
void op25b_sender_reader_put(struct op25b_sender_reader *reader);

#endif /* _OP25B_SENDER_H */
