// SPDX-License-Identifier: GPL-2.0
/*
 * The packet path: from a packet to what becomes of it
 *
 * Almost every packet leaves after op25b_peek_ipv4() or op25b_peek_ipv6(), a few instructions on
 * bytes that the stack has just read. The rest is judged under RCU, which the caller of a netfilter
 * hook holds, by one policy; what is written are counters of this processor alone.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <linux/unaligned.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_conntrack.h>

#include "op25b_hook.h"
#include "op25b_reject.h"
#include "op25b_table.h"

static struct op25b_key ipv4_key(__be32 addr)
{
	return (struct op25b_key){ .hi = (u64)ntohl(addr) << 32 };
}

static struct op25b_key ipv6_key(const struct in6_addr *addr)
{
	return (struct op25b_key){
		.hi = get_unaligned_be64(&addr->s6_addr[0]),
		.lo = get_unaligned_be64(&addr->s6_addr[8]),
	};
}

/* The value of the prefix or exempt that an address lies in; 0: in none. */
static __always_inline unsigned long find_entry(const struct op25b_policy *policy,
						enum op25b_family family, struct op25b_key key)
{
	if (family == OP25B_IPV4)
		return op25b_lpm_jump_ipv4(policy->jump[OP25B_IPV4], key);
	return op25b_lpm_jump_ipv6(policy->jump[OP25B_IPV6], key);
}

static __always_inline struct op25b_lpm_match lookup(const struct op25b_lpm *lpm,
						     enum op25b_family family, struct op25b_key key)
{
	if (family == OP25B_IPV4)
		return op25b_lpm_lookup_ipv4(lpm[OP25B_IPV4], key);
	return op25b_lpm_lookup_ipv6(lpm[OP25B_IPV6], key);
}

/* Out of line: most pools have no relays of their own. */
static noinline struct op25b_lpm_match find_own_relay(const struct op25b_terms *terms,
						      enum op25b_family family,
						      struct op25b_key key)
{
	return lookup(terms->relay, family, key);
}

static __always_inline struct op25b_lpm_match find_relay(const struct op25b_policy *policy,
							 const struct op25b_terms *terms,
							 enum op25b_family family,
							 struct op25b_key key)
{
	struct op25b_lpm_match match = lookup(policy->relay, family, key);

	if (!match.value && terms->relays)
		match = find_own_relay(terms, family, key);
	return match;
}

/*
 * Judge a packet as of @class, for the pool that has the address @side, with @other at its other
 * end. @guard: only for a pool that has this guard; 0 for any pool.
 */
static __always_inline struct op25b_judgement
judge_class(const struct op25b_policy *policy, enum op25b_class class, u32 guard,
	    enum op25b_family family, struct op25b_key side, struct op25b_key other)
{
	struct op25b_judgement judgement = { .verdict = OP25B_VERDICT_PASSED, .class = class };
	unsigned long value = find_entry(policy, family, side);
	const struct op25b_terms *terms;
	u32 id;

	if (!value)
		return judgement;
	value = op25b_entry_word(value);
	id = value >> OP25B_ENTRY_POOL_SHIFT;
	/* what is in the table belongs to a pool that is there */
	terms = policy->page[id / OP25B_PAGE_TERMS]->terms[id % OP25B_PAGE_TERMS];
	judgement.terms = terms;
	if (terms->settings.mode == OP25B_MODE_OFF || (terms->settings.guard & guard) != guard)
		return judgement;

	if (value & OP25B_ENTRY_EXEMPT)
		judgement.verdict = OP25B_VERDICT_EXEMPTED;
	else if (find_relay(policy, terms, family, other).value)
		judgement.verdict = OP25B_VERDICT_RELAYED;
	else if (terms->settings.mode == OP25B_MODE_OBSERVE)
		judgement.verdict = OP25B_VERDICT_OBSERVED;
	else
		judgement.verdict = OP25B_VERDICT_BLOCKED;
	return judgement;
}

/**
 * op25b_entry_find() - find the prefix or exempt that an address lies in
 * @policy: the policy, read under RCU or the table's lock
 * @family: of the address
 * @key: the address
 *
 * Return: the match; op25b_entry() tells what its value says.
 */
struct op25b_lpm_match op25b_entry_find(const struct op25b_policy *policy,
					enum op25b_family family, struct op25b_key key)
{
	return lookup(policy->entry, family, key);
}

/**
 * op25b_relay_find() - find the relay that an address is
 * @policy: the policy, read under RCU or the table's lock
 * @terms: the terms of the pool whose relays count besides those of every pool; may be NULL
 * @family: of the address
 * @key: the address
 *
 * Return: the match of a relay of every pool, or else of this one.
 */
struct op25b_lpm_match op25b_relay_find(const struct op25b_policy *policy,
					const struct op25b_terms *terms, enum op25b_family family,
					struct op25b_key key)
{
	return terms ? find_relay(policy, terms, family, key) : lookup(policy->relay, family, key);
}

