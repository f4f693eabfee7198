// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: operations that read
 *
 * They read the policy in force, under RCU, and do not take the table's lock; a dump goes on with
 * the one that it began with. With the flag OP25B_A_RESTORE, they read the policy that the restore
 * of the same socket has staged, under the table's lock.
 */
#include <linux/capability.h>
#include <linux/netdevice.h>
#include <linux/string.h>
#include <net/genetlink.h>
#include <net/l3mdev.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "core/pause.h"
#include "op25b_confirm.h"
#include "op25b_judge.h"
#include "op25b_net.h"
#include "op25b_netlink.h"
#include "op25b_recorder.h"
#include "op25b_restore.h"

static int put_verdicts(struct sk_buff *skb, int type, const u64 *packets)
{
	struct nlattr *nest = nla_nest_start(skb, type);
	enum op25b_verdict verdict;

	/* the attributes are in the order of the verdicts */
	static_assert(OP25B_A_VERDICTS_MAX - OP25B_A_VERDICTS_BLOCKED ==
		      OP25B_VERDICT_MAX - OP25B_VERDICT_BLOCKED);
	if (!nest)
		return -EMSGSIZE;
	for (verdict = OP25B_VERDICT_BLOCKED; verdict <= OP25B_VERDICT_MAX; verdict++)
		if (nla_put_u64_64bit(skb,
				      OP25B_A_VERDICTS_BLOCKED + op25b_stats_column(verdict),
				      packets[op25b_stats_column(verdict)], OP25B_A_VERDICTS_PAD))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_packets(struct sk_buff *skb, const struct op25b_stats *stats)
{
	struct nlattr *nest = nla_nest_start(skb, OP25B_A_PACKETS);
	struct op25b_totals totals;
	enum op25b_class class;

	/* the attributes are in the order of the classes */
	static_assert(OP25B_A_PACKETS_MAX - OP25B_A_PACKETS_SYN == OP25B_CLASSES - 1);
	if (!nest)
		return -EMSGSIZE;
	op25b_stats_read(stats, &totals);
	for (class = 0; class < OP25B_CLASSES; class++)
		if (put_verdicts(skb, OP25B_A_PACKETS_SYN + class, totals.packets[class]))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_pool(struct sk_buff *skb, const struct op25b_pool_conf *conf)
{
	if (nla_put_string(skb, OP25B_A_POOL, conf->pool->name) ||
	    (*conf->vrf_name && nla_put_string(skb, OP25B_A_VRF, conf->vrf_name)) ||
	    nla_put_u32(skb, OP25B_A_MODE, conf->settings.mode) ||
	    nla_put_u32(skb, OP25B_A_ACTION, conf->settings.action) ||
	    nla_put_u32(skb, OP25B_A_GUARD, conf->settings.guard) ||
	    nla_put_u8(skb, OP25B_A_SENDERS, conf->settings.senders) ||
	    nla_put_u8(skb, OP25B_A_SUBSCRIBER, conf->settings.subscriber) ||
	    nla_put_s32(skb, OP25B_A_LOG,
			conf->settings.log ? conf->settings.log_group : OP25B_LOG_OFF) ||
	    nla_put_u32(skb, OP25B_A_PREFIX_COUNT, conf->prefixes) ||
	    nla_put_u32(skb, OP25B_A_EXEMPT_COUNT, conf->exempts) ||
	    nla_put_u32(skb, OP25B_A_RELAY_COUNT, conf->destinations[OP25B_RELAY]) ||
	    nla_put_u32(skb, OP25B_A_TARGET_COUNT, conf->destinations[OP25B_TARGET]))
		return -EMSGSIZE;
	if (conf->recorder &&
	    nla_put_u64_64bit(skb, OP25B_A_SENDER_COUNT, op25b_recorder_estimate(conf->recorder),
			      OP25B_A_PAD))
		return -EMSGSIZE;
	return put_packets(skb, &conf->pool->stats);
}

typedef int (*put_reply)(struct sk_buff *skb, const struct op25b_policy *policy,
			 struct genl_info *info);

/* Call @put with the policy in force. */
static int put_from_current(struct sk_buff *skb, struct genl_info *info, put_reply put)
{
	const struct op25b_net *pernet = op25b_net(genl_info_net(info));
	int err;

	rcu_read_lock();
	err = put(skb, rcu_dereference(pernet->table.policy), info);
	rcu_read_unlock();
	return err;
}

/* Call @put with the policy that the restore of the socket @sk has staged. */
static int put_from_staged(struct sk_buff *skb, struct genl_info *info, put_reply put,
			   const struct sock *sk)
{
	struct op25b_net *pernet = op25b_net(genl_info_net(info));
	struct op25b_restore *restore;
	int err;

	mutex_lock(&pernet->table.lock);
	err = op25b_restore_find(pernet, sk, true, &restore, info->extack);
	if (!err)
		err = put(skb, restore->change->policy, info);
	mutex_unlock(&pernet->table.lock);
	return err;
}

/* Reply to @request, which is not for a dump, with what @put puts into the message. */
static int reply(struct sk_buff *request, struct genl_info *info, put_reply put)
{
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
	if (info->attrs[OP25B_A_RESTORE])
		err = put_from_staged(skb, info, put, NETLINK_CB(request).sk);
	else
		err = put_from_current(skb, info, put);
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

/* Find the pool of a name. Returns NULL if there is none. */
static const struct op25b_pool_conf *conf_by_name(const struct op25b_policy *policy,
						  const char *name)
{
	const struct op25b_pool_conf *conf;

	op25b_policy_for_each(conf, policy)
		if (!strcmp(conf->pool->name, name))
			return conf;
	return NULL;
}

static int put_one_pool(struct sk_buff *skb, const struct op25b_policy *policy,
			struct genl_info *info)
{
	const char *name = op25b_nl_pool_name(info->attrs, info->extack);
	const struct op25b_pool_conf *conf;

	if (IS_ERR(name))
		return PTR_ERR(name);
	conf = conf_by_name(policy, name);
	if (!conf)
		return op25b_nl_no_such_pool(info->attrs, info->extack);
	return put_pool(skb, conf);
}

int op25b_nl_pool_get(struct sk_buff *skb, struct genl_info *info)
{
	return reply(skb, info, put_one_pool);
}

static int put_status(struct sk_buff *skb, const struct op25b_policy *policy)
{
	if (nla_put_string(skb, OP25B_A_VERSION, OP25B_VERSION) ||
	    nla_put_u64_64bit(skb, OP25B_A_GENERATION, policy->generation, OP25B_A_PAD) ||
	    nla_put_u32(skb, OP25B_A_POOL_COUNT, policy->pools) ||
	    nla_put_u32(skb, OP25B_A_PREFIX4_COUNT, policy->prefixes[OP25B_IPV4]) ||
	    nla_put_u32(skb, OP25B_A_PREFIX6_COUNT, policy->prefixes[OP25B_IPV6]) ||
	    nla_put_u32(skb, OP25B_A_EXEMPT_COUNT, policy->exempts) ||
	    nla_put_u32(skb, OP25B_A_RELAY_COUNT, policy->destinations[OP25B_RELAY]) ||
	    nla_put_u32(skb, OP25B_A_TARGET_COUNT, policy->destinations[OP25B_TARGET]))
		return -EMSGSIZE;
	return 0;
}

static int put_status_reply(struct sk_buff *skb, const struct op25b_policy *policy,
			    struct genl_info *info)
{
	const struct op25b_table *table = &op25b_net(genl_info_net(info))->table;
	u32 left = op25b_confirm_left(table);

	if (left && nla_put_u32(skb, OP25B_A_CONFIRM, left))
		return -EMSGSIZE;
	if (nla_put_u32(skb, OP25B_A_SESSION_COUNT, READ_ONCE(table->sessions.count)))
		return -EMSGSIZE;
	if (nla_put_u64_64bit(skb, OP25B_A_LOST_COUNT, atomic64_read(&table->lost), OP25B_A_PAD))
		return -EMSGSIZE;
	if (policy->applied &&
	    nla_put_u64_64bit(skb, OP25B_A_APPLIED, policy->applied, OP25B_A_PAD))
		return -EMSGSIZE;
	return put_status(skb, policy);
}

int op25b_nl_status_get(struct sk_buff *skb, struct genl_info *info)
{
	return reply(skb, info, put_status_reply);
}

/* Parse the attribute @type, a prefix that has to be an address. */
static int parse_address(const struct genl_info *info, int type, struct op25b_prefix *prefix)
{
	const struct nlattr *attr = info->attrs[type];
	struct op25b_nl_prefix attrs;
	int err;

	if (!attr) {
		NL_SET_ERR_MSG(info->extack, "src and dst are needed");
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, type);
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

/* Put the prefix that a lookup of @address has found. */
static int put_match(struct sk_buff *skb, int type, const struct op25b_prefix *address,
		     struct op25b_lpm_match match)
{
	struct op25b_prefix prefix = {
		.family = address->family,
		.len = match.len,
		.key = op25b_key_head(address->key, match.len),
	};

	return op25b_nl_put_prefix(skb, type, &prefix, NULL);
}

/**
 * struct test_origin - where the packet of a test comes from
 * @ifindex: the index of the device by which it comes; 0 if none is given
 * @vrf: the name of its VRF, or NULL
 * @domain: the domain that it is judged in
 */
struct test_origin {
	int ifindex;
	const char *vrf;
	const struct op25b_domain *domain;
};

static int find_origin(struct genl_info *info, const struct op25b_policy *policy,
		       struct test_origin *origin)
	__must_hold_shared(RCU)
{
	const struct op25b_table *table = &op25b_net(genl_info_net(info))->table;
	const struct nlattr *attr = info->attrs[OP25B_A_DEV];
	const struct net_device *dev, *master;
	int err;

	*origin = (struct test_origin){ 0 };
	err = op25b_nl_vrf_name(info->attrs[OP25B_A_VRF], &origin->vrf, info->extack);
	if (err)
		return err;
	if (!attr) {
		if (origin->vrf)
			origin->domain = op25b_domain_find_name(policy->vrfs, origin->vrf);
		return 0;
	}
	if (origin->vrf) {
		NL_SET_ERR_MSG(info->extack, "either VRF or device, not both");
		return -EINVAL;
	}
	dev = dev_get_by_name_rcu(genl_info_net(info), nla_data(attr));
	if (!dev) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "device does not exist");
		return -ENODEV;
	}
	master = l3mdev_master_dev_rcu(dev);
	origin->ifindex = dev->ifindex;
	origin->vrf = master ? master->name : NULL;
	origin->domain = op25b_judge_domain(table, policy, dev);
	return 0;
}

/* Put a session's id, for those who may read sessions. */
static int put_session_id(struct sk_buff *skb, const struct genl_info *info,
			  const struct op25b_session *session)
{
	struct nlattr *nest;

	if (!session || !info->user_ptr[0])
		return 0;
	nest = nla_nest_start(skb, OP25B_A_SESSION);
	if (!nest || nla_put_string(skb, OP25B_A_SESSION_ID, op25b_session_id(session)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_test(struct sk_buff *skb, const struct op25b_policy *policy, struct genl_info *info)
	__context_unsafe(/* it is called under RCU: what is staged cannot be tested */)
{
	const struct op25b_table *table = &op25b_net(genl_info_net(info))->table;
	struct op25b_prefix src, dst, side, other;
	const struct op25b_pool_conf *conf = NULL;
	const struct op25b_session *session;
	struct op25b_judgement judgement;
	struct op25b_lpm_match match;
	struct test_origin origin;
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

	err = find_origin(info, policy, &origin);
	if (err)
		return err;
	if (origin.vrf && nla_put_string(skb, OP25B_A_VRF, origin.vrf))
		return -EMSGSIZE;

	judgement = op25b_judge(table, policy, origin.domain, OP25B_PKT_SYN, src.family, src.key,
				dst.key);
	session = op25b_judge_device(&judgement, origin.ifindex);
	side = src;
	other = dst;
	if (judgement.verdict != OP25B_VERDICT_PASSED && judgement.class == OP25B_CLASS_INBOUND)
		swap(side, other);

	match = op25b_judge_find_entry(policy, origin.domain, side.family, side.key);
	if (match.value) {
		conf = op25b_policy_conf(policy, op25b_entry(match.value).pool);
		if (nla_put_string(skb, OP25B_A_POOL, conf->pool->name) ||
		    put_match(skb, OP25B_A_PREFIX, &side, match))
			return -EMSGSIZE;
		if (op25b_entry(match.value).is_exempt && nla_put_flag(skb, OP25B_A_EXEMPT))
			return -EMSGSIZE;
	}
	if (judgement.verdict == OP25B_VERDICT_EXEMPTED && !session)
		session = op25b_session_of_address(judgement.sessions, origin.domain, side.family,
						   side.key);
	if (put_session_id(skb, info, session))
		return -EMSGSIZE;
	match = op25b_judge_find_destination(policy, conf, OP25B_RELAY, other.family, other.key);
	if (match.value && put_match(skb, OP25B_A_RELAY, &other, match))
		return -EMSGSIZE;
	match = op25b_judge_find_destination(policy, conf, OP25B_TARGET, other.family, other.key);
	if (match.value && put_match(skb, OP25B_A_TARGET, &other, match))
		return -EMSGSIZE;
	return nla_put_u32(skb, OP25B_A_VERDICT, judgement.verdict);
}

int op25b_nl_test(struct sk_buff *skb, struct genl_info *info)
{
	bool may_read = netlink_ns_capable(skb, genl_info_net(info)->user_ns, CAP_NET_ADMIN);

	info->user_ptr[0] = may_read ? info : NULL;
	return reply(skb, info, put_test);
}

/**
 * struct dump_pos - where a dump goes on
 * @pin: keeps the policy that it reads; NULL if it reads the staged policy
 * @only: 1 + the id of the only pool to read; 0 for all
 * @at: of pools: the id to go on with; of relays and targets: 1 + that id, or 0 for those of
 *	every pool; of prefixes and exempts: 1 + the id of the VRF, or 0 for those of no VRF
 * @part: of the whole policy: the part to go on with
 * @family: the address family to go on with
 * @from_len: the prefix to go on with: its length
 * @from: and its address
 *
 * It holds no pointer into the policy: the staged one may be another one when the dump goes on.
 */
struct dump_pos {
	struct op25b_pin *pin;
	u32 only;
	u32 at;
	u8 part;
	u8 family;
	u8 from_len;
	struct op25b_key from;
};

static struct dump_pos *dump_pos(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct dump_pos) > sizeof(cb->ctx));
	return (struct dump_pos *)cb->ctx;
}

/* Reads @policy for a dump into @skb; returns -EAGAIN to be called again. */
typedef int (*dump_part)(struct sk_buff *skb, struct netlink_callback *cb,
			 const struct op25b_policy *policy);

/* Call @part with the policy that the dump has pinned. */
static int dump_pinned(struct sk_buff *skb, struct netlink_callback *cb, dump_part part)
{
	const struct op25b_policy *policy;
	int err = -ESTALE;

	rcu_read_lock();
	policy = op25b_pin_read(dump_pos(cb)->pin);
	if (policy)
		err = part(skb, cb, policy);
	else
		NL_SET_ERR_MSG(cb->extack, "dump was read too slowly, its policy is gone");
	rcu_read_unlock();
	return err;
}

/*
 * Call @part with the policy that the restore of the dump's socket has staged. cb->seq is never 0;
 * when it differs between two calls, the kernel tells the client that the dump is a mixture of
 * policies (NLM_F_DUMP_INTR).
 */
static int dump_staged(struct sk_buff *skb, struct netlink_callback *cb, dump_part part)
{
	struct op25b_net *pernet = op25b_net(sock_net(cb->skb->sk));
	struct op25b_restore *restore;
	int err;

	mutex_lock(&pernet->table.lock);
	err = op25b_restore_find(pernet, NETLINK_CB(cb->skb).sk, true, &restore, cb->extack);
	if (!err) {
		cb->seq = restore->seq;
		err = part(skb, cb, restore->change->policy);
	}
	mutex_unlock(&pernet->table.lock);
	return err;
}

/* Call @part until @skb is full or all is dumped. */
static int dump(struct sk_buff *skb, struct netlink_callback *cb, dump_part part)
{
	int err;

	do {
		if (dump_pos(cb)->pin)
			err = dump_pinned(skb, cb, part);
		else
			err = dump_staged(skb, cb, part);
		op25b_pause();
	} while (err == -EAGAIN);
	return err && err != -EMSGSIZE ? err : skb->len;
}

static u8 dump_command(const struct netlink_callback *cb)
{
	return ((struct genlmsghdr *)nlmsg_data(cb->nlh))->cmd;
}

static void *dump_msg_begin(struct sk_buff *skb, struct netlink_callback *cb)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &op25b_nl_family, NLM_F_MULTI, dump_command(cb));
}

/*
 * Only a message that is complete is marked: genl_dump_check_consistent() forgets that the policy
 * has changed once it has marked one, and one that is cancelled does not reach the client.
 */
static void dump_msg_end(struct sk_buff *skb, struct netlink_callback *cb, void *header)
{
	genl_dump_check_consistent(cb, header);
	genlmsg_end(skb, header);
}

/* Find the pool that the dump is asked for. @skb is NULL. */
static int begin_dump(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct op25b_policy *policy)
{
	struct nlattr **attrs = genl_info_dump(cb)->attrs;
	const struct op25b_pool_conf *conf;

	/* the id is that of this policy: a later part from another one is a mixture */
	cb->prev_seq = cb->seq;
	if (!attrs[OP25B_A_POOL])
		return 0;
	conf = conf_by_name(policy, nla_data(attrs[OP25B_A_POOL]));
	if (!conf)
		return op25b_nl_no_such_pool(attrs, cb->extack);
	dump_pos(cb)->only = conf->pool->id + 1;
	return 0;
}

int op25b_nl_dump_start(struct netlink_callback *cb)
{
	struct nlattr **attrs = genl_info_dump(cb)->attrs;
	struct dump_pos *pos = dump_pos(cb);
	const char *name = NULL;
	int err;

	memset(pos, 0, sizeof(*pos));
	if (attrs[OP25B_A_POOL])
		name = op25b_nl_pool_name(attrs, cb->extack);
	if (IS_ERR(name))
		return PTR_ERR(name);
	if (attrs[OP25B_A_RESTORE])
		return dump_staged(NULL, cb, begin_dump);
	pos->pin = op25b_pin_get(&op25b_net(sock_net(cb->skb->sk))->table, false);
	if (!pos->pin)
		return -ENOMEM;
	err = dump_pinned(NULL, cb, begin_dump);
	if (err)
		op25b_nl_dump_done(cb);
	return err;
}

/* The kernel calls it once the dump has ended, unless it has failed to start. */
int op25b_nl_dump_done(struct netlink_callback *cb)
{
	struct op25b_pin *pin = dump_pos(cb)->pin;

	if (pin)
		op25b_pin_put(&op25b_net(sock_net(cb->skb->sk))->table, pin);
	return 0;
}

static int dump_status(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct op25b_policy *policy)
{
	void *header = dump_msg_begin(skb, cb);

	if (!header)
		return -EMSGSIZE;
	if (put_status(skb, policy)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	dump_msg_end(skb, cb, header);
	return 0;
}

static int dump_pools(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct op25b_policy *policy)
{
	struct dump_pos *pos = dump_pos(cb);
	const struct op25b_pool_conf *conf;
	void *header;

	for (; (conf = op25b_policy_next(policy, pos->at)); pos->at++) {
		pos->at = conf->pool->id;
		if (pos->only && pos->only != pos->at + 1)
			continue;
		header = dump_msg_begin(skb, cb);
		if (!header)
			return -EMSGSIZE;
		if (put_pool(skb, conf)) {
			genlmsg_cancel(skb, header);
			return -EMSGSIZE;
		}
		dump_msg_end(skb, cb, header);
	}
	return 0;
}

int op25b_nl_pool_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, dump_pools);
}

