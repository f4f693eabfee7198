// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: operations, attribute policies, dumps
 *
 * docs/netlink.md has the rules, Documentation/netlink/specs/op25b.yaml the family in YAML.
 *
 * A change takes the table's lock, and goes either to the policy in force or, where its socket has
 * begun a restore, to the policy that is being made. Texts of errors start with the noun of the
 * attribute they speak of, so that a client can put its value behind it.
 */
#include <linux/ctype.h>
#include <linux/ktime.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <net/genetlink.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "op25b_change.h"
#include "op25b_hook.h"
#include "op25b_net.h"
#include "op25b_netlink.h"
#include "op25b_reject.h"

static struct genl_family family;

/**
 * struct restore - a restore under way
 * @list: in its namespace's list
 * @portid: the socket it belongs to
 * @change: the policy that is being made; NULL once a step has failed
 */
struct restore {
	struct list_head list;
	u32 portid;
	struct op25b_change *change;
};

static struct restore *restore_find(struct op25b_net *on, u32 portid)
{
	struct restore *restore;

	lockdep_assert_held(&on->table.lock);
	list_for_each_entry(restore, &on->restores, list)
		if (restore->portid == portid)
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

static bool name_is_valid(const char *name)
{
	if (!*name || *name == '.' || *name == '-')
		return false;
	for (; *name; name++)
		if (!isascii(*name) || (!isalnum(*name) && !strchr("_.-", *name)))
			return false;
	return true;
}

/* The name in attribute OP25B_A_POOL, a valid one, or an error pointer. */
static const char *pool_name(struct nlattr * const *attrs, struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = attrs[OP25B_A_POOL];

	if (!attr) {
		NL_SET_ERR_MSG(extack, "pool is missing");
		return ERR_PTR(-EINVAL);
	}
	if (!name_is_valid(nla_data(attr))) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "pool is to be named with 1 to 31 of A-Z a-z 0-9 _ . -, not starting with . or -");
		return ERR_PTR(-EINVAL);
	}
	return nla_data(attr);
}

static int no_such_pool(struct nlattr * const *attrs, struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG_ATTR(extack, attrs[OP25B_A_POOL], "pool does not exist");
	return -ENOENT;
}

/*
 * The pool in attribute OP25B_A_POOL, or an error pointer; NULL if there is none and @may_be_missing.
 */
static struct op25b_terms *pool_terms(const struct op25b_change *change,
				      const struct genl_info *info, bool may_be_missing)
{
	const char *name = pool_name(info->attrs, info->extack);
	struct op25b_terms *terms;

	if (IS_ERR(name))
		return ERR_CAST(name);
	terms = op25b_change_pool(change, name);
	if (!terms && !may_be_missing)
		return ERR_PTR(no_such_pool(info->attrs, info->extack));
	return terms;
}

/* What a nest of prefix attributes says */
struct prefix_attrs {
	struct op25b_prefix prefix;
	u32 timeout;
	const char *comment;
};

static int host_bits(const struct op25b_prefix *prefix)
{
	struct op25b_key key = prefix->key;

	if (prefix->len >= 64)
		return prefix->len < 128 && key.lo << (prefix->len - 64);
	return key.lo || (prefix->len ? key.hi << prefix->len : key.hi);
}

/* @nest has been validated. */
static int parse_prefix(const struct nlattr *nest, struct prefix_attrs *attrs,
			struct netlink_ext_ack *extack)
{
	struct op25b_prefix *prefix = &attrs->prefix;
	unsigned int addresses = 0, max = 0;
	const struct nlattr *attr;
	const char *comment;
	int rem, len = -1;

	attrs->timeout = 0;
	attrs->comment = "";
	nla_for_each_nested(attr, nest, rem) {
		switch (nla_type(attr)) {
		case OP25B_A_PREFIX_ADDR4:
			prefix->family = OP25B_IPV4;
			prefix->key.hi = (u64)be32_to_cpu(nla_get_be32(attr)) << 32;
			prefix->key.lo = 0;
			max = 32;
			addresses++;
			break;
		case OP25B_A_PREFIX_ADDR6:
			prefix->family = OP25B_IPV6;
			prefix->key.hi = get_unaligned_be64(nla_data(attr));
			prefix->key.lo = get_unaligned_be64(nla_data(attr) + 8);
			max = 128;
			addresses++;
			break;
		case OP25B_A_PREFIX_LEN:
			len = nla_get_u8(attr);
			break;
		case OP25B_A_PREFIX_TIMEOUT:
			attrs->timeout = nla_get_u32(attr);
			break;
		case OP25B_A_PREFIX_COMMENT:
			attrs->comment = nla_data(attr);
			break;
		}
	}
	if (addresses != 1) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "prefix needs one address, IPv4 or IPv6");
		return -EINVAL;
	}
	prefix->len = len < 0 ? max : len;
	if (prefix->len > max) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "prefix is longer than its address");
		return -EINVAL;
	}
	for (comment = attrs->comment; *comment; comment++) {
		if (iscntrl(*comment)) {
			NL_SET_ERR_MSG_ATTR(extack, nest,
					    "exempt has a control character in its comment");
			return -EINVAL;
		}
	}
	if (host_bits(prefix)) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "prefix has host bits set");
		return -EINVAL;
	}
	return 0;
}

