// SPDX-License-Identifier: GPL-2.0
/*
 * A change of the policy: begin, copy on write, commit, abort
 *
 * A change is a policy of its own. It shares with its base, the policy in force, all that it has
 * not touched. Before something is written to, it is copied, once, and the copy is marked fresh;
 * the original goes into the garbage. So a change can be thrown away at any point, and takes effect
 * by one pointer.
 *
 * A change without a base, a restore, began with an empty policy. All that this consists of is its
 * own, and may be large. So whatever touches nothing else is done without the table's lock, once
 * the change has come to its end and no step can follow.
 *
 * A policy may be put into force for a trial. Then the one before it is kept, whole, as the policy
 * of a change that only waits for its commit (op25b_table.rollback). That commit needs no memory:
 * its pools are still there, and so are their counters, recorders and the hooks.
 *
 * The lock is held from the beginning of a change with a base to its end. One step is the
 * exception: it takes long and reads much, and may release the lock meanwhile if that is expected.
 * If the base was replaced then, the change has failed, and may be begun again.
 *
 * The steps of a change (add a prefix, delete a pool) are in op25b_step.c. All functions are called
 * with the table's lock held. A function that fails may have done half of its work: the only thing
 * left to do with the change is op25b_change_abort(), after which nothing has happened.
 */
#include <linux/errno.h>
#include <linux/hrtimer.h>
#include <linux/memcontrol.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "core/memory.h"
#include "core/pause.h"
#include "op25b_change.h"
#include "op25b_hook.h"
#include "op25b_directory.h"
#include "op25b_recorder.h"
#include "op25b_recording.h"
#include "op25b_workqueue.h"

static struct op25b_change *change_alloc(struct op25b_table *table,
					 const struct op25b_policy *base)
{
	struct op25b_change *change = kzalloc(sizeof(*change), OP25B_GFP);

	if (!change)
		return NULL;
	change->policy = base ? kmemdup(base, sizeof(*base), OP25B_GFP) :
				kzalloc(sizeof(*base), OP25B_GFP);
	if (!change->policy) {
		kfree(change);
		return NULL;
	}
	change->table = table;
	change->base = base;
	change->pools_changed = !base;
	INIT_LIST_HEAD(&change->exempts);
	INIT_LIST_HEAD(&change->gone);
	INIT_LIST_HEAD(&change->recorders);
	timerqueue_init_head(&change->expiries);
	INIT_LIST_HEAD(&change->leaving);
	return change;
}

/**
 * op25b_change_begin() - begin a change of the policy in force
 * @table: its table, locked until the change has ended
 *
 * Return: the change, owned by the caller until op25b_change_commit() or op25b_change_abort(); NULL
 * when out of memory.
 */
struct op25b_change *op25b_change_begin(struct op25b_table *table)
{
	return change_alloc(table, op25b_table_policy(table));
}

/**
 * op25b_change_begin_empty() - begin a change with an empty policy
 * @table: its table; the lock may be released and taken again before the change ends
 *
 * Return: as for op25b_change_begin().
 */
struct op25b_change *op25b_change_begin_empty(struct op25b_table *table)
{
	return change_alloc(table, NULL);
}

/**
 * op25b_change_keep_base() - keep the base of a change while the lock is released
 * @change: the change, which has a base and may release the lock
 *
 * To be called with the lock held. What the base consists of may then be read without it, until the
 * change ends.
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_change_keep_base(struct op25b_change *change)
{
	lockdep_assert_held(&change->table->lock);
	change->pin = op25b_pin_get(change->table, true);
	return change->pin ? 0 : -ENOMEM;
}

/**
 * op25b_change_check_base() - whether the base of a change is still in force
 * @change: the change, after the lock was released and taken again
 *
 * Return: 0, or -EAGAIN if it was replaced: then the change can only be aborted.
 */