/* The most entries that are skipped, because they are not asked for, in one RCU critical section */
#define SKIP_MAX 4096

/* The argument of a walk over prefixes, exempts, relays or targets */
struct prefix_walk {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	const struct op25b_policy *policy;
	const struct op25b_pool_conf *conf;
	enum { PREFIX, EXEMPT, DESTINATION } kind;
	enum op25b_destination destination;
	unsigned int skipped;
};

/* The type of the attribute: a dump of the whole policy has to tell what a prefix is. */
static int prefix_type(const struct prefix_walk *walk)
{
	if (walk->kind != DESTINATION || dump_command(walk->cb) != OP25B_CMD_POLICY_GET)
		return OP25B_A_PREFIX;
	switch (walk->destination) {
	case OP25B_RELAY:
		return OP25B_A_RELAY;
	case OP25B_TARGET:
		return OP25B_A_TARGET;
	case OP25B_DESTINATIONS:
		break;
	}
	return OP25B_A_UNSPEC;
}

static int dump_prefix(struct prefix_walk *walk, const struct op25b_pool_conf *conf,
		       struct op25b_key key, unsigned int len, const struct op25b_exempt *exempt)
{
	struct op25b_prefix prefix = {
		.family = dump_pos(walk->cb)->family,
		.len = len,
		.key = key,
	};
	void *header = dump_msg_begin(walk->skb, walk->cb);
	bool policy = dump_command(walk->cb) == OP25B_CMD_POLICY_GET;

