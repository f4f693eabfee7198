/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A policy: pools, prefixes, exempts, relays, as packets are judged by them
 */
#ifndef _OP25B_POLICY_H
#define _OP25B_POLICY_H

#include <linux/list.h>
#include <linux/op25b.h>
#include <linux/rcupdate.h>
#include <linux/timerqueue.h>

#include "core/lpm.h"
#include "op25b_stats.h"

/* Index of what there is for each of the two */
enum op25b_family {
	OP25B_IPV4,
	OP25B_IPV6,
	OP25B_FAMILIES
};

/**
 * struct op25b_prefix - a prefix
 * @family: IPv4 or IPv6
 * @len: its length in bits
 * @key: its address, the bits behind @len zero
 */
struct op25b_prefix {
	enum op25b_family family;
	unsigned int len;
	struct op25b_key key;
};

/**
 * struct op25b_pool - what stays of a pool from one policy to the next: its name and counters
 * @name: its name
 * @id: its number, unique in the namespace: what a prefix's value says
 * @rcu: to free it when no packet can see it any more
 * @stats: its counters
 * @refs: policies that have it: the one in force, and those being prepared; under the table's lock
 * @hash: in the table's list of pools by name
 * @sysfs: its directory, while it is in the policy in force; op25b_sysfs.c has what it is
 *
 * Packets read where the counters are: the first cache line, which nothing is written to as long as
 * there are packets. What changes and resets write to is in the next ones.
 */
struct op25b_pool {
	char name[OP25B_POOL_NAME_MAX + 1];
	u32 id;
	struct rcu_head rcu;
	struct op25b_stats stats;
	unsigned int refs;
	struct hlist_node hash;
	struct op25b_sysfs_pool *sysfs;
};

/**
 * struct op25b_settings - what one sets of a pool
 * @mode: what happens to its packets
 * @action: how they are blocked
 * @guard: flags: what it is protected from besides
 */
struct op25b_settings {
	enum op25b_mode mode;
	enum op25b_action action;
	u32 guard;
};

/**
 * struct op25b_terms - a pool in one policy
 * @pool: the pool
 * @settings: its settings
 * @relay: its own relays
 * @prefixes: how many prefixes it has
 * @exempts: how many exempts
 * @relays: how many relays
 * @fresh: made by the change under way, and seen by no reader yet
 */
struct op25b_terms {
	struct op25b_pool *pool;
	struct op25b_settings settings;
	struct op25b_lpm relay[OP25B_FAMILIES];
	u32 prefixes;
	u32 exempts;
	u32 relays;
	bool fresh;
};

/*
 * The ids of pools: enough for the policy in force and one that is to replace it. A page is the
 * terms of as many pools as fill 4 KiB.
 */
#define OP25B_POOL_IDS		(1U << 17)
#define OP25B_PAGE_TERMS	512U
#define OP25B_PAGES		(OP25B_POOL_IDS / OP25B_PAGE_TERMS)

struct op25b_page {
	struct op25b_terms *terms[OP25B_PAGE_TERMS];
};

/**
 * struct op25b_policy - a policy: all that a packet is judged by
 * @generation: its number
 * @entry: the prefixes and exempts of all pools
 * @jump: where packets begin to look in them
 * @relay: the relays of every pool
 * @synack: how many pools have the guard synack
 * @inbound: how many pools have the guard inbound
 * @pools: how many pools it has
 * @prefixes: how many prefixes
 * @exempts: how many exempts
 * @relays: how many relays, those of single pools too
 * @page: the terms of the pools, by their ids
 *
 * Once published, nothing that hangs off it changes, except for counters: a change is another
 * policy. Read under RCU or the table's lock.
 */
struct op25b_policy {
	u64 generation;
	struct op25b_lpm entry[OP25B_FAMILIES];
	struct op25b_lpm_jump jump[OP25B_FAMILIES][OP25B_LPM_JUMPS];
	struct op25b_lpm relay[OP25B_FAMILIES];
	u32 synack;
	u32 inbound;
	u32 pools;
	u32 prefixes[OP25B_FAMILIES];
	u32 exempts;
	u32 relays;
	struct op25b_page *page[OP25B_PAGES];
};

