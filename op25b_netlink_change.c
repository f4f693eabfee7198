// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: operations that change something
 *
 * A message is one change of the policy in force or, if its socket has a restore under way, one
 * step towards the policy that is being staged.
 */
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "core/pause.h"
#include "op25b_confirm.h"
#include "op25b_log.h"
#include "op25b_net.h"
#include "op25b_netlink.h"
#include "op25b_reject.h"
#include "op25b_restore.h"
#include "op25b_step.h"

/* Applied to each prefix of a message; @id: of its pool, NULL for every pool */
typedef int (*prefix_step)(struct op25b_change *change, const u32 *id,
			   const struct op25b_nl_prefix *attrs, bool force,
			   struct netlink_ext_ack *extack);

/**
 * struct change_op - an operation that changes the policy
 * @apply: does all that the message asks for
 * @each: what @apply does with each prefix of the message
 */
struct change_op {
	int (*apply)(struct op25b_change *change, struct genl_info *info, prefix_step each);
	prefix_step each;
};

/*
 * Find the pool that OP25B_A_POOL names. Returns NULL if there is none and @may_be_missing, or an
 * error pointer.
 */
static const struct op25b_pool_conf *find_pool(const struct op25b_change *change,
					       const struct genl_info *info, bool may_be_missing)
{
	const char *name = op25b_nl_pool_name(info->attrs, info->extack);
	const struct op25b_pool_conf *conf;

	if (IS_ERR(name))
		return ERR_CAST(name);
	conf = op25b_step_find_pool(change, name);
	if (!conf && !may_be_missing)
		return ERR_PTR(op25b_nl_no_such_pool(info->attrs, info->extack));
	return conf;
}

/* Call @each for each prefix of the message, of which there have to be at least @min. */
static int apply_to_prefixes(struct op25b_change *change, const u32 *id, struct genl_info *info,
			     unsigned int min, prefix_step each)
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
		err = each(change, id, &attrs, force, info->extack);
		if (err) {
			NL_SET_BAD_ATTR(info->extack, attr);
			return err;
		}
		if (!(++n % 64))
			op25b_pause();
	}
	change->event.count += n;
	if (n < min) {
		NL_SET_ERR_MSG(info->extack, "prefix is missing");
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, OP25B_A_PREFIX);
		return -EINVAL;
	}
	return 0;
}

static int add_prefix(struct op25b_change *change, const u32 *id,
		      const struct op25b_nl_prefix *attrs, bool force,
		      struct netlink_ext_ack *extack)
{
	return op25b_step_prefix_add(change, *id, &attrs->prefix, force, extack);
}

static int del_prefix(struct op25b_change *change, const u32 *id,
		      const struct op25b_nl_prefix *attrs, bool force,
		      struct netlink_ext_ack *extack)
{
	return op25b_step_prefix_del(change, *id, &attrs->prefix, force, extack);
}

static int move_prefix(struct op25b_change *change, const u32 *id,
		       const struct op25b_nl_prefix *attrs, bool force,
		       struct netlink_ext_ack *extack)
{
	return op25b_step_prefix_move(change, *id, &attrs->prefix, force, extack);
}

static int add_exempt(struct op25b_change *change, const u32 *id,
		      const struct op25b_nl_prefix *attrs, bool force,
		      struct netlink_ext_ack *extack)
{
	return op25b_step_exempt_add(change, *id, &attrs->prefix, attrs->timeout, attrs->comment,
				     force, extack);
}

static int del_exempt(struct op25b_change *change, const u32 *id,
		      const struct op25b_nl_prefix *attrs, bool force,
		      struct netlink_ext_ack *extack)
{
	return op25b_step_exempt_del(change, *id, &attrs->prefix, force, extack);
}

static int add_relay(struct op25b_change *change, const u32 *id,
		     const struct op25b_nl_prefix *attrs, bool force,
		     struct netlink_ext_ack *extack)
{
	return op25b_step_destination_add(change, OP25B_RELAY, id, &attrs->prefix, force, extack);
}

