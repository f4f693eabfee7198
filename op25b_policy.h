/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A policy: all that a packet is judged by
 *
 * A policy that is published, and all that it points to, is never written to, except for the
 * counters of its pools and the writer's own members of struct op25b_exempt. A change of the policy
 * is another policy (op25b_change.h). The types say so: whoever reads a policy gets const pointers.
 */
#ifndef _OP25B_POLICY_H
#define _OP25B_POLICY_H

#include <linux/cache.h>
#include <linux/build_bug.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/op25b.h>
#include <linux/rcupdate.h>
#include <linux/time64.h>
#include <linux/timerqueue.h>

#include "core/lpm.h"
#include "op25b_domain.h"
#include "op25b_pin.h"
#include "op25b_stats.h"

/**
 * struct op25b_prefix - a prefix
 * @family: its address family
 * @len: its length in bits
 * @key: its address; the bits after the first @len are zero
 */
struct op25b_prefix {
	enum op25b_family family;
	unsigned int len;
	struct op25b_key key;
};

/**
 * op25b_prefix_equal() - compare prefixes
 * @a: a prefix
 * @b: another one
 *
 * Return: true if they are the same.
 */
static inline bool op25b_prefix_equal(const struct op25b_prefix *a, const struct op25b_prefix *b)
{
	return a->family == b->family && a->len == b->len && a->key.hi == b->key.hi &&
	       a->key.lo == b->key.lo;
}

/**
 * struct op25b_pool - the part of a pool that outlives a policy: its name and its counters
 * @name: its name
 * @id: its number, unique in the namespace; values in the tables of prefixes hold it
 * @rcu: for freeing it a grace period after the last reference went
 * @stats: its counters
 * @refs: the number of policies that have it, in force or being made, plus one for its directory;
 *	  under the table's lock
 * @hash: its place in the table's hash of names; under the table's lock
 * @sysfs: its directory, NULL if it has none; private to op25b_sysfs.c; under the table's lock
 * @leaving: its place in a list of pools whose directories are to be removed, see
 *	     op25b_directory.c; under the table's lock
 * @was_in_force: a policy with it has been in force, and so packets may have been counted
 * @first: no prefix or exempt that it has in any policy has an address before this one; under the
 *	   table's lock
 * @last: nor one after this one
 * @retired: keeps it for dumps of older policies once the last reference went
 *
 * Packets read @stats, in the first cache line, which is not written to while there are packets.
 * Changes and resets write to the cache lines after it.
 */
struct op25b_pool {
	char name[OP25B_POOL_NAME_MAX + 1];
	u32 id;
	struct rcu_head rcu;
	struct op25b_stats stats;
	unsigned int refs;
	struct hlist_node hash;
	struct op25b_sysfs_pool *sysfs;
	struct list_head leaving;
	bool was_in_force;
	struct op25b_key first[OP25B_FAMILIES];
	struct op25b_key last[OP25B_FAMILIES];
	struct op25b_retired retired;
};

struct op25b_recorder;

/**
 * struct op25b_settings - the settings of a pool
 * @mode: what happens to packets that are to be blocked
 * @action: how they are blocked
 * @guard: flags of enum op25b_guard
 * @subscriber: the length of the prefix of an IPv6 subscriber
 * @senders: record who sends
 * @log: log packets of these senders
 * @log_group: to this group of NFLOG; 0 if it does not log
 *
 * Bit fields, so that what packets read of a pool fits into one cache line.
 */
struct op25b_settings {
	enum op25b_mode mode : 8;
	enum op25b_action action : 8;
	u32 guard : 8;
	u32 subscriber : 8;
	bool senders;
	bool log;
	u16 log_group;
};

/* op25b_settings.guard has all of them */
static_assert(OP25B_GUARD_MASK < 1 << 8);

/* The settings of a pool, unless others are asked for */
#define OP25B_SETTINGS_DEFAULT						\
	(struct op25b_settings){ .subscriber = OP25B_SUBSCRIBER_DEFAULT }

/**
 * op25b_settings_equal() - compare settings
 * @a: settings
 * @b: other settings
 *
 * Return: true if all of them are the same.
 */
static inline bool op25b_settings_equal(const struct op25b_settings *a,
					const struct op25b_settings *b)
{
	/* a new setting has to be compared, too */
	static_assert(sizeof(struct op25b_settings) == 2 * sizeof(u32));
	return a->mode == b->mode && a->action == b->action && a->guard == b->guard &&
	       a->subscriber == b->subscriber && a->senders == b->senders && a->log == b->log &&
	       a->log_group == b->log_group;
}