/**
 * struct op25b_exempt - an exempt with a timeout or comment
 * @list: in the table's list of them, or in a change's
 * @expiry: in the table's queue; its time in nanoseconds of ktime_get_boottime()
 * @prefix: whose
 * @pool: the id of its pool
 * @is_prefix: the same prefix is also one of the pool's prefixes
 * @expires: it has a timeout
 * @fresh: made by the change under way
 * @comment: its comment, empty if there is none
 */
struct op25b_exempt {
	struct list_head list;
	struct timerqueue_node expiry;
	struct op25b_prefix prefix;
	u32 pool;
	bool is_prefix;
	bool expires;
	bool fresh;
	char comment[];
};

/**
 * struct op25b_entry - what a policy has at a prefix
 * @pool: the id of its pool
 * @is_prefix: it is a prefix of that pool
 * @is_exempt: it is an exempt of that pool
 * @exempt: the exempt, where it has a timeout or comment; NULL else
 */
struct op25b_entry {
	u32 pool;
	bool is_prefix;
	bool is_exempt;
	struct op25b_exempt *exempt;
};

/*
 * An entry as the value of a prefix: a word, or the address of a struct op25b_exempt where it has
 * a timeout or comment.
 */
#define OP25B_ENTRY_WORD	1UL
#define OP25B_ENTRY_PREFIX	2UL
#define OP25B_ENTRY_EXEMPT	4UL
#define OP25B_ENTRY_POOL_SHIFT	8

/**
 * op25b_entry_word() - the value of a prefix as a word
 * @value: the value, not 0
 *
 * Return: the word that says the same, but for timeout and comment.
 */
static inline unsigned long op25b_entry_word(unsigned long value)
{
	const struct op25b_exempt *exempt = (void *)value;

	if (likely(value & OP25B_ENTRY_WORD))
		return value;
	return OP25B_ENTRY_WORD | OP25B_ENTRY_EXEMPT |
	       (exempt->is_prefix ? OP25B_ENTRY_PREFIX : 0) |
	       (unsigned long)exempt->pool << OP25B_ENTRY_POOL_SHIFT;
}

/**
 * op25b_entry() - what the value of a prefix says
 * @value: the value, not 0
 *
 * Return: the entry.
 */
static inline struct op25b_entry op25b_entry(unsigned long value)
{
	unsigned long word = op25b_entry_word(value);

	return (struct op25b_entry){
		.pool = word >> OP25B_ENTRY_POOL_SHIFT,
		.is_prefix = word & OP25B_ENTRY_PREFIX,
		.is_exempt = word & OP25B_ENTRY_EXEMPT,
		.exempt = value & OP25B_ENTRY_WORD ? NULL : (struct op25b_exempt *)value,
	};
}

/**
 * op25b_policy_terms() - a pool's terms
 * @policy: the policy
 * @id: the pool's id
 *
 * Return: the terms, or NULL if the policy does not have the pool.
 */
static inline struct op25b_terms *op25b_policy_terms(const struct op25b_policy *policy, u32 id)
{
	const struct op25b_page *page = policy->page[id / OP25B_PAGE_TERMS];

	return page ? page->terms[id % OP25B_PAGE_TERMS] : NULL;
}

struct op25b_terms *op25b_policy_next(const struct op25b_policy *policy, u32 id);

/**
 * op25b_policy_for_each() - go through the pools of a policy, by their ids
 * @terms: the terms of each in turn
 * @policy: the policy
 */
#define op25b_policy_for_each(terms, policy)					\
	for ((terms) = op25b_policy_next(policy, 0); (terms);			\
	     (terms) = op25b_policy_next(policy, (terms)->pool->id + 1))

void op25b_policy_free(struct op25b_policy *policy);

#endif /* _OP25B_POLICY_H */