int op25b_change_check_base(const struct op25b_change *change)
{
	lockdep_assert_held(&change->table->lock);
	return change->base == op25b_table_policy(change->table) ? 0 : -EAGAIN;
}

static void release_base(struct op25b_change *change)
{
	if (change->pin)
		op25b_pin_put(change->table, change->pin);
	change->pin = NULL;
}

/**
 * op25b_change_base_has() - whether the base of a change has a pool, and so holds a reference
 * @change: the change
 * @pool: the pool
 *
 * Return: true if it has.
 */
bool op25b_change_base_has(const struct op25b_change *change, const struct op25b_pool *pool)
{
	const struct op25b_pool_conf *conf;

	if (!change->base)
		return false;
	conf = op25b_policy_conf(change->base, pool->id);
	return conf && conf->pool == pool;
}

/* --- copy on write --- */

/**
 * op25b_change_cow_page() - get the page of a pool for writing
 * @change: the change
 * @id: the pool's id
 *
 * Return: the page, fresh, owned by @change; NULL when out of memory.
 */
struct op25b_page *op25b_change_cow_page(struct op25b_change *change, u32 id)
{
	struct op25b_page *copy, **link = &change->policy->page[id / OP25B_PAGE_POOLS];

	if (test_bit(id / OP25B_PAGE_POOLS, change->fresh_pages))
		return *link;
	copy = *link ? kmemdup(*link, sizeof(*copy), OP25B_GFP) :
		       kzalloc(sizeof(*copy), OP25B_GFP);
	if (!copy)
		return NULL;
	if (*link && op25b_garbage_add(&change->garbage, *link)) {
		kfree(copy);
		return NULL;
	}
	__set_bit(id / OP25B_PAGE_POOLS, change->fresh_pages);
	*link = copy;
	return copy;
}

/**
 * op25b_change_cow_conf() - get the configuration of a pool for writing
 * @change: the change
 * @id: the pool's id; the new policy has the pool
 *
 * Return: the configuration, fresh, owned by @change; NULL when out of memory.
 */
struct op25b_pool_conf *op25b_change_cow_conf(struct op25b_change *change, u32 id)
{
	struct op25b_pool_conf *copy, **link;
	struct op25b_page *page;

	page = op25b_change_cow_page(change, id);
	if (!page)
		return NULL;
	link = &page->conf[id % OP25B_PAGE_POOLS];
	if ((*link)->fresh)
		return *link;
	copy = kmemdup(*link, sizeof(*copy), OP25B_GFP);
	if (!copy)
		return NULL;
	if (op25b_garbage_add(&change->garbage, *link)) {
		kfree(copy);
		return NULL;
	}
	copy->fresh = true;
	*link = copy;
	return copy;
}

/**
 * op25b_change_alloc_exempt() - allocate an exempt with a timeout or comment
 * @change: the change
 * @prefix: its prefix
 * @comment: its comment, empty if it has none
 *
 * Return: the exempt, fresh, without a timeout, owned by @change; NULL when out of memory. Its word
 * is set when it becomes an entry.
 */
struct op25b_exempt *op25b_change_alloc_exempt(struct op25b_change *change,
					       const struct op25b_prefix *prefix,
					       const char *comment)
{
	size_t size = strlen(comment) + 1;
	struct op25b_exempt *exempt;

	exempt = kzalloc(sizeof(*exempt) + size, OP25B_GFP);
	if (!exempt)
		return NULL;
	timerqueue_init(&exempt->expiry);
	exempt->prefix = *prefix;
	exempt->fresh = true;
	strscpy(exempt->comment, comment, size);
	list_add_tail(&exempt->list, &change->exempts);
	return exempt;
}

/**
 * op25b_change_drop_exempt() - drop an exempt that the new policy does not have any more
 * @change: the change
 * @exempt: the exempt, freed at once if it is fresh; otherwise moved to @gone and out of the queue,
 *	    until the change ends. The caller must not use it any more.
 */
