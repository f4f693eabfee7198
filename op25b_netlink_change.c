// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family's operations that change something, and restores
 *
 * A change takes the table's lock, and goes either to the policy in force or, where its socket has
 * begun a restore, to the policy that is being made.
 */
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "core/memory.h"
#include "op25b_change.h"
#include "op25b_net.h"
#include "op25b_netlink.h"
#include "op25b_reject.h"

/**
 * struct restore - a restore under way
 * @list: in its namespace's list
 * @sk: the socket it belongs to; dropped before that is freed
 * @portid: the socket's number, which another one may get as soon as this one closes
 * @change: the policy that is being made; NULL once a step has failed
 */
struct restore {
	struct list_head list;
	const struct sock *sk;
	u32 portid;
	struct op25b_change *change;
};

/* The restore of the socket that a message is from, or NULL. */
static struct restore *restore_find(struct op25b_net *on, const struct sk_buff *skb)
	__must_hold(&on->table.lock)
{
	struct restore *restore;

	lockdep_assert_held(&on->table.lock);
	list_for_each_entry(restore, &on->restores, list)
		if (restore->sk == NETLINK_CB(skb).sk)
			return restore;
	return NULL;
}

/* What has been made so far is thrown away; further steps are refused. */
static void restore_fail(struct restore *restore)
{
	if (restore->change)
		op25b_change_abort(restore->change);
	restore->change = NULL;
}

static void restore_free(struct restore *restore)
{
	list_del(&restore->list);
	kfree(restore);
}

/*
 * A client sends many steps before it reads of an error: those behind the one that failed must not
 * go to the policy in force.
 */
static int check_not_failed(const struct restore *restore, struct netlink_ext_ack *extack)
{
	if (!restore || restore->change)
		return 0;
	NL_SET_ERR_MSG(extack, "the restore has failed");
	return -ECANCELED;
}

/*
 * The pool in attribute OP25B_A_POOL, or an error pointer; NULL if there is none, which is allowed
 * by @may_be_missing.
 */
static struct op25b_terms *pool_terms(const struct op25b_change *change,
				      const struct genl_info *info, bool may_be_missing)
{
	const char *name = op25b_nl_pool_name(info->attrs, info->extack);
	struct op25b_terms *terms;

	if (IS_ERR(name))
		return ERR_CAST(name);
	terms = op25b_change_pool(change, name);
	if (!terms && !may_be_missing)
		return ERR_PTR(op25b_nl_no_such_pool(info->attrs, info->extack));
	return terms;
}

typedef int (*apply_t)(struct op25b_change *change, const u32 *id,
		       const struct op25b_nl_prefix *attrs, bool force,
		       struct netlink_ext_ack *extack);

/* Apply @apply to each prefix of the message, which has at least @min. */
static int apply_to_prefixes(struct op25b_change *change, const u32 *id, struct genl_info *info,
			     unsigned int min, apply_t apply)
{
	bool force = info->attrs[OP25B_A_FORCE];
	struct op25b_nl_prefix attrs;
	const struct nlattr *attr;
	unsigned int n = 0;
	int err, rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != OP25B_A_PREFIX)
			continue;
		err = op25b_nl_parse_prefix(attr, &attrs, info->extack);
		if (err)
			return err;
		err = apply(change, id, &attrs, force, info->extack);
		if (err) {
			NL_SET_BAD_ATTR(info->extack, attr);
			return err;
		}
		if (!(++n % 64))
			cond_resched();
	}
	if (n < min) {
		NL_SET_ERR_MSG(info->extack, "prefix is missing");
		return -EINVAL;
	}
	return 0;
}

static int add_prefix(struct op25b_change *change, const u32 *id,
		      const struct op25b_nl_prefix *attrs, bool force,
		      struct netlink_ext_ack *extack)
{
	return op25b_prefix_add(change, *id, &attrs->prefix, force, extack);
}

static int del_prefix(struct op25b_change *change, const u32 *id,
		      const struct op25b_nl_prefix *attrs, bool force,
		      struct netlink_ext_ack *extack)
{
	return op25b_prefix_del(change, *id, &attrs->prefix, force, extack);
}