typedef int (*apply_t)(struct op25b_change *change, const u32 *id,
		       const struct prefix_attrs *attrs, bool force, struct netlink_ext_ack *extack);

/* Apply @apply to each prefix of the message, which has at least @min. */
static int for_each_prefix(struct op25b_change *change, const u32 *id, struct genl_info *info,
			   unsigned int min, apply_t apply)
{
	bool force = info->attrs[OP25B_A_FORCE];
	struct prefix_attrs attrs;
	const struct nlattr *attr;
	unsigned int n = 0;
	int err, rem;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(attr) != OP25B_A_PREFIX)
			continue;
		err = parse_prefix(attr, &attrs, info->extack);
		if (err)
			return err;
		err = apply(change, id, &attrs, force, info->extack);
		if (err) {
			NL_SET_BAD_ATTR(info->extack, attr);
			return err;
		}
		n++;
		cond_resched();
	}
	if (n < min) {
		NL_SET_ERR_MSG(info->extack, "prefix is missing");
		return -EINVAL;
	}
	return 0;
}

static int add_prefix(struct op25b_change *change, const u32 *id, const struct prefix_attrs *attrs,
		      bool force, struct netlink_ext_ack *extack)
{
	return op25b_prefix_add(change, *id, &attrs->prefix, force, extack);
}

static int del_prefix(struct op25b_change *change, const u32 *id, const struct prefix_attrs *attrs,
		      bool force, struct netlink_ext_ack *extack)
{
	return op25b_prefix_del(change, *id, &attrs->prefix, force, extack);
}

static int add_exempt(struct op25b_change *change, const u32 *id, const struct prefix_attrs *attrs,
		      bool force, struct netlink_ext_ack *extack)
{
	return op25b_exempt_add(change, *id, &attrs->prefix, attrs->timeout, attrs->comment, force,
				extack);
}

static int del_exempt(struct op25b_change *change, const u32 *id, const struct prefix_attrs *attrs,
		      bool force, struct netlink_ext_ack *extack)
{
	return op25b_exempt_del(change, *id, &attrs->prefix, force, extack);
}

static int add_relay(struct op25b_change *change, const u32 *id, const struct prefix_attrs *attrs,
		     bool force, struct netlink_ext_ack *extack)
{
	return op25b_relay_add(change, id, &attrs->prefix, force, extack);
}

static int del_relay(struct op25b_change *change, const u32 *id, const struct prefix_attrs *attrs,
		     bool force, struct netlink_ext_ack *extack)
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

/* Before any lock is taken */
static int require_action(const struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[OP25B_A_ACTION];
	int err = attr ? op25b_reject_require(nla_get_u32(attr), info->extack) : 0;

	if (err)
		NL_SET_BAD_ATTR(info->extack, attr);
	return err;
}

