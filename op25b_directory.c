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
 * out of force. op25b_directory_settle() removes them. Until then, a commit that puts the pool into
 * force takes it out of the list.
 *
 * A rollback may not fail, and so makes directories afterwards: op25b_directory_make_missing().
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched.h>

#include "op25b_directory.h"
#include "op25b_sysfs.h"
#include "op25b_workqueue.h"

/* How many directories are made or removed before the lock is released */
#define BATCH 64

/* How many pools are looked at, which may have a directory already */
#define LOOK_MAX 4096

/* When to try again if memory is short, in milliseconds */
#define RETRY_MS 1000

static int make_directory(struct op25b_table *table, struct op25b_pool *pool)
	__must_hold(&table->lock)
{
	int err = op25b_sysfs_pool_add(table, pool);

	if (!err)
		pool->refs++;
	return err;
}

/*
 * Make some of the directories that pools of @policy lack. @id: where to begin, set to where to go
 * on. @leaving: takes the pools; NULL if @policy is in force. Returns 1 if there may be more, 0 if
 * there are none, or -ENOMEM.
 */
static int make_some(struct op25b_table *table, const struct op25b_policy *policy, u32 *id,
		     struct list_head *leaving)
	__must_hold(&table->lock)
{
	const struct op25b_pool_conf *conf;
	unsigned int looks, n = 0;
	int err;

	for (looks = 0; looks < LOOK_MAX && n < BATCH; looks++) {
		conf = op25b_policy_next(policy, *id);
		if (!conf)
			return 0;
		*id = conf->pool->id + 1;
		/* op25b_directory_make_missing() makes that of one in force that has none */
		if (conf->pool->sysfs ||
		    (leaving && op25b_policy_conf(op25b_table_policy(table), conf->pool->id)))
			continue;
		err = make_directory(table, conf->pool);
		if (err)
			return err;
		if (leaving)
			list_add_tail(&conf->pool->leaving, leaving);
		n++;
	}
	return 1;
}

/**
 * op25b_directory_make_early() - make some of the directories that a commit would have to make
 * @table: the table, locked
 * @policy: the policy that is to be put into force
 * @id: where to begin, 0 at first; set to where to go on
 * @leaving: takes the pools, for op25b_directory_settle()
 *
 * A failure is left to op25b_directory_make(), which tries again.
 *
 * Return: true if there may be more: release the lock, take it again and go on.
 */
bool op25b_directory_make_early(struct op25b_table *table, const struct op25b_policy *policy,
				u32 *id, struct list_head *leaving)
{
	return make_some(table, policy, id, leaving) > 0;
}

/**
 * op25b_directory_make() - make the directory of a pool that is to be put into force
 * @table: the table, locked
 * @pool: the pool; it may have a directory already
 * @leaving: takes the pool, if it has had no directory: op25b_directory_settle() removes that again
 *	     unless the pool enters
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_directory_make(struct op25b_table *table, struct op25b_pool *pool,
			 struct list_head *leaving)
{
	int err;

	if (pool->sysfs)
		return 0;
	err = make_directory(table, pool);
	if (!err)
		list_add_tail(&pool->leaving, leaving);
	return err;
}

/**
 * op25b_directory_enter() - note that a pool is about to be in force
 * @pool: the pool, whose table is locked; it has a directory, except after a rollback
 * @anew: its counters start from zero
 */
void op25b_directory_enter(struct op25b_pool *pool, bool anew)
{
	list_del_init(&pool->leaving);
	if (anew && pool->was_in_force)
		op25b_stats_reset(&pool->stats);
	pool->was_in_force = true;
}

/**
 * op25b_directory_leave() - note that a pool is not in force any more
 * @pool: the pool; its table is locked
 * @leaving: takes the pool, for op25b_directory_settle()
 */
void op25b_directory_leave(struct op25b_pool *pool, struct list_head *leaving)
{
	if (pool->sysfs)
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
 * op25b_directory_settle() - remove the directories of pools that are not in force after a change
 * @table: the table, locked; the lock may be released and taken again
 * @leaving: the list of these pools, which belongs to the change; empty on return
 */
void op25b_directory_settle(struct op25b_table *table, struct list_head *leaving)
{
	while (remove_directories(table, leaving))
		op25b_table_yield(table);
}

/**
 * op25b_directory_make_missing() - make the directories that pools in force lack
 * @table: the table, locked; the lock may be released and taken again
 *
 * If memory is short, those that are still missing follow later.
 */
void op25b_directory_make_missing(struct op25b_table *table)
{
	u32 id = 0;
	int more;

	while ((more = make_some(table, op25b_table_policy(table), &id, NULL)) > 0)
		op25b_table_yield(table);
	if (more < 0)
		queue_delayed_work(op25b_workqueue, &table->directories,
				   msecs_to_jiffies(RETRY_MS));
}

static void directories_work(struct work_struct *work)
{
	struct op25b_table *table = container_of(to_delayed_work(work), struct op25b_table,
						 directories);

	mutex_lock(&table->lock);
	op25b_directory_make_missing(table);
	mutex_unlock(&table->lock);
}

/**
 * op25b_directory_init() - initialize the work of a table
 * @table: the table, which nobody else has yet
 */
void op25b_directory_init(struct op25b_table *table)
{
	INIT_DELAYED_WORK(&table->directories, directories_work);
}

/**
 * op25b_directory_stop() - stop the work, for good
 * @table: the table, which nothing else changes any more
 */
void op25b_directory_stop(struct op25b_table *table)
{
	cancel_delayed_work_sync(&table->directories);
}