static int add_exempt(struct op25b_change *change, const u32 *id,
		      const struct op25b_nl_prefix *attrs, bool force,
		      struct netlink_ext_ack *extack)
{
	return op25b_exempt_add(change, *id, &attrs->prefix, attrs->timeout, attrs->comment, force,
				extack);
}

static int del_exempt(struct op25b_change *change, const u32 *id,
		      const struct op25b_nl_prefix *attrs, bool force,
		      struct netlink_ext_ack *extack)
{
	return op25b_exempt_del(change, *id, &attrs->prefix, force, extack);
}

static int add_relay(struct op25b_change *change, const u32 *id,
		     const struct op25b_nl_prefix *attrs, bool force,
		     struct netlink_ext_ack *extack)
{
	return op25b_relay_add(change, id, &attrs->prefix, force, extack);
}

static int del_relay(struct op25b_change *change, const u32 *id,
		     const struct op25b_nl_prefix *attrs, bool force,
		     struct netlink_ext_ack *extack)
{
	return op25b_relay_del(change, id, &attrs->prefix, force, extack);
}

/* Overwrite with what the message has. */
static void parse_settings(const struct genl_info *info, struct op25b_settings *settings)
{
	if (info->attrs[OP25B_A_MODE])
		settings->mode = nla_get_u32(info->attrs[OP25B_A_MODE]);
	if (info->attrs[OP25B_A_ACTION])
		settings->action = nla_get_u32(info->attrs[OP25B_A_ACTION]);
	if (info->attrs[OP25B_A_GUARD])
		settings->guard = nla_get_u32(info->attrs[OP25B_A_GUARD]);
}

/* Before any lock of ours is taken */
static int require_action(const struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[OP25B_A_ACTION];
	int err = attr ? op25b_reject_require(nla_get_u32(attr), info->extack) : 0;

	if (err)
		NL_SET_BAD_ATTR(info->extack, attr);
	return err;
}

/* Do one change: all that @apply does, to each prefix by @each where it takes one, or nothing. */
static int do_change(const struct sk_buff *skb, struct genl_info *info,
		     int (*apply)(struct op25b_change *change, struct genl_info *info,
				  apply_t each), apply_t each)
{
	struct op25b_net *on = op25b_net(genl_info_net(info));
	struct op25b_change *change;
	struct restore *restore;
	int err = require_action(info);

	mutex_lock(&on->table.lock);
	restore = restore_find(on, skb);
	if (!err)
		err = check_not_failed(restore, info->extack);
	else if (restore)
		restore_fail(restore);
	if (err)
		goto out;
	change = restore ? restore->change : op25b_change_begin(&on->table);
	err = change ? apply(change, info, each) : -ENOMEM;
	if (restore) {
		if (err)
			restore_fail(restore);
	} else if (!err) {
		err = op25b_table_commit(&on->table, change, info->extack);
	} else if (change) {
		op25b_change_abort(change);
	}
out:
	mutex_unlock(&on->table.lock);
	return err;
}

static int apply_pool_add(struct op25b_change *change, struct genl_info *info, apply_t each)
{
	const char *name = op25b_nl_pool_name(info->attrs, info->extack);
	struct op25b_settings settings = { 0 };
	struct op25b_terms *terms;
	int err;
	u32 id;

	if (IS_ERR(name))
		return PTR_ERR(name);
	terms = op25b_change_pool(change, name);
	if (terms && !info->attrs[OP25B_A_FORCE]) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[OP25B_A_POOL], "pool exists already");
		return -EEXIST;
	}
	if (terms) {
		id = terms->pool->id;
		settings = terms->settings;
		parse_settings(info, &settings);
		err = op25b_pool_set(change, id, settings);
	} else {
		parse_settings(info, &settings);
		err = op25b_pool_add(change, name, settings, info->extack);
		id = err;
	}
	if (err < 0)
		return err;
	return apply_to_prefixes(change, &id, info, 0, each);
}

int op25b_nl_pool_add(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(skb, info, apply_pool_add, add_prefix);
}