	if (!header)
		return -EMSGSIZE;
	if ((conf && nla_put_string(walk->skb, OP25B_A_POOL, conf->pool->name)) ||
	    op25b_nl_put_prefix(walk->skb, prefix_type(walk), &prefix, exempt) ||
	    (policy && walk->kind == EXEMPT && nla_put_flag(walk->skb, OP25B_A_EXEMPT))) {
		genlmsg_cancel(walk->skb, header);
		return -EMSGSIZE;
	}
	dump_msg_end(walk->skb, walk->cb, header);
	return 0;
}

static int dump_entry(struct prefix_walk *walk, struct op25b_key key, unsigned int len,
		      unsigned long value)
{
	struct op25b_entry entry = op25b_entry(value);
	u32 only = dump_pos(walk->cb)->only;
	bool wanted;

	if (entry.exempt && op25b_exempt_has_expired(entry.exempt))
		entry.is_exempt = false;
	wanted = walk->kind == EXEMPT ? entry.is_exempt : entry.is_prefix;
	if ((only && only != entry.pool + 1) || !wanted)
		return walk->skipped++ < SKIP_MAX ? 0 : -EAGAIN;
	return dump_prefix(walk, op25b_policy_conf(walk->policy, entry.pool), key, len,
			   walk->kind == EXEMPT ? entry.exempt : NULL);
}