/* Do one change: all that @apply does, or nothing. */
static int do_change(struct genl_info *info,
		     int (*apply)(struct op25b_change *change, struct genl_info *info))
{
	struct op25b_net *on = op25b_net(genl_info_net(info));
	struct op25b_change *change;
	struct restore *restore;
	int err;

	mutex_lock(&on->table.lock);
	restore = restore_find(on, info->snd_portid);
	err = check_not_failed(restore, info->extack);
	if (err)
		goto out;
	change = restore ? restore->change : op25b_change_begin(&on->table);
	err = change ? apply(change, info) : -ENOMEM;
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

static int apply_pool_add(struct op25b_change *change, struct genl_info *info)
{
	const char *name = pool_name(info->attrs, info->extack);
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
	return for_each_prefix(change, &id, info, 0, add_prefix);
}

static int pool_add(struct sk_buff *skb, struct genl_info *info)
{
	int err = require_action(info);

	return err ? err : do_change(info, apply_pool_add);
}

static int apply_pool_set(struct op25b_change *change, struct genl_info *info)
{
	struct op25b_terms *terms = pool_terms(change, info, false);
	struct op25b_settings settings;

	if (IS_ERR(terms))
		return PTR_ERR(terms);
	settings = terms->settings;
	parse_settings(info, &settings);
	return op25b_pool_set(change, terms->pool->id, settings);
}

static int pool_set(struct sk_buff *skb, struct genl_info *info)
{
	int err = require_action(info);

	return err ? err : do_change(info, apply_pool_set);
}

static int apply_pool_del(struct op25b_change *change, struct genl_info *info)
{
	struct op25b_terms *terms = pool_terms(change, info, info->attrs[OP25B_A_FORCE]);

	if (IS_ERR_OR_NULL(terms))
		return PTR_ERR_OR_ZERO(terms);
	return op25b_pool_del(change, terms->pool->id);
}

static int pool_del(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(info, apply_pool_del);
}

static int check_prefix(struct op25b_change *change, const u32 *id,
			const struct prefix_attrs *attrs, bool force, struct netlink_ext_ack *extack)
{
	return 0;
}

/* Add to the pool that the message names. */
static int add_to_pool(struct op25b_change *change, struct genl_info *info, apply_t apply)
{
	struct op25b_terms *terms = pool_terms(change, info, false);
	u32 id;

	if (IS_ERR(terms))
		return PTR_ERR(terms);
	id = terms->pool->id;
	return for_each_prefix(change, &id, info, 1, apply);
}

/* Delete from the pool that the message names: by force it need not be there. */
static int del_from_pool(struct op25b_change *change, struct genl_info *info, apply_t apply)
{
	struct op25b_terms *terms = pool_terms(change, info, info->attrs[OP25B_A_FORCE]);
	u32 id;

	if (IS_ERR(terms))
		return PTR_ERR(terms);
	if (!terms)
		return for_each_prefix(change, NULL, info, 1, check_prefix);
	id = terms->pool->id;
	return for_each_prefix(change, &id, info, 1, apply);
}

static int apply_prefix_add(struct op25b_change *change, struct genl_info *info)
{
	return add_to_pool(change, info, add_prefix);
}

static int prefix_add(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(info, apply_prefix_add);
}

static int apply_prefix_del(struct op25b_change *change, struct genl_info *info)
{
	return del_from_pool(change, info, del_prefix);
}

static int prefix_del(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(info, apply_prefix_del);
}

static int apply_exempt_add(struct op25b_change *change, struct genl_info *info)
{
	return add_to_pool(change, info, add_exempt);
}

static int exempt_add(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(info, apply_exempt_add);
}

static int apply_exempt_del(struct op25b_change *change, struct genl_info *info)
{
	return del_from_pool(change, info, del_exempt);
}

static int exempt_del(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(info, apply_exempt_del);
}

static int apply_relay_add(struct op25b_change *change, struct genl_info *info)
{
	if (!info->attrs[OP25B_A_POOL])
		return for_each_prefix(change, NULL, info, 1, add_relay);
	return add_to_pool(change, info, add_relay);
}

static int relay_add(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(info, apply_relay_add);
}

static int apply_relay_del(struct op25b_change *change, struct genl_info *info)
{
	if (!info->attrs[OP25B_A_POOL])
		return for_each_prefix(change, NULL, info, 1, del_relay);
	return del_from_pool(change, info, del_relay);
}

static int relay_del(struct sk_buff *skb, struct genl_info *info)
{
	return do_change(info, apply_relay_del);
}

static int pool_reset(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_table *table = &op25b_net(genl_info_net(info))->table;
	struct op25b_policy *policy;
	struct op25b_pool *pool;
	const char *name = NULL;
	struct op25b_terms *terms;
	unsigned int id, n = 0;
	int err = 0;

	if (info->attrs[OP25B_A_POOL]) {
		name = pool_name(info->attrs, info->extack);
		if (IS_ERR(name))
			return PTR_ERR(name);
	}

	mutex_lock(&table->lock);
	policy = rcu_dereference_protected(table->policy, lockdep_is_held(&table->lock));
	if (name) {
		pool = op25b_table_pool_find(table, name);
		if (pool && op25b_policy_terms(policy, pool->id)) {
			op25b_stats_reset(&pool->stats);
		} else {
			err = no_such_pool(info->attrs, info->extack);
		}
		goto out;
	}
	for (id = 0; id < OP25B_POOL_IDS && n < policy->pools; id++) {
		terms = op25b_policy_terms(policy, id);
		if (!terms)
			continue;
		op25b_stats_reset(&terms->pool->stats);
		n++;
		cond_resched();
	}
out:
	mutex_unlock(&table->lock);
	return err;
}

static int flush(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_net *on = op25b_net(genl_info_net(info));
	struct op25b_change *change;
	struct restore *restore;
	int err;

	mutex_lock(&on->table.lock);
	restore = restore_find(on, info->snd_portid);
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

static int restore_begin(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_net *on = op25b_net(genl_info_net(info));
	struct restore *restore;
	int err = 0;

	mutex_lock(&on->table.lock);
	restore = restore_find(on, info->snd_portid);
	if (restore && restore->change) {
		NL_SET_ERR_MSG(info->extack, "a restore has begun already on this socket");
		err = -EALREADY;
		goto out;
	}
	if (!restore) {
		restore = kzalloc(sizeof(*restore), GFP_KERNEL_ACCOUNT);
		if (!restore) {
			err = -ENOMEM;
			goto out;
		}
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

static int restore_commit(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_net *on = op25b_net(genl_info_net(info));
	struct op25b_change *change;
	struct restore *restore;
	int err;

	mutex_lock(&on->table.lock);
	restore = restore_find(on, info->snd_portid);
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

/* A socket is gone, and with it the restore that it may have begun. */
static int socket_released(struct notifier_block *block, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;
	struct restore *restore;
	struct op25b_net *on;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	on = op25b_net(notify->net);
	/* if this socket has begun a restore, that is in the list */
	if (list_empty_careful(&on->restores))
		return NOTIFY_DONE;
	mutex_lock(&on->table.lock);
	restore = restore_find(on, notify->portid);
	if (restore)
		restore_drop(restore);
	mutex_unlock(&on->table.lock);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = {
	.notifier_call = socket_released,
};

static int put_prefix(struct sk_buff *skb, int type, enum op25b_family ip, struct op25b_key key,
		      unsigned int len, const struct op25b_exempt *exempt)
{
	struct nlattr *nest = nla_nest_start(skb, type);
	struct in6_addr addr;
	s64 left;

	if (!nest)
		return -EMSGSIZE;
	if (ip == OP25B_IPV4) {
		if (nla_put_be32(skb, OP25B_A_PREFIX_ADDR4, cpu_to_be32(key.hi >> 32)))
			return -EMSGSIZE;
	} else {
		put_unaligned_be64(key.hi, &addr.s6_addr[0]);
		put_unaligned_be64(key.lo, &addr.s6_addr[8]);
		if (nla_put(skb, OP25B_A_PREFIX_ADDR6, sizeof(addr), &addr))
			return -EMSGSIZE;
	}
	if (nla_put_u8(skb, OP25B_A_PREFIX_LEN, len))
		return -EMSGSIZE;
	if (exempt && exempt->expires) {
		left = ktime_ms_delta(exempt->expiry.expires, ktime_get_boottime());
		left = clamp_t(s64, DIV_ROUND_UP_ULL(max_t(s64, left, 0), MSEC_PER_SEC), 1,
			       OP25B_TIMEOUT_MAX);
		if (nla_put_u32(skb, OP25B_A_PREFIX_TIMEOUT, left))
			return -EMSGSIZE;
	}
	if (exempt && *exempt->comment &&
	    nla_put_string(skb, OP25B_A_PREFIX_COMMENT, exempt->comment))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_verdicts(struct sk_buff *skb, int type, const u64 *packets)
{
	struct nlattr *nest = nla_nest_start(skb, type);

	if (!nest ||
	    nla_put_u64_64bit(skb, OP25B_A_VERDICTS_BLOCKED, packets[OP25B_BLOCKED],
			      OP25B_A_VERDICTS_PAD) ||
	    nla_put_u64_64bit(skb, OP25B_A_VERDICTS_OBSERVED, packets[OP25B_OBSERVED],
			      OP25B_A_VERDICTS_PAD) ||
	    nla_put_u64_64bit(skb, OP25B_A_VERDICTS_RELAYED, packets[OP25B_RELAYED],
			      OP25B_A_VERDICTS_PAD) ||
	    nla_put_u64_64bit(skb, OP25B_A_VERDICTS_EXEMPTED, packets[OP25B_EXEMPTED],
			      OP25B_A_VERDICTS_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_packets(struct sk_buff *skb, const struct op25b_stats *stats)
{
	struct nlattr *nest = nla_nest_start(skb, OP25B_A_PACKETS);
	struct op25b_totals totals;

	op25b_stats_read(stats, &totals);
	if (!nest ||
	    put_verdicts(skb, OP25B_A_PACKETS_SYN, totals.packets[OP25B_CLASS_SYN]) ||
	    put_verdicts(skb, OP25B_A_PACKETS_MALFORMED, totals.packets[OP25B_CLASS_MALFORMED]) ||
	    put_verdicts(skb, OP25B_A_PACKETS_SYNACK, totals.packets[OP25B_CLASS_SYNACK]) ||
	    put_verdicts(skb, OP25B_A_PACKETS_INBOUND, totals.packets[OP25B_CLASS_INBOUND]))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_pool(struct sk_buff *skb, const struct op25b_terms *terms)
{
	if (nla_put_string(skb, OP25B_A_POOL, terms->pool->name) ||
	    nla_put_u32(skb, OP25B_A_MODE, terms->settings.mode) ||
	    nla_put_u32(skb, OP25B_A_ACTION, terms->settings.action) ||
	    nla_put_u32(skb, OP25B_A_GUARD, terms->settings.guard) ||
	    nla_put_u32(skb, OP25B_A_PREFIXES, terms->prefixes) ||
	    nla_put_u32(skb, OP25B_A_EXEMPTS, terms->exempts) ||
	    nla_put_u32(skb, OP25B_A_RELAYS, terms->relays))
		return -EMSGSIZE;
	return put_packets(skb, &terms->pool->stats);
}

/* Answer a request that is no dump with what @put says under RCU. */
static int reply(struct genl_info *info,
		 int (*put)(struct sk_buff *skb, const struct op25b_policy *policy,
			    struct genl_info *info))
{
	const struct op25b_net *on = op25b_net(genl_info_net(info));
	struct sk_buff *skb;
	void *header;
	int err;

	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	header = genlmsg_put_reply(skb, info, &family, 0, info->genlhdr->cmd);
	if (!header) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	rcu_read_lock();
	err = put(skb, rcu_dereference(on->table.policy), info);
	rcu_read_unlock();
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

/* The terms of the pool of this name in @policy, or NULL; under RCU. */
static const struct op25b_terms *terms_by_name(const struct op25b_policy *policy, const char *name)
{
	const struct op25b_terms *terms;
	unsigned int id, n = 0;

	for (id = 0; id < OP25B_POOL_IDS && n < policy->pools; id++) {
		terms = op25b_policy_terms(policy, id);
		if (!terms)
			continue;
		if (!strcmp(terms->pool->name, name))
			return terms;
		n++;
	}
	return NULL;
}

static int put_one_pool(struct sk_buff *skb, const struct op25b_policy *policy,
			struct genl_info *info)
{
	const char *name = pool_name(info->attrs, info->extack);
	const struct op25b_terms *terms;

	if (IS_ERR(name))
		return PTR_ERR(name);
	terms = terms_by_name(policy, name);
	if (!terms)
		return no_such_pool(info->attrs, info->extack);
	return put_pool(skb, terms);
}

static int pool_get(struct sk_buff *skb, struct genl_info *info)
{
	return reply(info, put_one_pool);
}

static int put_status(struct sk_buff *skb, const struct op25b_policy *policy,
		      struct genl_info *info)
{
	if (nla_put_string(skb, OP25B_A_VERSION, OP25B_VERSION) ||
	    nla_put_u64_64bit(skb, OP25B_A_GENERATION, policy->generation, OP25B_A_PAD) ||
	    nla_put_u32(skb, OP25B_A_POOLS, policy->pools) ||
	    nla_put_u32(skb, OP25B_A_PREFIXES4, policy->prefixes[OP25B_IPV4]) ||
	    nla_put_u32(skb, OP25B_A_PREFIXES6, policy->prefixes[OP25B_IPV6]) ||
	    nla_put_u32(skb, OP25B_A_EXEMPTS, policy->exempts) ||
	    nla_put_u32(skb, OP25B_A_RELAYS, policy->relays))
		return -EMSGSIZE;
	return 0;
}

static int status_get(struct sk_buff *skb, struct genl_info *info)
{
	return reply(info, put_status);
}

/* A whole address in attribute @type */
static int parse_address(const struct genl_info *info, int type, struct op25b_prefix *prefix)
{
	const struct nlattr *attr = info->attrs[type];
	struct prefix_attrs attrs;
	int err;

	if (!attr) {
		NL_SET_ERR_MSG(info->extack, "src and dst are needed");
		return -EINVAL;
	}
	err = parse_prefix(attr, &attrs, info->extack);
	if (err)
		return err;
	*prefix = attrs.prefix;
	if (prefix->len != (prefix->family == OP25B_IPV4 ? 32 : 128)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "prefix is not one address");
		return -EINVAL;
	}
	return 0;
}

static int put_test(struct sk_buff *skb, const struct op25b_policy *policy, struct genl_info *info)
{
	struct op25b_prefix src, dst, side, other;
	const struct op25b_terms *terms = NULL;
	struct op25b_judgement judgement;
	struct op25b_lpm_match match;
	int err;

	err = parse_address(info, OP25B_A_SRC, &src);
	if (err)
		return err;
	err = parse_address(info, OP25B_A_DST, &dst);
	if (err)
		return err;
	if (src.family != dst.family) {
		NL_SET_ERR_MSG(info->extack, "src and dst are not of the same family");
		return -EINVAL;
	}

	judgement = op25b_judge(policy, OP25B_SHAPE_SYN, src.family, src.key, dst.key);
	side = src;
	other = dst;
	if (judgement.verdict != OP25B_VERDICT_PASSED && judgement.class == OP25B_CLASS_INBOUND)
		swap(side, other);

	match = op25b_entry_find(policy, side.family, side.key);
	if (match.value) {
		terms = op25b_policy_terms(policy, op25b_entry(match.value).pool);
		if (nla_put_string(skb, OP25B_A_POOL, terms->pool->name) ||
		    put_prefix(skb, OP25B_A_PREFIX, side.family, op25b_key_head(side.key, match.len),
			       match.len, NULL))
			return -EMSGSIZE;
		if (op25b_entry(match.value).is_exempt && nla_put_flag(skb, OP25B_A_EXEMPT))
			return -EMSGSIZE;
	}
	match = op25b_relay_find(policy, terms, other.family, other.key);
	if (match.value && put_prefix(skb, OP25B_A_RELAY, other.family,
				      op25b_key_head(other.key, match.len), match.len, NULL))
		return -EMSGSIZE;
	return nla_put_u32(skb, OP25B_A_VERDICT, judgement.verdict);
}

static int test(struct sk_buff *skb, struct genl_info *info)
{
	return reply(info, put_test);
}

/**
 * struct dump - where a dump goes on
 * @only: the id of the pool that was asked for, + 1; 0: all
 * @pool: relays: the id of the pool, + 1, to go on with; 0: those of every pool. Pools: its id.
 * @family: the family to go on with
 * @from: the prefix to go on with: its address …
 * @from_len: … and length
 */
struct dump {
	u32 only;
	u32 pool;
	u32 family;
	u32 from_len;
	struct op25b_key from;
};

static struct dump *dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct dump) > sizeof(cb->ctx));
	return (struct dump *)cb->ctx;
}

/* Under RCU */
static const struct op25b_policy *dump_policy(const struct sk_buff *skb,
					      struct netlink_callback *cb)
{
	const struct op25b_net *on = op25b_net(sock_net(skb->sk));
	const struct op25b_policy *policy = rcu_dereference(on->table.policy);

	/* A different number in a later part tells the client that it read a mixture; 0 is none. */
	cb->seq = (u32)policy->generation + 1 ?: 1;
	return policy;
}

static void *dump_put(struct sk_buff *skb, struct netlink_callback *cb)
{
	void *header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &family,
				   NLM_F_MULTI, ((struct genlmsghdr *)nlmsg_data(cb->nlh))->cmd);

	if (header)
		genl_dump_check_consistent(cb, header);
	return header;
}

static int start_pool_filter(struct netlink_callback *cb)
{
	struct nlattr **attrs = genl_info_dump(cb)->attrs;
	const struct op25b_terms *terms;
	const struct op25b_net *on;
	const char *name;
	int err = 0;

	memset(dump_of(cb), 0, sizeof(struct dump));
	if (!attrs[OP25B_A_POOL])
		return 0;
	name = pool_name(attrs, cb->extack);
	if (IS_ERR(name))
		return PTR_ERR(name);
	on = op25b_net(sock_net(cb->skb->sk));
	rcu_read_lock();
	terms = terms_by_name(rcu_dereference(on->table.policy), name);
	if (terms)
		dump_of(cb)->only = terms->pool->id + 1;
	else
		err = no_such_pool(attrs, cb->extack);
	rcu_read_unlock();
	return err;
}

static int pool_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);
	const struct op25b_policy *policy;
	const struct op25b_terms *terms;
	void *header;

	rcu_read_lock();
	policy = dump_policy(skb, cb);
	for (; dump->pool < OP25B_POOL_IDS; dump->pool++) {
		if (!policy->page[dump->pool / OP25B_PAGE_TERMS]) {
			dump->pool |= OP25B_PAGE_TERMS - 1;
			continue;
		}
		terms = op25b_policy_terms(policy, dump->pool);
		if (!terms || (dump->only && dump->only != dump->pool + 1))
			continue;
		header = dump_put(skb, cb);
		if (!header)
			break;
		if (put_pool(skb, terms)) {
			genlmsg_cancel(skb, header);
			break;
		}
		genlmsg_end(skb, header);
	}
	rcu_read_unlock();
	return skb->len;
}

/* How many prefixes that are not asked for are passed over before others may have the processor */
#define PASS_OVER_MAX 4096

/* A dump of prefixes, as the walk over them sees it */
struct prefix_dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	const struct op25b_policy *policy;
	const struct op25b_terms *terms;
	bool exempts;
	unsigned int passed_over;
};

static void dump_stop_at(struct prefix_dump *pd, struct op25b_key key, unsigned int len)
{
	dump_of(pd->cb)->from = key;
	dump_of(pd->cb)->from_len = len;
}

static int dump_prefix(struct prefix_dump *pd, const struct op25b_terms *terms,
		       struct op25b_key key, unsigned int len, const struct op25b_exempt *exempt)
{
	struct dump *dump = dump_of(pd->cb);
	void *header = dump_put(pd->skb, pd->cb);

	if (!header)
		goto full;
	if ((terms && nla_put_string(pd->skb, OP25B_A_POOL, terms->pool->name)) ||
	    put_prefix(pd->skb, OP25B_A_PREFIX, dump->family, key, len, exempt)) {
		genlmsg_cancel(pd->skb, header);
		goto full;
	}
	genlmsg_end(pd->skb, header);
	return 0;
full:
	dump_stop_at(pd, key, len);
	return -EMSGSIZE;
}

static int dump_entry(void *arg, struct op25b_key key, unsigned int len, unsigned long value)
{
	struct op25b_entry entry = op25b_entry(value);
	struct prefix_dump *pd = arg;
	struct dump *dump = dump_of(pd->cb);

	if ((dump->only && dump->only != entry.pool + 1) ||
	    !(pd->exempts ? entry.is_exempt : entry.is_prefix)) {
		if (pd->passed_over++ < PASS_OVER_MAX)
			return 0;
		dump_stop_at(pd, key, len);
		return -EAGAIN;
	}
	return dump_prefix(pd, op25b_policy_terms(pd->policy, entry.pool), key, len,
			   pd->exempts ? entry.exempt : NULL);
}

/* Walk over both families' tables, from where the dump was. */
static int dump_tables(struct prefix_dump *pd, const struct op25b_lpm *lpm, op25b_lpm_visit visit)
{
	struct dump *dump = dump_of(pd->cb);
	int err;

	for (; dump->family < OP25B_FAMILIES; dump->family++) {
		err = op25b_lpm_walk(lpm[dump->family], dump->from, dump->from_len, visit, pd);
		if (err)
			return err;
		dump->from = (struct op25b_key){ 0 };
		dump->from_len = 0;
	}
	return 0;
}

static int entry_dump(struct sk_buff *skb, struct netlink_callback *cb, bool exempts)
{
	struct prefix_dump pd = { .skb = skb, .cb = cb, .exempts = exempts };
	int err;

	do {
		pd.passed_over = 0;
		rcu_read_lock();
		pd.policy = dump_policy(skb, cb);
		err = dump_tables(&pd, pd.policy->entry, dump_entry);
		rcu_read_unlock();
		cond_resched();
	} while (err == -EAGAIN);
	return skb->len;
}

static int prefix_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return entry_dump(skb, cb, false);
}

static int exempt_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return entry_dump(skb, cb, true);
}

static int dump_relay(void *arg, struct op25b_key key, unsigned int len, unsigned long value)
{
	struct prefix_dump *pd = arg;

	return dump_prefix(pd, pd->terms, key, len, NULL);
}

static int relay_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct prefix_dump pd = { .skb = skb, .cb = cb };
	struct dump *dump = dump_of(cb);

	rcu_read_lock();
	pd.policy = dump_policy(skb, cb);
	for (; dump->pool <= OP25B_POOL_IDS; dump->pool++, dump->family = 0) {
		if (dump->pool) {
			pd.terms = op25b_policy_terms(pd.policy, dump->pool - 1);
			if (!pd.terms || !pd.terms->relays)
				continue;
		}
		if (dump_tables(&pd, pd.terms ? pd.terms->relay : pd.policy->relay, dump_relay))
			break;
	}
	rcu_read_unlock();
	return skb->len;
}

static struct netlink_range_validation timeout_range = {
	.min = 1,
	.max = OP25B_TIMEOUT_MAX,
};

#define ADDRESS_POLICY							\
	[OP25B_A_PREFIX_ADDR4] = { .type = NLA_U32 },			\
	[OP25B_A_PREFIX_ADDR6] = NLA_POLICY_EXACT_LEN(16),		\
	[OP25B_A_PREFIX_LEN] = NLA_POLICY_MAX(NLA_U8, 128)

static const struct nla_policy prefix_policy[OP25B_A_PREFIX_MAX + 1] = {
	ADDRESS_POLICY,
};

static const struct nla_policy exempt_policy[OP25B_A_PREFIX_MAX + 1] = {
	ADDRESS_POLICY,
	[OP25B_A_PREFIX_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &timeout_range),
	[OP25B_A_PREFIX_COMMENT] = { .type = NLA_NUL_STRING, .len = OP25B_COMMENT_MAX },
};

#define POOL_POLICY [OP25B_A_POOL] = { .type = NLA_NUL_STRING, .len = OP25B_POOL_NAME_MAX }

#define SETTINGS_POLICY							\
	[OP25B_A_MODE] = NLA_POLICY_MAX(NLA_U32, OP25B_MODE_OFF),	\
	[OP25B_A_ACTION] = NLA_POLICY_MAX(NLA_U32, OP25B_ACTION_ADMIN_PROHIBITED), \
	[OP25B_A_GUARD] = NLA_POLICY_MASK(NLA_U32, OP25B_GUARD_SYNACK | OP25B_GUARD_INBOUND)

static const struct nla_policy none_attrs[OP25B_A_MAX + 1];

static const struct nla_policy pool_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
};

