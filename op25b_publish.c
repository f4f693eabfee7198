// SPDX-License-Identifier: GPL-2.0
/*
 * Publishing pools: directories in sysfs, with the table's lock held only briefly
 *
 * A pool has a directory as long as the policy in force has it. Making and removing one takes much
 * longer than anything else in a commit, and a restore may come with 65,535 pools that are new, in
 * place of as many others. So the directories are made before such a commit, and are removed after
 * any, a batch at a time, and the lock is released between batches. A file of a pool that is not in
 * force cannot be read (ENODEV).
 *
 * A directory holds a reference to its pool. While the pool is not in force, it is in a list of
 * those whose directories are to be removed: that of the change that made it, or that took the pool
 * out of force. op25b_publish_settle() removes them. Until then, a commit that puts the pool into
 * force takes it out of the list.
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>

#include "op25b_publish.h"
#include "op25b_sysfs.h"

/* How many directories are made or removed before the lock is released */
#define BATCH 64

/* How many pools are looked at, which may have a directory already */
#define LOOK_MAX 4096

static int make_directory(struct op25b_table *table, struct op25b_pool *pool,
			  struct list_head *leaving)
	__must_hold(&table->lock)
{
	int err = op25b_sysfs_pool_add(table, pool);

	if (err)
		return err;
	pool->refs++;
	list_add_tail(&pool->leaving, leaving);
	return 0;
}

/**
 * op25b_publish_early() - make some of the directories that a commit would have to make
 * @table: the table, locked
 * @policy: the policy that is to be put into force
 * @id: where to begin, 0 at first; set to where to go on
 * @leaving: takes the pools, for op25b_publish_settle()
 *
 * A failure is left to op25b_publish_pool(), which tries again.
 *
 * Return: true if there may be more: release the lock, take it again and go on.
 */
bool op25b_publish_early(struct op25b_table *table, const struct op25b_policy *policy, u32 *id,
			 struct list_head *leaving)
{
	const struct op25b_pool_conf *conf;
	unsigned int looks, n = 0;

	for (looks = 0; looks < LOOK_MAX && n < BATCH; looks++) {
		conf = op25b_policy_next(policy, *id);
		if (!conf)
			return false;
		*id = conf->pool->id + 1;
		if (conf->pool->sysfs)
			continue;
		if (make_directory(table, conf->pool, leaving))
			return false;
		n++;
	}
	return true;
}

/**
 * op25b_publish_pool() - make the directory of a pool that is to be put into force
 * @table: the table, locked
 * @pool: the pool; it may have a directory already
 * @leaving: takes the pool, if it has had no directory: op25b_publish_settle() removes that again
 *	     unless the pool enters
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_publish_pool(struct op25b_table *table, struct op25b_pool *pool,
		       struct list_head *leaving)
{
	return pool->sysfs ? 0 : make_directory(table, pool, leaving);
}

/**
 * op25b_publish_enter() - note that a pool is about to be in force
 * @pool: the pool, which has a directory; its table is locked
 */
void op25b_publish_enter(struct op25b_pool *pool)
{
	list_del_init(&pool->leaving);
	if (pool->was_in_force)
		op25b_stats_reset(&pool->stats);
	pool->was_in_force = true;
}

/**
 * op25b_publish_leave() - note that a pool is not in force any more
 * @pool: the pool; its table is locked
 * @leaving: takes the pool, for op25b_publish_settle()
 */
void op25b_publish_leave(struct op25b_pool *pool, struct list_head *leaving)
{
	list_add_tail(&pool->leaving, leaving);
}

static bool remove_directories(struct op25b_table *table, struct list_head *leaving)
	__must_hold(&table->lock)
{
	struct op25b_pool *pool;
	unsigned int n;

	for (n = 0; n < BATCH; n++) {
		if (list_empty(leaving))
			return false;
		pool = list_first_entry(leaving, struct op25b_pool, leaving);
		list_del_init(&pool->leaving);
		op25b_sysfs_pool_del(pool);
		op25b_table_pool_put(table, pool);
	}
	return true;
}

/**
 * op25b_publish_settle() - remove the directories of pools that are not in force after a change
 * @table: the table, locked; the lock may be released and taken again
 * @leaving: the list of these pools, which belongs to the change; empty on return
 */
void op25b_publish_settle(struct op25b_table *table, struct list_head *leaving)
{
	while (remove_directories(table, leaving))
		op25b_table_yield(table);
}