/* The walk ends here if this fails, and is to go on with the same prefix. */
static int stop_at(struct prefix_walk *walk, struct op25b_key key, unsigned int len, int err)
{
	if (err) {
		dump_pos(walk->cb)->from = key;
		dump_pos(walk->cb)->from_len = len;
	}
	return err;
}

static int visit_entry(void *arg, struct op25b_key key, unsigned int len, unsigned long value)
{
	return stop_at(arg, key, len, dump_entry(arg, key, len, value));
}

static int visit_destination(void *arg, struct op25b_key key, unsigned int len, unsigned long value)
{
	struct prefix_walk *walk = arg;

	return stop_at(walk, key, len, dump_prefix(walk, walk->conf, key, len, NULL));
}

/* Walk over the tables of both families, from where the dump was. */
static int walk_tables(struct prefix_walk *walk, const struct op25b_lpm *lpm,
		       op25b_lpm_visit visit)
{
	struct dump_pos *pos = dump_pos(walk->cb);
	int err;

	for (; pos->family < OP25B_FAMILIES; pos->family++) {
		err = op25b_lpm_walk(lpm[pos->family], pos->from, pos->from_len, visit, walk);
		if (err)
			return err;
		pos->from = (struct op25b_key){ 0 };
		pos->from_len = 0;
	}
	return 0;
}