static int apply_pool_set(struct op25b_change *change, struct genl_info *info, apply_t each)
{
	struct op25b_terms *terms = pool_terms(change, info, false);
	struct op25b_settings settings;

	if (IS_ERR(terms))
		return PTR_ERR(terms);
	settings = terms->settings;
	parse_settings(info, &settings);
	return op25b_pool_set(change, terms->pool->id, settings);
}

int op25b_nl_pool_set(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(skb, info, apply_pool_set, NULL);
}

static int apply_pool_del(struct op25b_change *change, struct genl_info *info, apply_t each)
{
	struct op25b_terms *terms = pool_terms(change, info, info->attrs[OP25B_A_FORCE]);

	if (IS_ERR_OR_NULL(terms))
		return PTR_ERR_OR_ZERO(terms);
	return op25b_pool_del(change, terms->pool->id);
}

int op25b_nl_pool_del(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(skb, info, apply_pool_del, NULL);
}

static int check_prefix(struct op25b_change *change, const u32 *id,
			const struct op25b_nl_prefix *attrs, bool force,
			struct netlink_ext_ack *extack)
{
	return 0;
}

/* Add to the pool that the message names. */
static int add_to_pool(struct op25b_change *change, struct genl_info *info, apply_t each)
{
	struct op25b_terms *terms = pool_terms(change, info, false);
	u32 id;

	if (IS_ERR(terms))
		return PTR_ERR(terms);
	id = terms->pool->id;
	return apply_to_prefixes(change, &id, info, 1, each);
}

/* Delete from the pool that the message names: by force it need not be there. */
static int del_from_pool(struct op25b_change *change, struct genl_info *info, apply_t each)
{
	struct op25b_terms *terms = pool_terms(change, info, info->attrs[OP25B_A_FORCE]);
	u32 id;

	if (IS_ERR(terms))
		return PTR_ERR(terms);
	if (!terms)
		return apply_to_prefixes(change, NULL, info, 1, check_prefix);
	id = terms->pool->id;
	return apply_to_prefixes(change, &id, info, 1, each);
}

int op25b_nl_prefix_add(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(skb, info, add_to_pool, add_prefix);
}

int op25b_nl_prefix_del(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(skb, info, del_from_pool, del_prefix);
}

int op25b_nl_exempt_add(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(skb, info, add_to_pool, add_exempt);
}

int op25b_nl_exempt_del(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(skb, info, del_from_pool, del_exempt);
}

/* Add to the pool that the message names, or else to every pool. */
static int add_to_pool_or_all(struct op25b_change *change, struct genl_info *info, apply_t each)
{
	if (!info->attrs[OP25B_A_POOL])
		return apply_to_prefixes(change, NULL, info, 1, each);
	return add_to_pool(change, info, each);
}

int op25b_nl_relay_add(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(skb, info, add_to_pool_or_all, add_relay);
}

/* Delete from the pool that the message names, or else from every pool. */
static int del_from_pool_or_all(struct op25b_change *change, struct genl_info *info, apply_t each)
{
	if (!info->attrs[OP25B_A_POOL])
		return apply_to_prefixes(change, NULL, info, 1, each);
	return del_from_pool(change, info, each);
}

int op25b_nl_relay_del(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(skb, info, del_from_pool_or_all, del_relay);
}

int op25b_nl_pool_reset(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_table *table = &op25b_net(genl_info_net(info))->table;
	struct op25b_policy *policy;
	struct op25b_pool *pool;
	const char *name = NULL;
	struct op25b_terms *terms;
	unsigned int n = 0;
	int err = 0;

	if (info->attrs[OP25B_A_POOL]) {
		name = op25b_nl_pool_name(info->attrs, info->extack);
		if (IS_ERR(name))
			return PTR_ERR(name);
	}

	mutex_lock(&table->lock);
	policy = op25b_table_policy(table);
	if (name) {
		pool = op25b_table_pool_find(table, name);
		if (pool && op25b_policy_terms(policy, pool->id))
			op25b_stats_reset(&pool->stats);
		else
			err = op25b_nl_no_such_pool(info->attrs, info->extack);
		goto out;
	}
	op25b_policy_for_each(terms, policy) {
		op25b_stats_reset(&terms->pool->stats);
		if (!(++n % 64))
			cond_resched();
	}
out:
	mutex_unlock(&table->lock);
	return err;
}

