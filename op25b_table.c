// SPDX-License-Identifier: GPL-2.0
/*
 * The table of one network namespace: the policy in force, and how another takes its place
 *
 * Packets find everything by one pointer, table->policy, under RCU, and so each is judged by one
 * policy. What a new policy no longer has is freed by a worker after a grace period.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/memcontrol.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/stringhash.h>

#include "core/memory.h"
#include "op25b_change.h"
#include "op25b_hook.h"
#include "op25b_sysfs.h"
#include "op25b_table.h"

/* How many exempts expire in one change */
#define EXPIRE_MAX 1024

static struct workqueue_struct *op25b_workqueue;

/**
 * op25b_table_workqueue_init() - make what all tables share: the queue of things to free
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_table_workqueue_init(void)
{
	op25b_workqueue = alloc_workqueue("op25b", WQ_UNBOUND, 0);
	return op25b_workqueue ? 0 : -ENOMEM;
}

/**
 * op25b_table_workqueue_exit() - wait until all that is to be freed is, and take the queue down
 */
void op25b_table_workqueue_exit(void)
{
	rcu_barrier();
	destroy_workqueue(op25b_workqueue);
}

/**
 * op25b_table_is_empty() - whether the policy in force has neither pools nor relays
 * @table: the table, locked
 *
 * Return: whether.
 */
bool op25b_table_is_empty(const struct op25b_table *table)
{
	const struct op25b_policy *policy = op25b_table_policy(table);

	return !policy->pools && !policy->relays;
}

static u32 name_hash(const char *name)
{
	return full_name_hash(NULL, name, strlen(name));
}

/**
 * op25b_table_pool_find() - find a pool of any policy, in force or in preparation
 * @table: the table, locked
 * @name: its name
 *
 * Return: the pool, or NULL if no policy has it. No reference is taken.
 */
struct op25b_pool *op25b_table_pool_find(struct op25b_table *table, const char *name)
{
	struct op25b_pool *pool;

	hash_for_each_possible(table->pools, pool, hash, name_hash(name))
		if (!strcmp(pool->name, name))
			return pool;
	return NULL;
}

/**
 * op25b_table_pool_get() - get the pool of a name, and make it if no policy has it
 * @table: the table, locked
 * @name: its name, a valid one
 * @extack: takes the reason of a failure
 *
 * Return: the pool with a reference for the caller, or an error pointer: -ENOSPC, -ENOMEM.
 */
struct op25b_pool *op25b_table_pool_get(struct op25b_table *table, const char *name,
					struct netlink_ext_ack *extack)
{
	struct op25b_pool *pool = op25b_table_pool_find(table, name);
	int id;

	if (pool) {
		pool->refs++;
		return pool;
	}

	pool = kzalloc(sizeof(*pool), OP25B_GFP);
	if (!pool)
		return ERR_PTR(-ENOMEM);
	if (op25b_stats_init(&pool->stats)) {
		kfree(pool);
		return ERR_PTR(-ENOMEM);
	}
	id = ida_alloc_max(&table->ids, OP25B_POOL_IDS - 1, OP25B_GFP);
	if (id < 0) {
		if (id == -ENOSPC)
			NL_SET_ERR_MSG(extack,
				       "too many pools, with those of restores that are under way");
		op25b_stats_free(&pool->stats);
		kfree(pool);
		return ERR_PTR(id);
	}
	pool->id = id;
	pool->refs = 1;
	strscpy(pool->name, name, sizeof(pool->name));
	hash_add(table->pools, &pool->hash, name_hash(name));
	return pool;
}

static void pool_free(struct rcu_head *rcu)
{
	struct op25b_pool *pool = container_of(rcu, struct op25b_pool, rcu);

	op25b_stats_free(&pool->stats);
	kfree(pool);
}

/**
 * op25b_table_pool_put() - give a reference to a pool back
 * @table: the table, locked
 * @pool: the pool; when no policy has it any more, it is freed after a grace period
 */
void op25b_table_pool_put(struct op25b_table *table, struct op25b_pool *pool)
{
	if (--pool->refs)
		return;
	hash_del(&pool->hash);
	ida_free(&table->ids, pool->id);
	call_rcu(&pool->rcu, pool_free);
}

static struct op25b_pool *page_pool(const struct op25b_page *page, unsigned int i)
{
	return page && page->terms[i] ? page->terms[i]->pool : NULL;
}

/* Call @visit for each pool that @policy has and @other does not. */
static int visit_pools_not_in(struct op25b_table *table, const struct op25b_policy *policy,
			      const struct op25b_policy *other,
			      int (*visit)(struct op25b_table *table, struct op25b_pool *pool))
{
	const struct op25b_page *page, *other_page;
	struct op25b_pool *pool;
	unsigned int i, j;
	int err;

	for (i = 0; i < ARRAY_SIZE(policy->page); i++) {
		page = policy->page[i];
		other_page = other ? other->page[i] : NULL;
		if (page == other_page)
			continue;
		for (j = 0; j < ARRAY_SIZE(page->terms); j++) {
			pool = page_pool(page, j);
			if (!pool || pool == page_pool(other_page, j))
				continue;
			cond_resched();
			err = visit(table, pool);
			if (err)
				return err;
		}
	}
	return 0;
}