/* Walk over the prefixes or exempts of all domains. */
static int dump_entries(struct prefix_walk *walk)
{
	struct dump_pos *pos = dump_pos(walk->cb);
	const struct op25b_domains *domains = walk->policy->vrfs;
	const struct op25b_lpm *tables = walk->policy->entry;
	int err;

	for (;; pos->at++, pos->family = 0) {
		if (pos->at) {
			if (!domains || pos->at > domains->size)
				return 0;
			if (!domains->domain[pos->at - 1])
				continue;
			tables = domains->domain[pos->at - 1]->entry;
		}
		err = walk_tables(walk, tables, visit_entry);
		if (err)
			return err;
	}
}

static int dump_prefixes(struct sk_buff *skb, struct netlink_callback *cb,
			 const struct op25b_policy *policy)
{
	struct prefix_walk walk = {
		.skb = skb,
		.cb = cb,
		.policy = policy,
		.kind = PREFIX,
	};

	return dump_entries(&walk);
}

int op25b_nl_prefix_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, dump_prefixes);
}

static int dump_exempts(struct sk_buff *skb, struct netlink_callback *cb,
			const struct op25b_policy *policy)
{
	struct prefix_walk walk = {
		.skb = skb,
		.cb = cb,
		.policy = policy,
		.kind = EXEMPT,
	};

	return dump_entries(&walk);
}