/**
 * enum op25b_destination - what a destination prefix is for
 * @OP25B_RELAY: it may be reached
 * @OP25B_TARGET: it is blocked even if the pool only observes
 * @OP25B_DESTINATIONS: the number of these kinds
 */
enum op25b_destination {
	OP25B_RELAY,
	OP25B_TARGET,
	OP25B_DESTINATIONS,
};

/**
 * struct op25b_pool_conf - the part of a pool that belongs to one policy: its configuration
 * @pool: the pool; the policy holds a reference
 * @settings: its settings
 * @recorder: records its senders; NULL if they are not recorded
 * @destinations: the number of destinations of each kind in @destination
 * @destination: the relays and targets of this pool alone
 * @prefixes: the number of its prefixes
 * @exempts: the number of its exempts
 * @fresh: made by the change under way, which alone sees it and may write to it
 * @vrf: the VRF that it belongs to, NULL if to none; the policy holds a reference while it is in
 *	 force, staged, or kept to go back to
 * @vrf_id: the id of @vrf
 * @vrf_name: its name, empty if there is none; also for dumps of older policies
 *
 * Packets read the first cache line.
 */
struct op25b_pool_conf {
	struct op25b_pool *pool;
	struct op25b_settings settings;
	struct op25b_recorder *recorder;
	u32 destinations[OP25B_DESTINATIONS];
	struct op25b_lpm destination[OP25B_DESTINATIONS][OP25B_FAMILIES];
	u32 prefixes;
	u32 exempts;
	bool fresh;
	struct op25b_vrf *vrf;
	u32 vrf_id;
	char vrf_name[IFNAMSIZ];
} ____cacheline_aligned_in_smp;

/* Pool ids are enough for the policy in force, one to go back to, and one that is being staged. */
#define OP25B_POOL_IDS		(3U << 16)
#define OP25B_PAGE_POOLS	512U
#define OP25B_PAGES		(OP25B_POOL_IDS / OP25B_PAGE_POOLS)

/**
 * struct op25b_page - the configurations of pools with consecutive ids
 * @conf: by the low bits of the id; NULL if the policy does not have the pool
 *
 * A change copies one page instead of a table of all pools.
 */
struct op25b_page {
	struct op25b_pool_conf *conf[OP25B_PAGE_POOLS];
};

/**
 * struct op25b_policy - a policy: all that a packet is judged by
 * @generation: its number
 * @applied: when a command has put it into force, or one that it differs from only by exempts that
 *	     have expired: in seconds since 1970, 0 if none has
 * @entry: the prefixes and exempts of the pools that belong to no VRF
 * @jump: where the lookups of packets in @entry start
 * @vrfs: the prefixes and exempts of the other pools; NULL if there are none of these
 * @destination: the relays and targets of every pool
 * @synack: the number of pools with the guard synack
 * @inbound: the number of pools with the guard inbound
 * @softwire: the number of pools with the guard softwire
 * @pools: the number of pools
 * @prefixes: the number of prefixes of each family
 * @exempts: the number of exempts
 * @destinations: the number of destinations of each kind, of every pool and of single pools
 * @page: the configurations of the pools, by the high bits of their ids
 *
 * Read under RCU or the table's lock.
 */
struct op25b_policy {
	u64 generation;
	time64_t applied;
	struct op25b_lpm entry[OP25B_FAMILIES];
	struct op25b_lpm_jump jump[OP25B_FAMILIES][OP25B_LPM_JUMPS];
	struct op25b_domains *vrfs;
	struct op25b_lpm destination[OP25B_DESTINATIONS][OP25B_FAMILIES];
	u32 synack;
	u32 inbound;
	u32 softwire;
	u32 pools;
	u32 prefixes[OP25B_FAMILIES];
	u32 exempts;
	u32 destinations[OP25B_DESTINATIONS];
	struct op25b_page *page[OP25B_PAGES];
};

/**
 * struct op25b_exempt - an exempt with a timeout or a comment
 * @list: in the table's list of exempts, or in that of a change; under the table's lock
 * @expiry: in the table's queue if it has a timeout; under the table's lock. Its key is the time
 *	    in ns, as ktime_get_boottime() counts it, and is not written to
 * @prefix: the exempt's prefix
 * @word: the word that would be the value of this prefix if it had neither timeout nor comment
 * @has_timeout: it expires
 * @fresh: made by the change under way, which alone may write to all of it
 * @comment: its comment, empty if it has none
 */
struct op25b_exempt {
	struct list_head list;
	struct timerqueue_node expiry;
	struct op25b_prefix prefix;
	u32 word;
	bool has_timeout;
	bool fresh;
	char comment[];
};

