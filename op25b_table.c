// SPDX-License-Identifier: GPL-2.0
/*
 * The table of one network namespace: the policy in force, and what outlives it
 *
 * Packets reach all that they are judged by through one pointer, op25b_table.policy, under RCU. So
 * each packet is judged by one policy. Pools outlive policies, because they hold the counters, and
 * so does the queue of the exempts that are to expire.
 */
#include <linux/errno.h>
#include <linux/hrtimer.h>
#include <linux/math64.h>
#include <linux/memcontrol.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/memory.h"
#include "core/pause.h"
#include "op25b_recorder.h"
#include "op25b_table.h"
#include "op25b_vrf.h"

/**
 * op25b_table_pool_find() - find a pool of any policy, in force or being made
 * @table: the table, locked
 * @name: its name
 *
 * Return: the pool, without a reference taken, or NULL if no policy has it.
 */
struct op25b_pool *op25b_table_pool_find(struct op25b_table *table, const char *name)
{
	struct op25b_pool *pool;

	hash_for_each_possible(table->pools, pool, hash, op25b_name_hash(name))
		if (!strcmp(pool->name, name))
			return pool;
	return NULL;
}

/**
 * op25b_table_pool_get() - take a reference to the pool of a name, which is made if need be
 * @table: the table, locked
 * @name: its name, a valid one
 * @extack: takes the reason of a failure
 *
 * Return: the pool (with refs increased), or an error pointer: -ENOSPC, -ENOMEM.
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
				       "too many pools, counting those of restores under way");
		op25b_stats_free(&pool->stats);
		kfree(pool);
		return ERR_PTR(id);
	}
	pool->id = id;
	pool->refs = 1;
	INIT_LIST_HEAD(&pool->leaving);
	/* an empty range: it ends before it begins */
	memset(pool->first, 0xff, sizeof(pool->first));
	strscpy(pool->name, name, sizeof(pool->name));
	hash_add(table->pools, &pool->hash, op25b_name_hash(name));
	return pool;
}

static void pool_free(struct rcu_head *rcu)
{
	struct op25b_pool *pool = container_of(rcu, struct op25b_pool, rcu);

	op25b_stats_free(&pool->stats);
	kfree(pool);
}

static void pool_unpinned(struct op25b_retired *retired)
{
	call_rcu(&container_of(retired, struct op25b_pool, retired)->rcu, pool_free);
}

/**
 * op25b_table_pool_put() - drop a reference to a pool
 * @table: the table, locked
 * @pool: the pool, which is freed after its last reference went and no reader can see it any more
 */
void op25b_table_pool_put(struct op25b_table *table, struct op25b_pool *pool)
{
	if (--pool->refs)
		return;
	hash_del(&pool->hash);
	ida_free(&table->ids, pool->id);
	pool->retired.size = sizeof(*pool);
	pool->retired.free = pool_unpinned;
	op25b_pin_retire(table, &pool->retired);
}

/**
 * op25b_table_conf_put() - drop the references that a policy has for a pool
 * @table: the table, locked
 * @conf: the pool's configuration in that policy
 */
void op25b_table_conf_put(struct op25b_table *table, const struct op25b_pool_conf *conf)
{
	op25b_vrf_put(table, conf->vrf);
	op25b_table_pool_put(table, conf->pool);
}

/**
 * op25b_table_schedule_expiry() - set the timer of the expiry work for the next exempt that expires
 * @table: the table, locked
 *
 * Its clock goes on while the machine is suspended, as that of the timeouts does. Jiffies do not.
 */
void op25b_table_schedule_expiry(struct op25b_table *table)
{
	struct timerqueue_node *next = timerqueue_getnext(&table->expiries);

	if (next)
		hrtimer_start(&table->expiry_timer, next->expires, HRTIMER_MODE_ABS);
}

/**
 * op25b_table_schedule_rollback() - set the timer of the rollback work
 * @table: the table, locked
 * @seconds: when the policy in force is to be confirmed at the latest, from now, by a clock that
 *	     goes on while the machine is suspended
 */
void op25b_table_schedule_rollback(struct op25b_table *table, u32 seconds)
{
	ktime_t by = ktime_add(ktime_get_boottime(), ktime_set(seconds, 0));

	WRITE_ONCE(table->rollback_by, div_u64(ktime_to_ns(by) + NSEC_PER_SEC - 1, NSEC_PER_SEC));
	hrtimer_start(&table->rollback_timer, by, HRTIMER_MODE_ABS);
}

/**
 * op25b_table_init() - initialize the table of a namespace, with an empty policy
 * @table: the table; the init functions of the other files that have a part in it do the rest, see
 *	   op25b_net_init()
 * @net: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_table_init(struct op25b_table *table, struct net *net)
	__context_unsafe(/* nobody else has the table yet */)
{
	struct op25b_policy *policy = kzalloc(sizeof(*policy), OP25B_GFP);

	if (!policy)
		return -ENOMEM;
	table->net = net;
	mutex_init(&table->lock);
	RCU_INIT_POINTER(table->policy, policy);
	hash_init(table->pools);
	ida_init(&table->ids);
	ida_init(&table->vrf_ids);
	INIT_LIST_HEAD(&table->exempts);
	timerqueue_init_head(&table->expiries);
	return 0;
}

static int conf_put(const struct op25b_pool_conf *conf, void *table)
	__context_unsafe(/* the caller of op25b_table_put_added() holds the lock */)
{
	op25b_table_conf_put(table, conf);
	return 0;
}

/**
 * op25b_table_put_added() - drop the references for pools that only one of two policies has
 * @table: the table, locked
 * @policy: the policy that has them
 * @other: the policy that has not; NULL is one without pools
 */
void op25b_table_put_added(struct op25b_table *table, const struct op25b_policy *policy,
			   const struct op25b_policy *other)
{
	op25b_policy_for_each_added(policy, other, conf_put, table);
}

static void free_recorders(struct op25b_table *table, const struct op25b_policy *policy)
	__must_hold(&table->lock)
{
	const struct op25b_pool_conf *conf;

	if (!table->senders)
		return;
	op25b_policy_for_each(conf, policy)
		if (conf->recorder)
			op25b_recorder_leave(table, conf->recorder);
	/* for the work that ends rows */
	synchronize_rcu();
	op25b_policy_for_each(conf, policy)
		if (conf->recorder)
			op25b_recorder_free(conf->recorder);
}

/**
 * op25b_table_free() - free what a table holds
 * @table: the table; a grace period has passed since the last packet, change or work could use it
 */
void op25b_table_free(struct op25b_table *table)
	__context_unsafe(/* nobody else has the table any more */)
{
	struct op25b_policy *policy = rcu_dereference_protected(table->policy, true);
	struct op25b_exempt *exempt, *next;

	mutex_lock(&table->lock);
	free_recorders(table, policy);
	op25b_table_put_added(table, policy, NULL);
	mutex_unlock(&table->lock);
	list_for_each_entry_safe(exempt, next, &table->exempts, list) {
		kfree(exempt);
		op25b_pause();
	}
	op25b_policy_free(policy);
	ida_destroy(&table->ids);
	ida_destroy(&table->vrf_ids);
	mem_cgroup_put(table->memcg);
	mutex_destroy(&table->lock);
}