static const struct nla_policy pool_add_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	SETTINGS_POLICY,
	[OP25B_A_PREFIX] = NLA_POLICY_NESTED(prefix_policy),
	[OP25B_A_FORCE] = { .type = NLA_FLAG },
};

static const struct nla_policy pool_set_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	SETTINGS_POLICY,
};

static const struct nla_policy pool_del_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	[OP25B_A_FORCE] = { .type = NLA_FLAG },
};

static const struct nla_policy prefix_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	[OP25B_A_PREFIX] = NLA_POLICY_NESTED(prefix_policy),
	[OP25B_A_FORCE] = { .type = NLA_FLAG },
};

static const struct nla_policy exempt_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	[OP25B_A_PREFIX] = NLA_POLICY_NESTED(exempt_policy),
	[OP25B_A_FORCE] = { .type = NLA_FLAG },
};

static const struct nla_policy test_attrs[OP25B_A_MAX + 1] = {
	[OP25B_A_SRC] = NLA_POLICY_NESTED(prefix_policy),
	[OP25B_A_DST] = NLA_POLICY_NESTED(prefix_policy),
};

#define OPERATION(command, attrs)					\
	.cmd = OP25B_CMD_##command,					\
	.policy = attrs,						\
	.maxattr = OP25B_A_MAX