static int del_relay(struct op25b_change *change, const u32 *id,
		     const struct op25b_nl_prefix *attrs, bool force,
		     struct netlink_ext_ack *extack)
{
	return op25b_step_destination_del(change, OP25B_RELAY, id, &attrs->prefix, force, extack);
}

static int add_target(struct op25b_change *change, const u32 *id,
		      const struct op25b_nl_prefix *attrs, bool force,
		      struct netlink_ext_ack *extack)
{
	return op25b_step_destination_add(change, OP25B_TARGET, id, &attrs->prefix, force, extack);
}

static int del_target(struct op25b_change *change, const u32 *id,
		      const struct op25b_nl_prefix *attrs, bool force,
		      struct netlink_ext_ack *extack)
{
	return op25b_step_destination_del(change, OP25B_TARGET, id, &attrs->prefix, force, extack);
}

static int ignore_prefix(struct op25b_change *change, const u32 *id,
			 const struct op25b_nl_prefix *attrs, bool force,
			 struct netlink_ext_ack *extack)
{
	return 0;
}

/* Overwrite the settings that the message has. */
static int parse_settings(const struct genl_info *info, struct op25b_settings *settings)
{
	s32 log;

	if (info->attrs[OP25B_A_MODE])
		settings->mode = nla_get_u32(info->attrs[OP25B_A_MODE]);
	if (info->attrs[OP25B_A_ACTION])
		settings->action = nla_get_u32(info->attrs[OP25B_A_ACTION]);
	if (info->attrs[OP25B_A_GUARD])
		settings->guard = nla_get_u32(info->attrs[OP25B_A_GUARD]);
	if (info->attrs[OP25B_A_SENDERS])
		settings->senders = nla_get_u8(info->attrs[OP25B_A_SENDERS]);
	if (info->attrs[OP25B_A_SUBSCRIBER])
		settings->subscriber = nla_get_u8(info->attrs[OP25B_A_SUBSCRIBER]);
	if (info->attrs[OP25B_A_LOG]) {
		log = nla_get_s32(info->attrs[OP25B_A_LOG]);
		settings->log = log != OP25B_LOG_OFF;
		settings->log_group = settings->log ? log : 0;
	}
	if (settings->log && !settings->senders) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[OP25B_A_LOG] ?:
						  info->attrs[OP25B_A_SENDERS],
				    "log needs senders on");
		return -EINVAL;
	}
	return 0;
}

/* Say that a pool is there already, and does not belong to the VRF that the message names. */
static void refuse_vrf(const struct op25b_pool_conf *conf, const struct genl_info *info)
{
	NL_SET_BAD_ATTR(info->extack, info->attrs[OP25B_A_VRF]);
	if (conf->vrf)
		op25b_err_msg(info->extack, "VRF is not that of the pool, which cannot change",
			      "VRF is not that of the pool, \"%s\"", conf->vrf_name);
	else
		NL_SET_ERR_MSG(info->extack, "VRF cannot be given to a pool that has none");
}

static int apply_pool_add(struct op25b_change *change, struct genl_info *info, prefix_step each)
{
	const char *name = op25b_nl_pool_name(info->attrs, info->extack);
	struct op25b_settings settings = OP25B_SETTINGS_DEFAULT;
	const struct op25b_pool_conf *conf;
	const char *vrf;
	int err;
	u32 id;

	if (IS_ERR(name))
		return PTR_ERR(name);
	err = op25b_nl_vrf_name(info->attrs[OP25B_A_VRF], &vrf, info->extack);
	if (err)
		return err;
	conf = op25b_step_find_pool(change, name);
	if (conf && !info->attrs[OP25B_A_FORCE]) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[OP25B_A_POOL], "pool exists already");
		return -EEXIST;
	}
	if (conf && vrf && strcmp(conf->vrf_name, vrf)) {
		refuse_vrf(conf, info);
		return -EEXIST;
	}
	if (conf)
		settings = conf->settings;
	err = parse_settings(info, &settings);
	if (err)
		return err;
	if (conf) {
		id = conf->pool->id;
		err = op25b_step_pool_set(change, id, settings);
	} else {
		err = op25b_step_pool_add(change, name, vrf, settings, info->extack);
		id = err;
	}
	if (err < 0)
		return err;
	return apply_to_prefixes(change, &id, info, 0, each);
}