static int pool_enter(struct op25b_table *table, struct op25b_pool *pool)
{
	op25b_stats_reset(&pool->stats);
	return op25b_sysfs_pool_add(table, pool);
}

static int pool_leave(struct op25b_table *table, struct op25b_pool *pool)
{
	op25b_sysfs_pool_del(pool);
	return 0;
}

static int pool_put(struct op25b_table *table, struct op25b_pool *pool)
{
	op25b_table_pool_put(table, pool);
	return 0;
}

/* The change is over: nothing in its policy is fresh any more. */
static void seal(struct op25b_change *change)
{
	struct op25b_policy *policy = change->policy;
	unsigned int i, j, family;
	struct op25b_terms *terms;
	struct op25b_page *page;

	for (family = 0; family < OP25B_FAMILIES; family++) {
		op25b_lpm_seal(policy->entry[family]);
		op25b_lpm_seal(policy->relay[family]);
		if (!change->base || policy->entry[family].root != change->base->entry[family].root)
			op25b_lpm_jump(policy->entry[family], policy->jump[family]);
	}
	for (i = 0; i < ARRAY_SIZE(policy->page); i++) {
		if (!test_bit(i, change->fresh_pages))
			continue;
		page = policy->page[i];
		for (j = 0; j < ARRAY_SIZE(page->terms); j++) {
			terms = page->terms[j];
			if (!terms || !terms->fresh)
				continue;
			terms->fresh = false;
			for (family = 0; family < OP25B_FAMILIES; family++)
				op25b_lpm_seal(terms->relay[family]);
		}
	}
}

/*
 * Have the worker run when the next exempt expires. A timer may be late by an eighth of what it
 * waits (kernel/time/timer.c: its wheel does not cascade), so that a long wait is approached in
 * steps.
 */
static void schedule_expiry(struct op25b_table *table) __must_hold(&table->lock)
{
	struct timerqueue_node *next = timerqueue_getnext(&table->expiries);
	s64 wait;

	if (!next)
		return;
	wait = ktime_to_ms(ktime_sub(next->expires, ktime_get_boottime())) + 1;
	/* a day is enough: there is always a next time, and jiffies may have 32 bits */
	wait = clamp_t(s64, wait, 0, 24 * 3600 * MSEC_PER_SEC);
	if (wait > 8 * MSEC_PER_SEC)
		wait -= wait / 8;
	mod_delayed_work(op25b_workqueue, &table->expire, msecs_to_jiffies(wait));
}

static void take_over_exempts(struct op25b_table *table, struct op25b_change *change)
	__must_hold(&table->lock)
{
	struct op25b_exempt *exempt;

	if (!change->base) {
		list_splice_init(&table->exempts, &change->gone);
		timerqueue_init_head(&table->expiries);
	}
	if (!list_empty(&change->exempts)) {
		mem_cgroup_put(table->payer);
		table->payer = get_mem_cgroup_from_mm(current->mm);
	}
	list_for_each_entry(exempt, &change->exempts, list) {
		cond_resched();
		exempt->fresh = false;
		if (exempt->expires)
			timerqueue_add(&table->expiries, &exempt->expiry);
	}
	list_splice_init(&change->exempts, &table->exempts);
	schedule_expiry(table);
}

static void free_replaced(struct work_struct *work)
{
	struct op25b_change *change = container_of(to_rcu_work(work), struct op25b_change, work);
	struct op25b_exempt *exempt, *next;

	list_for_each_entry_safe(exempt, next, &change->gone, list) {
		kfree(exempt);
		cond_resched();
	}
	op25b_garbage_free(&change->garbage);
	if (change->base)
		kfree(change->old);
	else
		op25b_policy_free(change->old);
	kfree(change);
}

/**
 * op25b_table_commit() - put a change into force
 * @table: the table, locked
 * @change: the change, which is gone then, whatever is returned
 * @extack: takes the reason of a failure
 *
 * A change that changes nothing is dropped. A policy made from nothing is put into force whole.
 *
 * Return: 0; on failure nothing has happened.
 */
int op25b_table_commit(struct op25b_table *table, struct op25b_change *change,
		       struct netlink_ext_ack *extack)
{
	struct op25b_policy *policy = change->policy;
	struct op25b_policy *old = op25b_table_policy(table);
	int err = 0;

	if (change->base && !change->changed) {
		op25b_change_abort(change);
		return 0;
	}