int op25b_nl_exempt_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, dump_exempts);
}

static int dump_destinations(struct sk_buff *skb, struct netlink_callback *cb,
			     const struct op25b_policy *policy, enum op25b_destination kind)
{
	struct prefix_walk walk = {
		.skb = skb,
		.cb = cb,
		.policy = policy,
		.kind = DESTINATION,
		.destination = kind,
	};
	struct dump_pos *pos = dump_pos(cb);
	const struct op25b_lpm *tables;
	int err;

	for (;; pos->at++, pos->family = 0) {
		tables = policy->destination[kind];
		if (pos->at) {
			walk.conf = op25b_policy_next(policy, pos->at - 1);
			if (!walk.conf)
				return 0;
			pos->at = walk.conf->pool->id + 1;
			tables = walk.conf->destination[kind];
		}
		err = walk_tables(&walk, tables, visit_destination);
		if (err)
			return err;
	}
}

static int dump_relays(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct op25b_policy *policy)
{
	return dump_destinations(skb, cb, policy, OP25B_RELAY);
}

int op25b_nl_relay_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, dump_relays);
}

static int dump_targets(struct sk_buff *skb, struct netlink_callback *cb,
			const struct op25b_policy *policy)
{
	return dump_destinations(skb, cb, policy, OP25B_TARGET);
}

int op25b_nl_target_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, dump_targets);
}

/* All that makes a policy, in an order in which a restore takes it */
static int dump_policy(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct op25b_policy *policy)
{
	static const dump_part parts[] = {
		dump_status, dump_pools, dump_relays, dump_targets, dump_prefixes, dump_exempts,
	};
	struct dump_pos *pos = dump_pos(cb);
	int err;

	for (; pos->part < ARRAY_SIZE(parts); pos->part++) {
		err = parts[pos->part](skb, cb, policy);
		if (err)
			return err;
		pos->at = 0;
		pos->family = 0;
	}
	return 0;
}

int op25b_nl_policy_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump(skb, cb, dump_policy);
}