static int apply_pool_set(struct op25b_change *change, struct genl_info *info, prefix_step each)
{
	const struct op25b_pool_conf *conf = find_pool(change, info, false);
	struct op25b_settings settings;
	int err;

	if (IS_ERR(conf))
		return PTR_ERR(conf);
	settings = conf->settings;
	err = parse_settings(info, &settings);
	if (err)
		return err;
	return op25b_step_pool_set(change, conf->pool->id, settings);
}

static int apply_pool_del(struct op25b_change *change, struct genl_info *info, prefix_step each)
{
	const struct op25b_pool_conf *conf = find_pool(change, info, info->attrs[OP25B_A_FORCE]);

	if (IS_ERR_OR_NULL(conf))
		return PTR_ERR_OR_ZERO(conf);
	return op25b_step_pool_del(change, conf->pool->id);
}

/* Add or move to the pool that the message names. */
static int apply_add(struct op25b_change *change, struct genl_info *info, prefix_step each)
{
	const struct op25b_pool_conf *conf = find_pool(change, info, false);
	u32 id;

	if (IS_ERR(conf))
		return PTR_ERR(conf);
	id = conf->pool->id;
	return apply_to_prefixes(change, &id, info, 1, each);
}

/* Delete from the pool that the message names; with force, the pool may be missing. */
static int apply_del(struct op25b_change *change, struct genl_info *info, prefix_step each)
{
	const struct op25b_pool_conf *conf = find_pool(change, info, info->attrs[OP25B_A_FORCE]);
	u32 id;

	if (IS_ERR(conf))
		return PTR_ERR(conf);
	if (!conf)
		return apply_to_prefixes(change, NULL, info, 1, ignore_prefix);
	id = conf->pool->id;
	return apply_to_prefixes(change, &id, info, 1, each);
}

/* As apply_add() and apply_del(), but without OP25B_A_POOL, for all pools: relays and targets */
static int apply_destination_add(struct op25b_change *change, struct genl_info *info,
				 prefix_step each)
{
	if (!info->attrs[OP25B_A_POOL])
		return apply_to_prefixes(change, NULL, info, 1, each);
	return apply_add(change, info, each);
}

static int apply_destination_del(struct op25b_change *change, struct genl_info *info,
				 prefix_step each)
{
	if (!info->attrs[OP25B_A_POOL])
		return apply_to_prefixes(change, NULL, info, 1, each);
	return apply_del(change, info, each);
}

static const struct change_op change_ops[] = {
	[OP25B_CMD_POOL_ADD] = { apply_pool_add, add_prefix },
	[OP25B_CMD_POOL_SET] = { apply_pool_set, NULL },
	[OP25B_CMD_POOL_DEL] = { apply_pool_del, NULL },
	[OP25B_CMD_PREFIX_ADD] = { apply_add, add_prefix },
	[OP25B_CMD_PREFIX_DEL] = { apply_del, del_prefix },
	[OP25B_CMD_EXEMPT_ADD] = { apply_add, add_exempt },
	[OP25B_CMD_EXEMPT_DEL] = { apply_del, del_exempt },
	[OP25B_CMD_RELAY_ADD] = { apply_destination_add, add_relay },
	[OP25B_CMD_RELAY_DEL] = { apply_destination_del, del_relay },
	[OP25B_CMD_PREFIX_MOVE] = { apply_add, move_prefix },
	[OP25B_CMD_TARGET_ADD] = { apply_destination_add, add_target },
	[OP25B_CMD_TARGET_DEL] = { apply_destination_del, del_target },
};