static const struct genl_ops operations[] = {
	{ OPERATION(POOL_ADD, pool_add_attrs), .doit = pool_add, .flags = GENL_UNS_ADMIN_PERM },
	{ OPERATION(POOL_SET, pool_set_attrs), .doit = pool_set, .flags = GENL_UNS_ADMIN_PERM },
	{ OPERATION(POOL_DEL, pool_del_attrs), .doit = pool_del, .flags = GENL_UNS_ADMIN_PERM },
	{ OPERATION(POOL_GET, pool_attrs), .doit = pool_get, .start = start_pool_filter,
	  .dumpit = pool_dump },
	{ OPERATION(POOL_RESET, pool_attrs), .doit = pool_reset, .flags = GENL_UNS_ADMIN_PERM },
	{ OPERATION(PREFIX_ADD, prefix_attrs), .doit = prefix_add, .flags = GENL_UNS_ADMIN_PERM },
	{ OPERATION(PREFIX_DEL, prefix_attrs), .doit = prefix_del, .flags = GENL_UNS_ADMIN_PERM },
	{ OPERATION(PREFIX_GET, pool_attrs), .start = start_pool_filter, .dumpit = prefix_dump },
	{ OPERATION(EXEMPT_ADD, exempt_attrs), .doit = exempt_add, .flags = GENL_UNS_ADMIN_PERM },
	{ OPERATION(EXEMPT_DEL, prefix_attrs), .doit = exempt_del, .flags = GENL_UNS_ADMIN_PERM },
	{ OPERATION(EXEMPT_GET, pool_attrs), .start = start_pool_filter, .dumpit = exempt_dump },
	{ OPERATION(RELAY_ADD, prefix_attrs), .doit = relay_add, .flags = GENL_UNS_ADMIN_PERM },
	{ OPERATION(RELAY_DEL, prefix_attrs), .doit = relay_del, .flags = GENL_UNS_ADMIN_PERM },
	{ OPERATION(RELAY_GET, none_attrs), .start = start_pool_filter, .dumpit = relay_dump },
	{ OPERATION(TEST, test_attrs), .doit = test },
	{ OPERATION(STATUS_GET, none_attrs), .doit = status_get },
	{ OPERATION(FLUSH, none_attrs), .doit = flush, .flags = GENL_UNS_ADMIN_PERM },
	{ OPERATION(RESTORE_BEGIN, none_attrs), .doit = restore_begin,
	  .flags = GENL_UNS_ADMIN_PERM },
	{ OPERATION(RESTORE_COMMIT, none_attrs), .doit = restore_commit,
	  .flags = GENL_UNS_ADMIN_PERM },
};

static struct genl_family family __ro_after_init = {
	.name = OP25B_FAMILY_NAME,
	.version = OP25B_FAMILY_VERSION,
	.maxattr = OP25B_A_MAX,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = operations,
	.n_ops = ARRAY_SIZE(operations),
};

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

/**
 * op25b_netlink_init() - register the family
 *
 * Return: 0 or an error.
 */
int __init op25b_netlink_init(void)
{
	int err = netlink_register_notifier(&notifier);

	if (err)
		return err;
	err = genl_register_family(&family);
	if (err)
		netlink_unregister_notifier(&notifier);
	return err;
}

/**
 * op25b_netlink_exit() - unregister the family
 */
void op25b_netlink_exit(void)
{
	genl_unregister_family(&family);
	netlink_unregister_notifier(&notifier);
}