/**
 * struct op25b_entry - what a policy has at a prefix
 * @pool: the id of its pool
 * @is_prefix: it is a prefix of that pool
 * @is_exempt: it is an exempt of that pool
 * @exempt: the exempt, if it has a timeout or a comment; otherwise NULL
 */
struct op25b_entry {
	u32 pool;
	bool is_prefix;
	bool is_exempt;
	const struct op25b_exempt *exempt;
};

/*
 * The value of a prefix in op25b_policy.entry is either a word with the bits below, or the address
 * of a struct op25b_exempt, whose lowest bit is clear.
 */
#define OP25B_ENTRY_WORD	1UL
#define OP25B_ENTRY_PREFIX	2UL
#define OP25B_ENTRY_EXEMPT	4UL
#define OP25B_ENTRY_POOL_SHIFT	8

/**
 * op25b_entry() - decode the value of a prefix
 * @value: the value, not 0
 *
 * Return: the entry; an exempt that has expired is still reported.
 */
static inline struct op25b_entry op25b_entry(unsigned long value)
{
	const struct op25b_exempt *exempt = NULL;

	if (!(value & OP25B_ENTRY_WORD)) {
		exempt = (const struct op25b_exempt *)value;
		value = exempt->word;
	}
	return (struct op25b_entry){
		.pool = value >> OP25B_ENTRY_POOL_SHIFT,
		.is_prefix = value & OP25B_ENTRY_PREFIX,
		.is_exempt = value & OP25B_ENTRY_EXEMPT,
		.exempt = exempt,
	};
}

/**
 * op25b_entry_word() - encode an entry, but for the timeout and comment of an exempt
 * @entry: the entry
 *
 * Return: the word, which is the value of the prefix unless it has an @exempt.
 */
static inline u32 op25b_entry_word(struct op25b_entry entry)
{
	/* the id of a pool has 18 bits */
	static_assert(OP25B_POOL_IDS <= 1U << (32 - OP25B_ENTRY_POOL_SHIFT));
	return OP25B_ENTRY_WORD | (entry.is_prefix ? OP25B_ENTRY_PREFIX : 0) |
	       (entry.is_exempt ? OP25B_ENTRY_EXEMPT : 0) | entry.pool << OP25B_ENTRY_POOL_SHIFT;
}

/**
 * op25b_exempt_has_expired() - whether an exempt has expired
 * @exempt: the exempt
 *
 * Packets, readers and changes all ask this, and treat an exempt as deleted from then on. The work
 * that deletes it comes later, and much later if memory is short.
 *
 * Return: true if it is.
 */
static inline bool op25b_exempt_has_expired(const struct op25b_exempt *exempt)
{
	return exempt->has_timeout && exempt->expiry.expires <= ktime_get_coarse_boottime();
}

/**
 * op25b_policy_conf() - find the configuration of a pool
 * @policy: the policy
 * @id: the pool's id
 *
 * Return: the configuration, as long-lived as @policy, or NULL if @policy does not have the pool.
 */
static inline const struct op25b_pool_conf *op25b_policy_conf(const struct op25b_policy *policy,
							      u32 id)
{
	const struct op25b_page *page = policy->page[id / OP25B_PAGE_POOLS];

	return page ? page->conf[id % OP25B_PAGE_POOLS] : NULL;
}

/**
 * op25b_policy_entries() - the prefixes and exempts of a pool and of all others of its VRF
 * @policy: the policy
 * @conf: the pool's configuration in @policy
 *
 * Return: the tables, by address family, as long-lived as @policy.
 */
static inline const struct op25b_lpm *op25b_policy_entries(const struct op25b_policy *policy,
							   const struct op25b_pool_conf *conf)
{
	return conf->vrf ? policy->vrfs->domain[conf->vrf_id]->entry : policy->entry;
}

const struct op25b_pool_conf *op25b_policy_next(const struct op25b_policy *policy, u32 id);

/**
 * op25b_policy_for_each() - iterate over the pools of a policy by their ids
 * @conf: the configuration of each pool in turn
 * @policy: the policy
 */
#define op25b_policy_for_each(conf, policy)					\
	for ((conf) = op25b_policy_next(policy, 0); (conf);			\
	     (conf) = op25b_policy_next(policy, (conf)->pool->id + 1))

int op25b_policy_for_each_added(const struct op25b_policy *policy, const struct op25b_policy *old,
				int (*visit)(const struct op25b_pool_conf *conf, void *arg),
				void *arg);
void op25b_policy_each_destination(struct op25b_lpm destination[][OP25B_FAMILIES],
				   void (*visit)(struct op25b_lpm lpm));
size_t op25b_policy_size(const struct op25b_policy *policy);
void op25b_policy_free(struct op25b_policy *policy);

#endif /* _OP25B_POLICY_H */