/* Find the restore that a message belongs to, if it belongs to one. */
static int find_restore(struct op25b_net *pernet, const struct sk_buff *skb,
			const struct genl_info *info, struct op25b_restore **restore)
	__must_hold(&pernet->table.lock)
{
	return op25b_restore_find(pernet, NETLINK_CB(skb).sk, info->attrs[OP25B_A_RESTORE],
				  restore, info->extack);
}

/*
 * Load the modules that the settings of a message need, before any lock is taken. Sets @attr to the
 * setting that cannot be had.
 */
static int require_modules(const struct genl_info *info, const struct nlattr **attr)
{
	int err = 0;

	*attr = info->attrs[OP25B_A_ACTION];
	if (*attr)
		err = op25b_reject_require(nla_get_u32(*attr), info->extack);
	if (err)
		return err;
	*attr = info->attrs[OP25B_A_LOG];
	if (*attr && nla_get_s32(*attr) != OP25B_LOG_OFF)
		err = op25b_log_require(info->extack);
	return err;
}

/* The lock may be released and taken again if @may_release; -EAGAIN then means: once more. */
static int try_change(struct op25b_table *table, const struct change_op *op, struct genl_info *info,
		      bool may_release)
	__must_hold(&table->lock)
{
	struct op25b_change *change;
	int err;

	err = op25b_confirm_check(table, info->extack);
	if (err)
		return err;
	change = op25b_change_begin(table);
	if (!change)
		return -ENOMEM;
	change->may_release = may_release;
	change->event.command = info->genlhdr->cmd;
	if (info->attrs[OP25B_A_POOL])
		strscpy(change->event.pool, nla_data(info->attrs[OP25B_A_POOL]),
			sizeof(change->event.pool));
	err = op->apply(change, info, op->each);
	if (err) {
		op25b_change_abort(change);
		return err;
	}
	return op25b_change_commit(change);
}

/* How often a change is tried that lets others change the policy meanwhile */
#define TRIES 3

static int change_policy(struct op25b_table *table, const struct change_op *op,
			 struct genl_info *info)
	__must_hold(&table->lock)
{
	int i, err;

	for (i = 0; i < TRIES; i++) {
		err = try_change(table, op, info, true);
		if (err != -EAGAIN)
			return err;
	}
	return try_change(table, op, info, false);
}

/* The .doit of all operations in change_ops */
int op25b_nl_change(struct sk_buff *skb, struct genl_info *info)
{
	const struct change_op *op = &change_ops[info->genlhdr->cmd];
	struct op25b_net *pernet = op25b_net(genl_info_net(info));
	const struct nlattr *required;
	struct op25b_restore *restore;
	int required_err, err;

	/* an operation of op25b_netlink.c that is missing above */
	if (WARN_ON_ONCE(info->genlhdr->cmd >= ARRAY_SIZE(change_ops) || !op->apply))
		return -EOPNOTSUPP;
	required_err = require_modules(info, &required);
	mutex_lock(&pernet->table.lock);
	err = find_restore(pernet, skb, info, &restore);
	if (err)
		goto out;
	err = required_err;
	if (err)
		NL_SET_BAD_ATTR(info->extack, required);
	if (restore) {
		op25b_restore_touch(pernet, restore);
		if (!err)
			err = op->apply(restore->change, info, op->each);
		if (err)
			op25b_restore_fail(restore);
	} else if (!err) {
		err = change_policy(&pernet->table, op, info);
	}
out:
	mutex_unlock(&pernet->table.lock);
	return err;
}