int op25b_nl_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_net *on = op25b_net(genl_info_net(info));
	struct op25b_change *change;
	struct restore *restore;
	int err;

	mutex_lock(&on->table.lock);
	restore = restore_find(on, skb);
	err = check_not_failed(restore, info->extack);
	if (err)
		goto out;
	if (!restore && op25b_table_is_empty(&on->table))
		goto out;
	change = op25b_change_begin_empty(&on->table);
	if (restore)
		restore_fail(restore);
	if (!change)
		err = -ENOMEM;
	else if (restore)
		restore->change = change;
	else
		err = op25b_table_commit(&on->table, change, info->extack);
out:
	mutex_unlock(&on->table.lock);
	return err;
}

int op25b_nl_restore_begin(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_net *on = op25b_net(genl_info_net(info));
	struct restore *restore;
	int err = 0;

	mutex_lock(&on->table.lock);
	restore = restore_find(on, skb);
	if (restore && restore->change) {
		NL_SET_ERR_MSG(info->extack, "a restore has begun already on this socket");
		err = -EALREADY;
		goto out;
	}
	if (!restore) {
		restore = kzalloc(sizeof(*restore), OP25B_GFP);
		if (!restore) {
			err = -ENOMEM;
			goto out;
		}
		restore->sk = NETLINK_CB(skb).sk;
		restore->portid = info->snd_portid;
		list_add(&restore->list, &on->restores);
	}
	restore->change = op25b_change_begin_empty(&on->table);
	if (!restore->change)
		err = -ENOMEM;
out:
	mutex_unlock(&on->table.lock);
	return err;
}

int op25b_nl_restore_commit(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_net *on = op25b_net(genl_info_net(info));
	struct op25b_change *change;
	struct restore *restore;
	int err;

	mutex_lock(&on->table.lock);
	restore = restore_find(on, skb);
	if (!restore) {
		NL_SET_ERR_MSG(info->extack, "no restore has begun on this socket");
		err = -EINVAL;
		goto out;
	}
	err = check_not_failed(restore, info->extack);
	if (err)
		goto out;
	change = restore->change;
	restore_free(restore);
	err = op25b_table_commit(&on->table, change, info->extack);
out:
	mutex_unlock(&on->table.lock);
	return err;
}

static void restore_drop(struct restore *restore)
{
	restore_fail(restore);
	restore_free(restore);
}

/*
 * A socket is gone, and with it the restore that it may have begun. All that is known of it is its
 * number, which a new socket may have by now: that one is not dead.
 */
static int socket_released(struct notifier_block *block, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;
	struct restore *restore, *next;
	struct op25b_net *on;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	on = op25b_net(notify->net);
	/* if this socket has begun a restore, that is in the list */
	if (list_empty_careful(&on->restores))
		return NOTIFY_DONE;
	mutex_lock(&on->table.lock);
	list_for_each_entry_safe(restore, next, &on->restores, list)
		if (restore->portid == notify->portid && sock_flag(restore->sk, SOCK_DEAD))
			restore_drop(restore);
	mutex_unlock(&on->table.lock);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = {
	.notifier_call = socket_released,
};

/**
 * op25b_nl_restore_init() - have sockets watched, for the restores that they leave behind
 *
 * Return: 0 or an error.
 */
int op25b_nl_restore_init(void)
{
	return netlink_register_notifier(&notifier);
}

/**
 * op25b_nl_restore_exit() - the opposite
 */
void op25b_nl_restore_exit(void)
{
	netlink_unregister_notifier(&notifier);
}

/**
 * op25b_netlink_net_exit() - drop the restores under way in a namespace
 * @net: the namespace
 */
void op25b_netlink_net_exit(struct net *net)
{
	struct op25b_net *on = op25b_net(net);
	struct restore *restore, *next;

	mutex_lock(&on->table.lock);
	list_for_each_entry_safe(restore, next, &on->restores, list)
		restore_drop(restore);
	mutex_unlock(&on->table.lock);
}