/**
 * op25b_judge() - what becomes of a packet
 * @policy: the policy, read under RCU or the table's lock
 * @shape: what the packet's bytes say; not OP25B_SHAPE_UNDECIDED
 * @family: of its addresses
 * @src: its source
 * @dst: its destination
 *
 * Return: the judgement.
 */
struct op25b_judgement op25b_judge(const struct op25b_policy *policy, enum op25b_shape shape,
				   enum op25b_family family, struct op25b_key src,
				   struct op25b_key dst)
{
	struct op25b_judgement judgement = { .verdict = OP25B_VERDICT_PASSED };

	switch (shape) {
	case OP25B_SHAPE_SYN:
		judgement = judge_class(policy, OP25B_CLASS_SYN, 0, family, src, dst);
		if (judgement.verdict == OP25B_VERDICT_PASSED && policy->inbound)
			judgement = judge_class(policy, OP25B_CLASS_INBOUND, OP25B_GUARD_INBOUND,
						family, dst, src);
		break;
	case OP25B_SHAPE_SYNACK:
		if (policy->synack)
			judgement = judge_class(policy, OP25B_CLASS_SYNACK, OP25B_GUARD_SYNACK,
						family, dst, src);
		break;
	case OP25B_SHAPE_MALFORMED:
		judgement = judge_class(policy, OP25B_CLASS_MALFORMED, 0, family, src, dst);
		break;
	default:
		break;
	}
	return judgement;
}

struct skb_packet {
	struct op25b_packet packet;
	const struct sk_buff *skb;
};

static const void *read_skb(const struct op25b_packet *packet, unsigned int off, unsigned int n,
			    void *buf)
{
	const struct sk_buff *skb = container_of(packet, struct skb_packet, packet)->skb;

	return skb_header_pointer(skb, off, n, buf);
}

/*
 * What a tunnel held may have bytes behind its end: the stack has cut them off from what came by a
 * device, but SRv6 does not from what it takes out of a packet. A receiver does not see them.
 */
static unsigned int ipv6_len(const struct sk_buff *skb)
{
	unsigned int payload_len;

	if (skb_headlen(skb) < sizeof(struct ipv6hdr))
		return skb->len;
	payload_len = ntohs(((const struct ipv6hdr *)skb->data)->payload_len);
	if (!payload_len)	/* more than 16 bits can tell */
		return skb->len;
	return min_t(unsigned int, skb->len, sizeof(struct ipv6hdr) + payload_len);
}

/* For packets whose headers are not just where they mostly are. */
static noinline enum op25b_shape classify_skb(const struct sk_buff *skb, enum op25b_family family)
{
	struct skb_packet p = { .packet = { .len = skb->len, .read = read_skb }, .skb = skb };

	if (family == OP25B_IPV4)
		return op25b_classify_ipv4(&p.packet);
	p.packet.len = ipv6_len(skb);
	return op25b_classify_ipv6(&p.packet);
}

/* The kernel says which hook dropped a packet where the hook itself frees it. */
static unsigned int drop(struct sk_buff *skb)
{
	return NF_DROP_REASON(skb, SKB_DROP_REASON_NETFILTER_DROP, EPERM);
}

static __always_inline struct op25b_key src_key(const struct sk_buff *skb, enum op25b_family family)
{
	if (family == OP25B_IPV4)
		return ipv4_key(ip_hdr(skb)->saddr);
	return ipv6_key(&ipv6_hdr(skb)->saddr);
}

static __always_inline struct op25b_key dst_key(const struct sk_buff *skb, enum op25b_family family)
{
	if (family == OP25B_IPV4)
		return ipv4_key(ip_hdr(skb)->daddr);
	return ipv6_key(&ipv6_hdr(skb)->daddr);
}

/* The columns of the counters are the verdicts, but for the first, in their order. */
static_assert(OP25B_EXEMPTED - OP25B_BLOCKED == OP25B_VERDICT_EXEMPTED - OP25B_VERDICT_BLOCKED);

/* Count the packet, and do to it what the judgement says. */
static __always_inline unsigned int execute(struct op25b_judgement judgement, struct sk_buff *skb,
					    const struct nf_hook_state *state,
					    enum op25b_family family)
{
	if (judgement.verdict == OP25B_VERDICT_PASSED)
		return NF_ACCEPT;
	op25b_stats_count(&judgement.terms->pool->stats, judgement.class,
			  OP25B_BLOCKED + judgement.verdict - OP25B_VERDICT_BLOCKED);
	if (judgement.verdict != OP25B_VERDICT_BLOCKED)
		return NF_ACCEPT;
	if (judgement.class == OP25B_CLASS_SYN &&
	    unlikely(judgement.terms->settings.action != OP25B_ACTION_DROP))
		op25b_reject(skb, state, family, judgement.terms->settings.action);
	return drop(skb);
}

static bool is_of_vrf(const struct sk_buff *skb, enum op25b_family family)
{
	if (family == OP25B_IPV4)
		return ipv4_l3mdev_skb(IPCB(skb)->flags);
	return ipv6_l3mdev_skb(IP6CB(skb)->flags);
}