int op25b_nl_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_net *pernet = op25b_net(genl_info_net(info));
	const struct op25b_policy *policy;
	struct op25b_restore *restore;
	struct op25b_change *change;
	int err;

	mutex_lock(&pernet->table.lock);
	err = find_restore(pernet, skb, info, &restore);
	if (err)
		goto out;
	if (restore) {
		err = op25b_restore_clear(pernet, restore);
		goto out;
	}
	err = op25b_confirm_check(&pernet->table, info->extack);
	if (err)
		goto out;
	policy = op25b_table_policy(&pernet->table);
	if (!policy->pools && !policy->destinations[OP25B_RELAY] &&
	    !policy->destinations[OP25B_TARGET])
		goto out;
	change = op25b_change_begin_empty(&pernet->table);
	if (change)
		change->event.command = OP25B_CMD_FLUSH;
	err = change ? op25b_change_commit(change) : -ENOMEM;
	if (err == -EBUSY)
		op25b_confirm_check(&pernet->table, info->extack);
out:
	mutex_unlock(&pernet->table.lock);
	return err;
}

/* How many pools are reset before the lock is released: it takes longer the more CPUs there are */
#define RESET_BATCH 64

/* The lock may be released and taken again. */
static void reset_all(struct op25b_table *table)
	__must_hold(&table->lock)
{
	const struct op25b_pool_conf *conf;
	unsigned int n = 0;
	u32 id = 0;

	while ((conf = op25b_policy_next(op25b_table_policy(table), id))) {
		id = conf->pool->id + 1;
		op25b_stats_reset(&conf->pool->stats);
		if (++n % RESET_BATCH)
			continue;
		op25b_table_yield(table);
	}
}

/* Returns whether the policy in force has a pool of this name. */
static bool reset_pool(struct op25b_table *table, const char *name)
	__must_hold(&table->lock)
{
	struct op25b_pool *pool = op25b_table_pool_find(table, name);

	if (!pool || !op25b_policy_conf(op25b_table_policy(table), pool->id))
		return false;
	op25b_stats_reset(&pool->stats);
	return true;
}

int op25b_nl_pool_reset(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_table *table = &op25b_net(genl_info_net(info))->table;
	const char *name = NULL;
	int err = 0;

	if (info->attrs[OP25B_A_POOL]) {
		name = op25b_nl_pool_name(info->attrs, info->extack);
		if (IS_ERR(name))
			return PTR_ERR(name);
	}

	mutex_lock(&table->lock);
	if (!name)
		reset_all(table);
	else if (!reset_pool(table, name))
		err = op25b_nl_no_such_pool(info->attrs, info->extack);
	mutex_unlock(&table->lock);
	return err;
}

int op25b_nl_restore_begin(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_net *pernet = op25b_net(genl_info_net(info));
	int err;

	mutex_lock(&pernet->table.lock);
	err = op25b_restore_begin(pernet, NETLINK_CB(skb).sk, info->snd_portid, info->extack);
	mutex_unlock(&pernet->table.lock);
	return err;
}

int op25b_nl_restore_commit(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_net *pernet = op25b_net(genl_info_net(info));
	const struct nlattr *confirm = info->attrs[OP25B_A_CONFIRM];
	struct op25b_restore *restore;
	int err;

	mutex_lock(&pernet->table.lock);
	err = op25b_restore_find(pernet, NETLINK_CB(skb).sk, true, &restore, info->extack);
	if (!err && !confirm)
		err = op25b_confirm_check(&pernet->table, info->extack);
	if (!err)
		err = op25b_restore_commit(restore, confirm ? nla_get_u32(confirm) : 0);
	/* another one may have been put on trial meanwhile */
	if (err == -EBUSY)
		op25b_confirm_check(&pernet->table, info->extack);
	mutex_unlock(&pernet->table.lock);
	return err;
}

int op25b_nl_confirm(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_table *table = &op25b_net(genl_info_net(info))->table;
	int err;

	mutex_lock(&table->lock);
	err = op25b_confirm(table, info->extack);
	mutex_unlock(&table->lock);
	return err;
}

int op25b_nl_rollback(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_table *table = &op25b_net(genl_info_net(info))->table;
	int err;

	mutex_lock(&table->lock);
	err = op25b_confirm_rollback(table, info->extack);
	mutex_unlock(&table->lock);
	return err;
}
