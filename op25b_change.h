/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A change of the policy: begin, copy on write, commit, abort
 */
#ifndef _OP25B_CHANGE_H
#define _OP25B_CHANGE_H

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/timerqueue.h>
#include <linux/workqueue.h>

#include "core/garbage.h"
#include "op25b_event.h"
#include "op25b_pin.h"
#include "op25b_policy.h"
#include "op25b_table.h"

struct mem_cgroup;

/**
 * struct op25b_change - a change under way: a policy that is not in force yet
 * @table: the table whose policy is to be replaced
 * @policy: the new policy
 * @base: the policy that @policy was copied from; NULL if the change began with an empty one
 * @may_release: a step may release the lock, and fail with -EAGAIN if @base is replaced meanwhile
 * @pin: keeps @base then; otherwise NULL
 * @hint: where the last prefix was added, ...
 * @hinted: ... of these tables
 * @garbage: the parts of @base that @policy does not share any more
 * @exempts: the exempts with a timeout or comment that @base does not have
 * @gone: the exempts of the policy in force that are freed if this change commits
 * @recorders: the recorders of @old that are to be freed with it
 * @expiries: without a base: those of @exempts with a timeout, once the commit has begun
 * @leaving: pools that are not in force and have a directory that this change is to remove, see
 *	     op25b_directory.c
 * @fresh_pages: the pages of @policy that it does not share with @base
 * @memcg: of a change that waits to roll back: the control group of @expiries
 * @old: the policy that this one has replaced, to be freed by @work
 * @keeps_old: @old was copied to go back to it, and what it consists of stays
 * @retired: keeps @old and what it does not share for dumps, before @work is queued
 * @work: frees them, after a grace period
 * @changed: @policy is not the same as @base
 * @pools_changed: @policy has other pools than @base; always set without a base
 * @event: what the events of its commit say of it
 */
struct op25b_change {
	struct op25b_table *table;
	struct op25b_policy *policy;
	const struct op25b_policy *base;
	bool may_release;
	struct op25b_pin *pin;
	struct op25b_lpm_hint hint[OP25B_FAMILIES];
	const struct op25b_lpm *hinted;
	struct op25b_garbage garbage;
	struct list_head exempts;
	struct list_head gone;
	struct list_head recorders;
	struct timerqueue_head expiries;
	struct list_head leaving;
	DECLARE_BITMAP(fresh_pages, OP25B_PAGES);
	struct mem_cgroup *memcg;
	struct op25b_policy *old;
	bool keeps_old;
	struct op25b_retired retired;
	struct rcu_work work;
	bool changed;
	bool pools_changed;
	struct op25b_change_event event;
};

struct op25b_change *op25b_change_begin(struct op25b_table *table) __must_hold(&table->lock);
struct op25b_change *op25b_change_begin_empty(struct op25b_table *table);
int op25b_change_commit(struct op25b_change *change);
int op25b_change_commit_trial(struct op25b_change *change, u32 seconds);
void op25b_change_abort(struct op25b_change *change);
void op25b_change_confirm(struct op25b_table *table) __must_hold(&table->lock);
void op25b_change_rollback(struct op25b_table *table) __must_hold(&table->lock);

int op25b_change_keep_base(struct op25b_change *change);
int op25b_change_check_base(const struct op25b_change *change);
bool op25b_change_base_has(const struct op25b_change *change, const struct op25b_pool *pool);
struct op25b_page *op25b_change_cow_page(struct op25b_change *change, u32 id);
struct op25b_pool_conf *op25b_change_cow_conf(struct op25b_change *change, u32 id);
struct op25b_exempt *op25b_change_alloc_exempt(struct op25b_change *change,
					       const struct op25b_prefix *prefix,
					       const char *comment);
void op25b_change_drop_exempt(struct op25b_change *change, const struct op25b_exempt *exempt);

#endif /* _OP25B_CHANGE_H */
