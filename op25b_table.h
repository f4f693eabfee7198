/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of one network namespace: the policy in force, and what outlives it
 */
#ifndef _OP25B_TABLE_H
#define _OP25B_TABLE_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/hashtable.h>
#include <linux/hrtimer.h>
#include <linux/idr.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/stringhash.h>
#include <linux/timerqueue.h>
#include <linux/workqueue.h>

#include "core/pause.h"
#include "op25b_pin.h"
#include "op25b_policy.h"
#include "op25b_session.h"

struct mem_cgroup;
struct net;
struct op25b_change;
struct op25b_senders;

/**
 * struct op25b_table - the policy of one namespace
 * @policy: the policy in force
 * @net: the namespace
 * @hooks: registered while the policy in force has a pool
 * @lock: held while anything below is read or written, and while the policy is replaced
 * @pools: the pools of all policies, in force or being made, by name
 * @ids: the ids of these pools
 * @vrf_ids: the ids of the VRFs that pools or sessions belong to; has a lock of its own
 * @exempts: the exempts with a timeout or comment of the policy in force
 * @expiries: those with a timeout, the next to expire first
 * @expiry_timer: queues @expire when the next exempt expires
 * @expire: the work that deletes expired exempts, see op25b_expire.c
 * @memcg: the memory control group of the process whose change was the last to add or copy one of
 *	   @expiries; @expire charges its copies to it. NULL if there are none
 * @rollback: the change that puts the last confirmed policy back into force; NULL if the policy in
 *	      force is confirmed
 * @rollback_timer: queues @rollback_work when the policy in force is to be confirmed at the latest
 * @rollback_by: that time, in whole seconds, rounded up; 0 if @rollback is NULL. Read without @lock
 * @rollback_work: the work that rolls back, see op25b_confirm.c
 * @directories: the work that makes directories for which memory was short, see op25b_directory.c
 * @watch: the work that looks at them once a second, for events; see op25b_watch.c
 * @senders: who sends, of all pools that record it; NULL if none does
 * @next_recorder: where to look for the number of the next one that records
 * @watched: somebody listened at the last look of @watch, or it has not looked at @senders yet
 * @lost: how many events were sent to nobody, though somebody listened
 * @pins: dumps that keep the policy that they began with; have a lock of their own
 * @published: the grace period after which no packet has another policy than the one in force
 * @sessions: the sessions of a BRAS; have a lock of their own, too
 *
 * Packets read only @policy, in a cache line that nothing but a new policy writes to, and, while
 * there are sessions, the map of these.
 */
struct op25b_table {
	struct op25b_policy __rcu *policy __guarded_by(RCU);
	struct net *net;
	struct nf_hook_ops hooks[OP25B_FAMILIES];
	struct mutex lock ____cacheline_aligned_in_smp;
	DECLARE_HASHTABLE(pools, 8);
	struct ida ids;
	struct ida vrf_ids;
	struct list_head exempts __guarded_by(&lock);
	struct timerqueue_head expiries __guarded_by(&lock);
	struct hrtimer expiry_timer;
	struct work_struct expire;
	struct mem_cgroup *memcg __guarded_by(&lock);
	struct op25b_change *rollback __guarded_by(&lock);
	struct hrtimer rollback_timer;
	u32 rollback_by;
	struct work_struct rollback_work;
	struct delayed_work directories;
	struct delayed_work watch;
	struct op25b_senders *senders __guarded_by(&lock);
	u32 next_recorder __guarded_by(&lock);
	bool watched __guarded_by(&lock);
	atomic64_t lost;
	struct op25b_pins pins;
	unsigned long published;
	struct op25b_sessions sessions;
};

/**
 * op25b_name_hash() - hash the name of a pool or of a VRF
 * @name: the name
 *
 * Return: its hash.
 */
static inline u32 op25b_name_hash(const char *name)
{
	return full_name_hash(NULL, name, strlen(name));
}

/**
 * op25b_table_await_packets() - wait for packets that are judged by a policy not in force any more
 * @table: the table
 *
 * Context: process. Sleeps for one grace period after each policy that was published, not more.
 */
static inline void op25b_table_await_packets(const struct op25b_table *table)
{
	unsigned long published = READ_ONCE(table->published);

	if (published)
		cond_synchronize_rcu(published);
}

/**
 * op25b_table_policy() - the policy in force
 * @table: the table, locked, so that no other policy can take its place
 *
 * Return: the policy.
 */
static inline const struct op25b_policy *op25b_table_policy(const struct op25b_table *table)
	__must_hold(&table->lock)
	__context_unsafe(/* the lock keeps the policy as RCU does */)
{
	return rcu_dereference_protected(table->policy, lockdep_is_held(&table->lock));
}

/**
 * op25b_table_yield() - let others have the lock in the middle of a long operation
 * @table: the table, locked again on return; others may have replaced the policy in force
 */
static inline void op25b_table_yield(struct op25b_table *table)
	__must_hold(&table->lock)
{
	mutex_unlock(&table->lock);
	op25b_pause();
	mutex_lock(&table->lock);
}

int op25b_table_init(struct op25b_table *table, struct net *net);
void op25b_table_free(struct op25b_table *table);

struct op25b_pool *op25b_table_pool_get(struct op25b_table *table, const char *name,
					struct netlink_ext_ack *extack)
	__must_hold(&table->lock);
struct op25b_pool *op25b_table_pool_find(struct op25b_table *table, const char *name)
	__must_hold(&table->lock);
void op25b_table_pool_put(struct op25b_table *table, struct op25b_pool *pool)
	__must_hold(&table->lock);
void op25b_table_conf_put(struct op25b_table *table, const struct op25b_pool_conf *conf)
	__must_hold(&table->lock);
void op25b_table_put_added(struct op25b_table *table, const struct op25b_policy *policy,
			   const struct op25b_policy *other)
	__must_hold(&table->lock);
void op25b_table_schedule_expiry(struct op25b_table *table) __must_hold(&table->lock);
void op25b_table_schedule_rollback(struct op25b_table *table, u32 seconds)
	__must_hold(&table->lock);

#endif /* _OP25B_TABLE_H */