	if (change->pools_changed)
		err = visit_pools_not_in(table, policy, old, pool_enter);
	if (!err && policy->pools && !old->pools)
		err = nf_register_net_hooks(table->net, table->hooks, ARRAY_SIZE(table->hooks));
	if (err) {
		visit_pools_not_in(table, policy, old, pool_leave);
		op25b_change_abort(change);
		return err;
	}

	seal(change);
	policy->generation = old->generation + 1;
	rcu_assign_pointer(table->policy, policy);

	if (!policy->pools && old->pools)
		nf_unregister_net_hooks(table->net, table->hooks, ARRAY_SIZE(table->hooks));
	if (change->pools_changed) {
		visit_pools_not_in(table, old, policy, pool_leave);
		visit_pools_not_in(table, old, change->base ? policy : NULL, pool_put);
	}
	take_over_exempts(table, change);

	change->old = old;
	INIT_RCU_WORK(&change->work, free_replaced);
	queue_rcu_work(op25b_workqueue, &change->work);
	return 0;
}

/* The first exempt whose time is over, or NULL. */
static struct op25b_exempt *first_expired(struct op25b_table *table) __must_hold(&table->lock)
{
	struct timerqueue_node *next = timerqueue_getnext(&table->expiries);

	if (!next || ktime_after(next->expires, ktime_get_boottime()))
		return NULL;
	return container_of(next, struct op25b_exempt, expiry);
}

/* Take out some of the exempts whose time is over. */
static int expire_some(struct op25b_table *table) __must_hold(&table->lock)
{
	struct op25b_exempt *exempt = first_expired(table);
	struct op25b_change *change;
	struct op25b_prefix prefix;
	unsigned int n = 0;
	int err;

	if (!exempt)
		return 0;
	change = op25b_change_begin(table);
	if (!change)
		return -ENOMEM;
	for (; exempt && n < EXPIRE_MAX; exempt = first_expired(table), n++) {
		prefix = exempt->prefix;
		err = op25b_exempt_del(change, exempt->pool, &prefix, false, NULL);
		if (err) {
			op25b_change_abort(change);
			return err;
		}
	}
	return op25b_table_commit(table, change, NULL);
}

static void expire(struct work_struct *work)
{
	struct op25b_table *table = container_of(to_delayed_work(work), struct op25b_table, expire);
	struct mem_cgroup *old;
	int err;

	mutex_lock(&table->lock);
	/* what this change copies must not get out of the accounting */
	old = set_active_memcg(table->payer);
	err = expire_some(table);
	set_active_memcg(old);
	if (err)
		mod_delayed_work(op25b_workqueue, &table->expire, HZ);
	else
		schedule_expiry(table);
	mutex_unlock(&table->lock);
}

/**
 * op25b_table_init() - make a namespace's table, with an empty policy
 * @table: where
 * @net: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_table_init(struct op25b_table *table, struct net *net)
	__context_unsafe(/* nobody knows the table yet */)
{
	struct op25b_policy *policy = kzalloc(sizeof(*policy), OP25B_GFP);

	if (!policy)
		return -ENOMEM;
	table->net = net;
	mutex_init(&table->lock);
	RCU_INIT_POINTER(table->policy, policy);
	hash_init(table->pools);
	ida_init(&table->ids);
	INIT_LIST_HEAD(&table->exempts);
	timerqueue_init_head(&table->expiries);
	INIT_DELAYED_WORK(&table->expire, expire);
	op25b_hook_init(table->hooks, table);
	return 0;
}

/**
 * op25b_table_stop() - no packet is judged any more, no exempt expires, no pool is in sysfs
 * @table: the table, which nothing changes any more
 */
void op25b_table_stop(struct op25b_table *table)
{
	const struct op25b_policy *policy;

	mutex_lock(&table->lock);
	policy = op25b_table_policy(table);
	if (policy->pools)
		nf_unregister_net_hooks(table->net, table->hooks, ARRAY_SIZE(table->hooks));
	visit_pools_not_in(table, policy, NULL, pool_leave);
	timerqueue_init_head(&table->expiries);
	mutex_unlock(&table->lock);
	cancel_delayed_work_sync(&table->expire);
}

/**
 * op25b_table_free() - free a table
 * @table: the table, stopped a grace period ago
 */
void op25b_table_free(struct op25b_table *table)
	__context_unsafe(/* nobody knows the table any more */)
{
	struct op25b_policy *policy = rcu_dereference_protected(table->policy, true);
	struct op25b_exempt *exempt, *next;

	mutex_lock(&table->lock);
	visit_pools_not_in(table, policy, NULL, pool_put);
	mutex_unlock(&table->lock);
	list_for_each_entry_safe(exempt, next, &table->exempts, list) {
		kfree(exempt);
		cond_resched();
	}
	op25b_policy_free(policy);
	ida_destroy(&table->ids);
	mem_cgroup_put(table->payer);
	mutex_destroy(&table->lock);
}