/*
 * A VRF has the packets of its devices come a second time, from the VRF's own. What it has from
 * elsewhere, as from a tunnel that SRv6 ends in it, comes from there for the first time.
 */
static bool is_second_time(const struct sk_buff *skb, const struct nf_hook_state *state,
			   enum op25b_family family)
{
	int first;

	/* Up to Linux 6.9, what SRv6 ends with End.DX4 or End.DX6 comes from no device. */
	if (!state->in || !is_of_vrf(skb, family))
		return false;
	first = family == OP25B_IPV4 ? IPCB(skb)->iif : IP6CB(skb)->iif;
	return l3mdev_master_ifindex_by_index(state->net, first) == state->in->ifindex;
}

/* Conntrack has had it, or was told to leave it alone: SRv6 takes either mark off. */
static bool was_tracked(const struct sk_buff *skb)
{
	enum ip_conntrack_info info;

	return nf_ct_get(skb, &info) || info == IP_CT_UNTRACKED;
}

/* Whatever may be of a class and is not just a SYN of a pool. */
static noinline unsigned int judge_other(const struct op25b_table *table, struct sk_buff *skb,
					 const struct nf_hook_state *state,
					 enum op25b_family family, enum op25b_shape shape)
	__must_hold_shared(RCU)
{
	const struct op25b_policy *policy = rcu_dereference(table->policy);
	struct op25b_judgement judgement;

	if (shape == OP25B_SHAPE_UNDECIDED)
		shape = classify_skb(skb, family);
	if (shape == OP25B_SHAPE_NONE)
		return NF_ACCEPT;
	judgement = op25b_judge(policy, shape, family, src_key(skb, family), dst_key(skb, family));
	/*
	 * What comes a second time was let through the first time, and counted. If it would be
	 * blocked now, either it has been given another destination, or it is another packet, which
	 * SRv6 has taken out of the first one.
	 */
	if (is_second_time(skb, state, family) &&
	    (judgement.verdict != OP25B_VERDICT_BLOCKED || was_tracked(skb)))
		return NF_ACCEPT;
	return execute(judgement, skb, state, family);
}

/* What op25b_judge() says of a SYN, with all that it takes in one piece. */
static __always_inline unsigned int judge_syn(const struct op25b_table *table, struct sk_buff *skb,
					      const struct nf_hook_state *state,
					      enum op25b_family family)
	__must_hold_shared(RCU)
{
	const struct op25b_policy *policy = rcu_dereference(table->policy);
	struct op25b_judgement judgement;

	if (unlikely(is_of_vrf(skb, family)))
		return judge_other(table, skb, state, family, OP25B_SHAPE_SYN);
	judgement = judge_class(policy, OP25B_CLASS_SYN, 0, family, src_key(skb, family),
				dst_key(skb, family));
	if (judgement.verdict == OP25B_VERDICT_PASSED && policy->inbound)
		return judge_other(table, skb, state, family, OP25B_SHAPE_SYN);
	return execute(judgement, skb, state, family);
}

static noinline unsigned int judge_syn_ipv4(const struct op25b_table *table, struct sk_buff *skb,
					    const struct nf_hook_state *state)
	__must_hold_shared(RCU)
{
	return judge_syn(table, skb, state, OP25B_IPV4);
}

static noinline unsigned int judge_syn_ipv6(const struct op25b_table *table, struct sk_buff *skb,
					    const struct nf_hook_state *state)
	__must_hold_shared(RCU)
{
	return judge_syn(table, skb, state, OP25B_IPV6);
}

static unsigned int hook_ipv4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
	__must_hold_shared(RCU)
{
	enum op25b_shape shape = op25b_peek_ipv4(skb->data, skb_headlen(skb));

	if (likely(shape == OP25B_SHAPE_NONE))
		return NF_ACCEPT;
	if (likely(shape == OP25B_SHAPE_SYN))
		return judge_syn_ipv4(priv, skb, state);
	return judge_other(priv, skb, state, OP25B_IPV4, shape);
}

static unsigned int hook_ipv6(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
	__must_hold_shared(RCU)
{
	enum op25b_shape shape = op25b_peek_ipv6(skb->data, skb_headlen(skb));

	if (likely(shape == OP25B_SHAPE_NONE))
		return NF_ACCEPT;
	if (likely(shape == OP25B_SHAPE_SYN))
		return judge_syn_ipv6(priv, skb, state);
	return judge_other(priv, skb, state, OP25B_IPV6, shape);
}

/**
 * op25b_hook_init() - prepare a namespace's hooks
 * @ops: where; registered later
 * @table: what its packets are judged by
 */
void op25b_hook_init(struct nf_hook_ops ops[OP25B_FAMILIES], struct op25b_table *table)
{
	/* Before defragmentation, so that the same packets are seen with it and without. */
	ops[OP25B_IPV4] = (struct nf_hook_ops){
		.hook = hook_ipv4,
		.priv = table,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_RAW_BEFORE_DEFRAG,
	};
	ops[OP25B_IPV6] = (struct nf_hook_ops){
		.hook = hook_ipv6,
		.priv = table,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP6_PRI_RAW_BEFORE_DEFRAG,
	};
}