void op25b_change_drop_exempt(struct op25b_change *change, const struct op25b_exempt *exempt)
{
	/* const for readers; the lock allows writing to the list and the queue */
	struct op25b_exempt *dropped = (struct op25b_exempt *)exempt;

	lockdep_assert_held(&change->table->lock);
	if (dropped->fresh) {
		list_del(&dropped->list);
		kfree(dropped);
		return;
	}
	list_move(&dropped->list, &change->gone);
	if (dropped->has_timeout)
		timerqueue_del(&change->table->expiries, &dropped->expiry);
}

/* --- what commit and abort have in common --- */

/* The policy to go back to, or NULL */
static const struct op25b_policy *kept_policy(const struct op25b_table *table)
	__must_hold(&table->lock)
{
	return table->rollback ? table->rollback->policy : NULL;
}

/* How many references to pools are dropped before the lock is released */
#define PUT_BATCH 256

/* Drop the references of a policy to its pools. The lock may be released and taken again. */
static void put_pools(struct op25b_table *table, const struct op25b_policy *policy)
	__must_hold(&table->lock)
{
	const struct op25b_pool_conf *conf;
	unsigned int n = 0;
	u32 id = 0;

	while ((conf = op25b_policy_next(policy, id))) {
		id = conf->pool->id + 1;
		op25b_table_conf_put(table, conf);
		if (++n % PUT_BATCH)
			continue;
		op25b_table_yield(table);
	}
}

static void free_exempts(struct list_head *exempts)
{
	struct op25b_exempt *exempt, *next;

	list_for_each_entry_safe(exempt, next, exempts, list) {
		kfree(exempt);
		op25b_pause();
	}
}

/* --- commit --- */

static int pool_make_directory(const struct op25b_pool_conf *conf, void *arg)
	__context_unsafe(/* op25b_change_commit() holds the lock */)
{
	struct op25b_change *change = arg;

	return op25b_directory_make(change->table, conf->pool, &change->leaving);
}

/* A pool of the policy to go back to goes on counting. */
static int pool_enter(const struct op25b_pool_conf *conf, void *table)
	__context_unsafe(/* op25b_change_commit() holds the lock */)
{
	const struct op25b_policy *kept = kept_policy(table);

	op25b_directory_enter(conf->pool, !kept || !op25b_policy_conf(kept, conf->pool->id));
	return 0;
}

static int pool_leave(const struct op25b_pool_conf *conf, void *arg)
{
	struct op25b_change *change = arg;

	op25b_directory_leave(conf->pool, &change->leaving);
	return 0;
}

/* From now on nothing in the new policy is fresh. */
static void policy_seal(struct op25b_change *change)
{
	struct op25b_policy *policy = change->policy;
	unsigned int i, j, family;
	struct op25b_pool_conf *conf;
	struct op25b_page *page;

	for (family = 0; family < OP25B_FAMILIES; family++)
		op25b_lpm_seal(policy->entry[family]);
	op25b_domain_seal(policy->vrfs);
	op25b_policy_each_destination(policy->destination, op25b_lpm_seal);
	for (i = 0; i < ARRAY_SIZE(policy->page); i++) {
		if (!test_bit(i, change->fresh_pages))
			continue;
		page = policy->page[i];
		for (j = 0; j < ARRAY_SIZE(page->conf); j++) {
			conf = page->conf[j];
			if (!conf || !conf->fresh)
				continue;
			conf->fresh = false;
			op25b_policy_each_destination(conf->destination, op25b_lpm_seal);
		}
		op25b_pause();
	}
}

static void build_jumps(struct op25b_change *change)
{
	struct op25b_policy *policy = change->policy;
	unsigned int family;

	for (family = 0; family < OP25B_FAMILIES; family++)
		if (!change->base || policy->entry[family].root != change->base->entry[family].root)
			op25b_lpm_jump_build(policy->entry[family], policy->jump[family]);
}

