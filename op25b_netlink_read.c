// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family's operations that read: a pool, the status, what would become of
 * a packet, and dumps
 *
 * All of them read the policy in force under RCU and take no lock.
 */
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <net/genetlink.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "op25b_hook.h"
#include "op25b_net.h"
#include "op25b_netlink.h"

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
	    nla_put_u32(skb, OP25B_A_PREFIX_COUNT, terms->prefixes) ||
	    nla_put_u32(skb, OP25B_A_EXEMPT_COUNT, terms->exempts) ||
	    nla_put_u32(skb, OP25B_A_RELAY_COUNT, terms->relays))
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
	header = genlmsg_put_reply(skb, info, &op25b_nl_family, 0, info->genlhdr->cmd);
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

	op25b_policy_for_each(terms, policy)
		if (!strcmp(terms->pool->name, name))
			return terms;
	return NULL;
}

static int put_one_pool(struct sk_buff *skb, const struct op25b_policy *policy,
			struct genl_info *info)
{
	const char *name = op25b_nl_pool_name(info->attrs, info->extack);
	const struct op25b_terms *terms;

	if (IS_ERR(name))
		return PTR_ERR(name);
	terms = terms_by_name(policy, name);
	if (!terms)
		return op25b_nl_no_such_pool(info->attrs, info->extack);
	return put_pool(skb, terms);
}

int op25b_nl_pool_get(struct sk_buff *skb, struct genl_info *info)
{
	return reply(info, put_one_pool);
}

static int put_status(struct sk_buff *skb, const struct op25b_policy *policy,
		      struct genl_info *info)
{
	if (nla_put_string(skb, OP25B_A_VERSION, OP25B_VERSION) ||
	    nla_put_u64_64bit(skb, OP25B_A_GENERATION, policy->generation, OP25B_A_PAD) ||
	    nla_put_u32(skb, OP25B_A_POOL_COUNT, policy->pools) ||
	    nla_put_u32(skb, OP25B_A_PREFIX4_COUNT, policy->prefixes[OP25B_IPV4]) ||
	    nla_put_u32(skb, OP25B_A_PREFIX6_COUNT, policy->prefixes[OP25B_IPV6]) ||
	    nla_put_u32(skb, OP25B_A_EXEMPT_COUNT, policy->exempts) ||
	    nla_put_u32(skb, OP25B_A_RELAY_COUNT, policy->relays))
		return -EMSGSIZE;
	return 0;
}

int op25b_nl_status_get(struct sk_buff *skb, struct genl_info *info)
{
	return reply(info, put_status);
}

/* A whole address in attribute @type */
static int parse_address(const struct genl_info *info, int type, struct op25b_prefix *prefix)
{
	const struct nlattr *attr = info->attrs[type];
	struct op25b_nl_prefix attrs;
	int err;

	if (!attr) {
		NL_SET_ERR_MSG(info->extack, "src and dst are needed");
		return -EINVAL;
	}
	err = op25b_nl_parse_prefix(attr, &attrs, info->extack);
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
		    put_prefix(skb, OP25B_A_PREFIX, side.family,
			       op25b_key_head(side.key, match.len), match.len, NULL))
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

int op25b_nl_test(struct sk_buff *skb, struct genl_info *info)
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
static const struct op25b_policy *dump_policy(struct netlink_callback *cb)
	__must_hold_shared(RCU)
{
	const struct op25b_net *on = op25b_net(sock_net(cb->skb->sk));
	const struct op25b_policy *policy = rcu_dereference(on->table.policy);

	/* A different number in a later part tells the client that it read a mixture; 0 is none. */
	cb->seq = (u32)policy->generation + 1 ?: 1;
	return policy;
}

static void *dump_put(struct sk_buff *skb, struct netlink_callback *cb)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &op25b_nl_family, NLM_F_MULTI,
			   ((struct genlmsghdr *)nlmsg_data(cb->nlh))->cmd);
}

/* The message is whole. Only now: who is told of a mixture has to get the message that tells. */
static void dump_end(struct sk_buff *skb, struct netlink_callback *cb, void *header)
{
	genl_dump_check_consistent(cb, header);
	genlmsg_end(skb, header);
}

int op25b_nl_dump_start(struct netlink_callback *cb)
{
	struct nlattr **attrs = genl_info_dump(cb)->attrs;
	const struct op25b_policy *policy;
	const struct op25b_terms *terms;
	const char *name = NULL;
	int err = 0;

	memset(dump_of(cb), 0, sizeof(struct dump));
	if (attrs[OP25B_A_POOL])
		name = op25b_nl_pool_name(attrs, cb->extack);
	if (IS_ERR(name))
		return PTR_ERR(name);
	rcu_read_lock();
	policy = dump_policy(cb);
	/* What follows is of this policy, in which the pool has this number, or says it is not. */
	cb->prev_seq = cb->seq;
	if (name) {
		terms = terms_by_name(policy, name);
		if (terms)
			dump_of(cb)->only = terms->pool->id + 1;
		else
			err = op25b_nl_no_such_pool(attrs, cb->extack);
	}
	rcu_read_unlock();
	return err;
}

int op25b_nl_pool_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump *dump = dump_of(cb);
	const struct op25b_policy *policy;
	const struct op25b_terms *terms;
	void *header;

	rcu_read_lock();
	policy = dump_policy(cb);
	for (; (terms = op25b_policy_next(policy, dump->pool)); dump->pool++) {
		dump->pool = terms->pool->id;
		if (dump->only && dump->only != dump->pool + 1)
			continue;
		header = dump_put(skb, cb);
		if (!header)
			break;
		if (put_pool(skb, terms)) {
			genlmsg_cancel(skb, header);
			break;
		}
		dump_end(skb, cb, header);
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
	dump_end(pd->skb, pd->cb, header);
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
		pd.policy = dump_policy(cb);
		err = dump_tables(&pd, pd.policy->entry, dump_entry);
		rcu_read_unlock();
		cond_resched();
	} while (err == -EAGAIN);
	return skb->len;
}

int op25b_nl_prefix_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return entry_dump(skb, cb, false);
}

int op25b_nl_exempt_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return entry_dump(skb, cb, true);
}

static int dump_relay(void *arg, struct op25b_key key, unsigned int len, unsigned long value)
{
	struct prefix_dump *pd = arg;

	return dump_prefix(pd, pd->terms, key, len, NULL);
}

int op25b_nl_relay_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct prefix_dump pd = { .skb = skb, .cb = cb };
	struct dump *dump = dump_of(cb);

	rcu_read_lock();
	pd.policy = dump_policy(cb);
	for (;; dump->pool++, dump->family = 0) {
		if (dump->pool) {
			pd.terms = op25b_policy_next(pd.policy, dump->pool - 1);
			if (!pd.terms)
				break;
			dump->pool = pd.terms->pool->id + 1;
		}
		if (dump_tables(&pd, pd.terms ? pd.terms->relay : pd.policy->relay, dump_relay))
			break;
	}
	rcu_read_unlock();
	return skb->len;
}
