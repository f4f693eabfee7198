/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A change of the policy: step by step where nobody sees it
 */
#ifndef _OP25B_CHANGE_H
#define _OP25B_CHANGE_H

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/netlink.h>
#include <linux/workqueue.h>

#include "core/garbage.h"
#include "op25b_policy.h"
#include "op25b_table.h"

/**
 * struct op25b_change - a change under way: a policy that nobody sees yet
 * @table: the table whose policy it changes
 * @policy: what it leads to
 * @base: what it started from; NULL where it started from nothing, as a restore does
 * @hint: where the last prefix was added
 * @garbage: what of @base is not in @policy any more
 * @exempts: exempts that are not in @base
 * @gone: exempts of @base that are not in @policy
 * @fresh_pages: which pages of @policy are the change's own
 * @old: the policy that it replaced
 * @work: frees what nobody can see any more
 * @changed: @policy says something else than @base
 * @pools_changed: it has other pools than @base
 */
struct op25b_change {
	struct op25b_table *table;
	struct op25b_policy *policy;
	const struct op25b_policy *base;
	struct op25b_lpm_hint hint[OP25B_FAMILIES];
	struct op25b_garbage garbage;
	struct list_head exempts;
	struct list_head gone;
	DECLARE_BITMAP(fresh_pages, OP25B_PAGES);
	struct op25b_policy *old;
	struct rcu_work work;
	bool changed;
	bool pools_changed;
};

struct op25b_change *op25b_change_begin(struct op25b_table *table) __must_hold(&table->lock);
struct op25b_change *op25b_change_begin_empty(struct op25b_table *table);
void op25b_change_abort(struct op25b_change *change);

struct op25b_terms *op25b_change_pool(const struct op25b_change *change, const char *name);
int op25b_pool_add(struct op25b_change *change, const char *name, struct op25b_settings settings,
		   struct netlink_ext_ack *extack);
int op25b_pool_set(struct op25b_change *change, u32 id, struct op25b_settings settings);
int op25b_pool_del(struct op25b_change *change, u32 id);

int op25b_prefix_add(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
		     bool force, struct netlink_ext_ack *extack);
int op25b_prefix_del(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
		     bool force, struct netlink_ext_ack *extack);
int op25b_exempt_add(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
		     u32 timeout, const char *comment, bool force, struct netlink_ext_ack *extack);
int op25b_exempt_del(struct op25b_change *change, u32 id, const struct op25b_prefix *prefix,
		     bool force, struct netlink_ext_ack *extack);
int op25b_relay_add(struct op25b_change *change, const u32 *id, const struct op25b_prefix *prefix,
		    bool force, struct netlink_ext_ack *extack);
int op25b_relay_del(struct op25b_change *change, const u32 *id, const struct op25b_prefix *prefix,
		    bool force, struct netlink_ext_ack *extack);

#endif /* _OP25B_CHANGE_H */