/* Put the new exempts that expire into a queue. Returns whether there are any. */
static bool queue_exempts(struct op25b_change *change, struct timerqueue_head *expiries)
{
	struct op25b_exempt *exempt;
	bool timeouts = false;

	list_for_each_entry(exempt, &change->exempts, list) {
		op25b_pause();
		exempt->fresh = false;
		if (!exempt->has_timeout)
			continue;
		timerqueue_add(expiries, &exempt->expiry);
		timeouts = true;
	}
	return timeouts;
}

/*
 * Do all that is possible before the commit of a change without a base. The lock is released and
 * taken again.
 */
static void prepare_staged(struct op25b_table *table, struct op25b_change *change)
	__must_hold(&table->lock)
{
	u32 id = 0;

	mutex_unlock(&table->lock);
	policy_seal(change);
	build_jumps(change);
	queue_exempts(change, &change->expiries);
	mutex_lock(&table->lock);
	while (op25b_directory_make_early(table, change->policy, &id, &change->leaving))
		op25b_table_yield(table);
}

/* The control group of the exempts that a change has put into the queue, with a reference */
static struct mem_cgroup *memcg_of(struct op25b_change *change)
{
	struct mem_cgroup *memcg = change->memcg;

	change->memcg = NULL;
	return memcg ?: get_mem_cgroup_from_mm(current->mm);
}

static void publish_exempts(struct op25b_table *table, struct op25b_change *change)
	__must_hold(&table->lock)
{
	bool timeouts;

	if (change->base) {
		timeouts = queue_exempts(change, &table->expiries);
	} else {
		list_splice_init(&table->exempts, &change->gone);
		table->expiries = change->expiries;
		timeouts = timerqueue_getnext(&table->expiries);
	}
	list_splice_init(&change->exempts, &table->exempts);
	/* a reference keeps a control group that was removed, so only while it is to be charged */
	if (timeouts || !timerqueue_getnext(&table->expiries)) {
		mem_cgroup_put(table->memcg);
		table->memcg = timeouts ? memcg_of(change) : NULL;
	}
	op25b_table_schedule_expiry(table);
}

/*
 * Before another policy takes the place of the one in force: keep all that this consists of in
 * @kept, a change that has begun with it. @kept has a copy, because its generation will be another
 * one, and dumps may be reading the original.
 */
static void keep_policy(struct op25b_table *table, struct op25b_change *kept)
	__must_hold(&table->lock)
{
	kept->base = NULL;
	kept->pools_changed = true;
	kept->event.kind = OP25B_EVENT_ROLLED_BACK;
	table->rollback = kept;
	list_splice_init(&table->exempts, &kept->exempts);
	kept->expiries = table->expiries;
	timerqueue_init_head(&table->expiries);
	kept->memcg = table->memcg;
	table->memcg = NULL;
}

static void free_replaced(struct work_struct *work)
{
	struct op25b_change *change = container_of(to_rcu_work(work), struct op25b_change, work);
	struct op25b_recorder *recorder, *next;

	free_exempts(&change->gone);
	list_for_each_entry_safe(recorder, next, &change->recorders, list) {
		op25b_recorder_free(recorder);
		op25b_pause();
	}
	op25b_garbage_free(&change->garbage);
	if (change->base || change->keeps_old)
		kfree(change->old);
	else
		op25b_policy_free(change->old);
	kfree(change);
}

static void replaced_unpinned(struct op25b_retired *retired)
{
	struct op25b_change *change = container_of(retired, struct op25b_change, retired);

	queue_rcu_work(op25b_workqueue, &change->work);
}

static size_t replaced_size(const struct op25b_change *change)
{
	const struct op25b_recorder *recorder;
	const struct op25b_exempt *exempt;
	size_t size = sizeof(*change);

	list_for_each_entry(exempt, &change->gone, list) {
		size += sizeof(*exempt) + strlen(exempt->comment) + 1;
		op25b_pause();
	}
	list_for_each_entry(recorder, &change->recorders, list)
		size += op25b_recorder_size(recorder);
	if (change->base || change->keeps_old)
		return size + sizeof(*change->old) + op25b_garbage_size(&change->garbage);
	return size + op25b_policy_size(change->old);
}

/* The lock may be released and taken again. */
static void retire_replaced(struct op25b_table *table, struct op25b_change *change,
			    struct op25b_policy *old)
	__must_hold(&table->lock)
{
	change->old = old;
	INIT_RCU_WORK(&change->work, free_replaced);
	change->retired.free = replaced_unpinned;
	if (op25b_pin_any(table)) {
		mutex_unlock(&table->lock);
		change->retired.size = replaced_size(change);
		mutex_lock(&table->lock);
	}
	op25b_pin_retire(table, &change->retired);
}

/* Whether packets have to be judged, by the policy in force or by the one to go back to */
static bool needs_hooks(const struct op25b_table *table)
	__must_hold(&table->lock)
{
	return op25b_table_policy(table)->pools || (table->rollback && kept_policy(table)->pools);
}

/* After a change of what needs_hooks() asks for; @hooked: it was true before */
static void drop_hooks(struct op25b_table *table, bool hooked)
	__must_hold(&table->lock)
{
	if (hooked && !needs_hooks(table))
		op25b_hook_unregister(table);
}

/* The policy in force, which is to be replaced: not const, because it is freed then */
static struct op25b_policy *policy_to_replace(struct op25b_table *table)
	__must_hold(&table->lock)
{
	return (struct op25b_policy *)op25b_table_policy(table);
}

/* Put the policy of a change in the place of @old. Nothing of this can fail. */
static void take_effect(struct op25b_table *table, struct op25b_change *change,
			const struct op25b_policy *old)
	__must_hold(&table->lock)
{
	struct op25b_policy *policy = change->policy;

	if (change->pools_changed)
		op25b_policy_for_each_added(policy, old, pool_enter, table);
	if (table->senders)
		op25b_recording_keep(table, policy, old, kept_policy(table));
	if (change->base) {
		policy_seal(change);
		build_jumps(change);
	}
	policy->generation = old->generation + 1;
	if (change->event.kind != OP25B_EVENT_EXPIRED)
		policy->applied = ktime_get_real_seconds();
	op25b_pin_replace_policy(table, policy);
	op25b_event_send(table, &change->event, policy, change->pools_changed ? old : NULL);
	if (table->senders)
		op25b_recording_retire(table, old, kept_policy(table), &change->recorders);
	publish_exempts(table, change);
	if (change->pools_changed)
		op25b_policy_for_each_added(old, policy, pool_leave, change);
	if (change->pools_changed && change->base)
		op25b_table_put_added(table, old, policy);
}

/* Take down what only the old policy had. The lock may be released and taken again. */
static void retire_old(struct op25b_table *table, struct op25b_change *change,
		       struct op25b_policy *old)
	__must_hold(&table->lock)
{
	op25b_directory_settle(table, &change->leaving);
	if (!change->base && !change->keeps_old)
		put_pools(table, old);
	retire_replaced(table, change, old);
}

/* What may fail of a commit. @kept: set to the change that is to roll back, or to NULL */
static int prepare(struct op25b_table *table, struct op25b_change *change, u32 seconds,
		   struct op25b_change **kept)
	__must_hold(&table->lock)
{
	const struct op25b_policy *old = op25b_table_policy(table);
	int err = 0;

	*kept = NULL;
	if (table->rollback && !change->base && !seconds)
		return -EBUSY;
	if (change->pools_changed)
		err = op25b_policy_for_each_added(change->policy, old, pool_make_directory, change);
	if (err)
		return err;
	if (seconds && !table->rollback) {
		*kept = op25b_change_begin(table);
		if (!*kept)
			return -ENOMEM;
	}
	if (change->policy->pools && !needs_hooks(table))
		err = op25b_hook_register(table);
	if (err && *kept)
		op25b_change_abort(*kept);
	return err;
}

static int commit(struct op25b_change *change, u32 seconds)
	__must_hold(&change->table->lock)
{
	struct op25b_table *table = change->table;
	struct op25b_change *kept;
	struct op25b_policy *old;
	bool hooked;
	int err;

	if (change->base && !change->changed) {
		op25b_change_abort(change);
		return 0;
	}
	release_base(change);
	if (!change->base)
		prepare_staged(table, change);
	err = prepare(table, change, seconds, &kept);
	if (err) {
		op25b_change_abort(change);
		return err;
	}

	old = policy_to_replace(table);
	hooked = needs_hooks(table);
	if (kept) {
		keep_policy(table, kept);
		change->keeps_old = true;
	}
	if (seconds) {
		op25b_table_schedule_rollback(table, seconds);
		change->event.kind = OP25B_EVENT_PENDING;
		change->event.seconds = seconds;
	}
	take_effect(table, change, old);
	drop_hooks(table, hooked);
	/* the lock may be released from here on, and the policy be replaced and freed, too */
	retire_old(table, change, old);
	return 0;
}

/**
 * op25b_change_commit() - put the policy of a change into force
 * @change: the change, which nobody else can find any more, and which is gone afterwards, whatever
 *	    is returned
 *
 * What can fail comes first: directories in sysfs, and the hooks if these are the first pools. Then
 * the policy is published. Then what only the old policy had is taken down, and freed by a work
 * once no dump has it pinned, after a grace period.
 *
 * The lock may be released and taken again once the policy is published or the commit has failed,
 * and without a base also before. Then others may replace the policy in force meanwhile.
 *
 * A change that changes nothing is dropped, and the generation stays. One that began with an empty
 * policy always takes effect.
 *
 * Return: 0; on an error nothing has happened. -EBUSY: the policy in force waits to be confirmed,
 * and the change has no base.
 */
int op25b_change_commit(struct op25b_change *change)
{
	lockdep_assert_held(&change->table->lock);
	return commit(change, 0);
}

/**
 * op25b_change_commit_trial() - put the policy of a change into force until it is confirmed
 * @change: the change, without a base; gone afterwards, whatever is returned
 * @seconds: for how long, not 0
 *
 * The last confirmed policy is kept for op25b_change_rollback(). If the policy in force waits to be
 * confirmed itself, it is replaced, and the policy to go back to stays the same.
 *
 * Return: as op25b_change_commit().
 */
int op25b_change_commit_trial(struct op25b_change *change, u32 seconds)
{
	lockdep_assert_held(&change->table->lock);
	return commit(change, seconds);
}

/* --- after a trial --- */

/* End the trial under way. What it has kept is the caller's. */
static struct op25b_change *end_trial(struct op25b_table *table)
	__must_hold(&table->lock)
{
	struct op25b_change *kept = table->rollback;

	table->rollback = NULL;
	WRITE_ONCE(table->rollback_by, 0);
	hrtimer_cancel(&table->rollback_timer);
	return kept;
}

/**
 * op25b_change_confirm() - keep the policy in force, and drop the one that was kept to go back to
 * @table: the table, locked, whose policy in force waits to be confirmed. The lock may be released
 *	   and taken again
 */
void op25b_change_confirm(struct op25b_table *table)
{
	bool hooked = needs_hooks(table);
	struct op25b_change *kept = end_trial(table);

	drop_hooks(table, hooked);
	if (table->senders)
		op25b_recording_retire(table, kept->policy, NULL, &kept->recorders);
	list_splice_init(&kept->exempts, &kept->gone);
	mem_cgroup_put(kept->memcg);
	retire_old(table, kept, kept->policy);
}

/**
 * op25b_change_rollback() - put the last confirmed policy back into force, as a new generation
 * @table: the table, locked, whose policy in force waits to be confirmed. The lock may be released
 *	   and taken again
 *
 * Packets are judged by it at once. Directories in sysfs may follow later if memory is short.
 */
void op25b_change_rollback(struct op25b_table *table)
{
	struct op25b_policy *old = policy_to_replace(table);
	bool hooked = needs_hooks(table);
	struct op25b_change *kept;

	take_effect(table, table->rollback, old);
	kept = end_trial(table);
	drop_hooks(table, hooked);
	op25b_directory_make_missing(table);
	retire_old(table, kept, old);
}

/* --- abort --- */

static void conf_discard(struct op25b_table *table, struct op25b_change *change,
			 struct op25b_pool_conf *conf)
	__must_hold(&table->lock)
{
	if (!conf || !conf->fresh)
		return;
	op25b_policy_each_destination(conf->destination, op25b_lpm_discard);
	op25b_recording_drop(table, conf);
	if (!op25b_change_base_has(change, conf->pool))
		op25b_table_conf_put(table, conf);
	kfree(conf);
}

static void abort_based(struct op25b_table *table, struct op25b_change *change)
	__must_hold(&table->lock)
{
	struct op25b_exempt *exempt, *next;
	struct op25b_page *page;
	unsigned int i, j;

	for (i = 0; i < OP25B_FAMILIES; i++)
		op25b_lpm_discard(change->policy->entry[i]);
	op25b_domain_discard(change->policy->vrfs);
	op25b_policy_each_destination(change->policy->destination, op25b_lpm_discard);
	for (i = 0; i < ARRAY_SIZE(change->policy->page); i++) {
		if (!test_bit(i, change->fresh_pages))
			continue;
		page = change->policy->page[i];
		for (j = 0; j < ARRAY_SIZE(page->conf); j++)
			conf_discard(table, change, page->conf[j]);
		kfree(page);
		op25b_pause();
	}
	free_exempts(&change->exempts);
	list_for_each_entry_safe(exempt, next, &change->gone, list) {
		list_move(&exempt->list, &table->exempts);
		if (exempt->has_timeout)
			timerqueue_add(&table->expiries, &exempt->expiry);
		op25b_pause();
	}
	op25b_garbage_forget(&change->garbage);
	kfree(change->policy);
}

/* Drop the recorders of a change without a base. The lock may be released and taken again. */
static void drop_recorders(struct op25b_table *table, struct op25b_change *change)
	__must_hold(&table->lock)
{
	struct op25b_pool_conf *conf;
	struct op25b_page *page;
	unsigned int i, j, n = 0;

	for (i = 0; i < ARRAY_SIZE(change->policy->page); i++) {
		page = change->policy->page[i];
		for (j = 0; page && j < ARRAY_SIZE(page->conf); j++) {
			conf = page->conf[j];
			if (!conf || !conf->recorder)
				continue;
			op25b_recording_drop(table, conf);
			if (++n % PUT_BATCH)
				continue;
			op25b_table_yield(table);
		}
	}
}

/* The lock is released and taken again. */
static void abort_staged(struct op25b_table *table, struct op25b_change *change)
	__must_hold(&table->lock)
{
	if (table->senders)
		drop_recorders(table, change);
	put_pools(table, change->policy);
	mutex_unlock(&table->lock);
	free_exempts(&change->exempts);
	op25b_policy_free(change->policy);
	mutex_lock(&table->lock);
}

/**
 * op25b_change_abort() - end a change so that nothing has happened
 * @change: the change, which nobody else can find any more, and which is gone afterwards. The lock
 *	    may be released and taken again
 */
void op25b_change_abort(struct op25b_change *change)
{
	struct op25b_table *table = change->table;

	lockdep_assert_held(&table->lock);
	if (change->base)
		abort_based(table, change);
	else
		abort_staged(table, change);
	release_base(change);
	op25b_directory_settle(table, &change->leaving);
	kfree(change);
}
