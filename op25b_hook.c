// SPDX-License-Identifier: GPL-2.0
/*
 * The netfilter hooks: from a packet to what becomes of it
 *
 * Nearly every packet leaves after op25b_peek_ipv4() or op25b_peek_ipv6(), which read a few bytes
 * that the stack has just read itself. The others are judged under RCU, which the caller of a hook
 * holds, by the policy in force. Nothing is written to but counters of this CPU.
 */
#include <linux/errno.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_conntrack.h>

#include "op25b_address.h"
#include "op25b_extra.h"
#include "op25b_hook.h"
#include "op25b_judge.h"
#include "op25b_log.h"
#include "op25b_recorder.h"
#include "op25b_reject.h"
#include "op25b_reverse.h"
#include "op25b_skb.h"
#include "op25b_trace.h"

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
 * ip6_rcv() trims a packet to its payload length, but seg6_local does not trim the inner packet
 * that it decapsulates. Ignore what follows the payload, as the receiver does.
 */
static unsigned int ipv6_len(const struct sk_buff *skb)
{
	unsigned int payload_len;

	if (skb_headlen(skb) < sizeof(struct ipv6hdr))
		return skb->len;
	payload_len = ntohs(((const struct ipv6hdr *)skb->data)->payload_len);
	if (!payload_len)	/* a jumbogram (RFC 2675) */
		return skb->len;
	return min_t(unsigned int, skb->len, sizeof(struct ipv6hdr) + payload_len);
}

/*
 * Whether bytes before @end change after the hook, because the checksum is still to be filled in.
 * GRO leaves that to the driver, for a checksum behind what was judged. But a virtual machine, or
 * the sender of GUE with remote checksum offload, chooses where the two bytes are, and they may be
 * the port or the flags.
 */
static bool is_overwritten(const struct sk_buff *skb, unsigned int end)
{
	int at;

	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return false;
	at = skb_checksum_start_offset(skb) + skb->csum_offset;
	return at + (int)sizeof(__sum16) > 0 && at < (int)end;
}

/*
 * The slow path: options, fragments, extension headers, headers outside the linear part, checksums
 * that are still to be filled in
 */
static noinline enum op25b_pkt_type classify_skb(const struct sk_buff *skb,
						 enum op25b_family family)
{
	struct skb_packet p = { .packet = { .len = skb->len, .read = read_skb }, .skb = skb };
	enum op25b_pkt_type type;

	if (family == OP25B_IPV4) {
		type = op25b_classify_ipv4(&p.packet);
	} else {
		p.packet.len = ipv6_len(skb);
		type = op25b_classify_ipv6(&p.packet);
	}
	return is_overwritten(skb, p.packet.judged) ? OP25B_PKT_MALFORMED : type;
}

/*
 * Judge an IPv6 packet by the IPv4 packet inside. Sets @inner to the offset of that one, or to 0 if
 * there is none, or it is not certain: then what passes here is still to be judged by itself.
 */
static noinline struct op25b_judgement judge_softwire(const struct op25b_table *table,
						      const struct op25b_policy *policy,
						      const struct op25b_domain *domain,
						      const struct sk_buff *skb,
						      unsigned int *inner)
	__must_hold_shared(RCU)
{
	struct skb_packet p = { .packet = { .len = ipv6_len(skb), .read = read_skb }, .skb = skb };
	enum op25b_pkt_type type = op25b_classify_softwire(&p.packet);
	struct op25b_key dst;
	bool known;

	if (is_overwritten(skb, p.packet.judged)) {
		type = OP25B_PKT_MALFORMED;
		p.packet.inner = 0;
	}
	*inner = p.packet.inner;
	known = *inner && op25b_skb_inner_dst(skb, *inner, &dst);
	return op25b_judge_softwire(table, policy, domain, type, op25b_skb_src(skb, OP25B_IPV6),
				    known ? &dst : NULL);
}

/* A hook that frees the packet itself lets drop monitors name the hook. */
static unsigned int drop_skb(struct sk_buff *skb)
{
	return NF_DROP_REASON(skb, SKB_DROP_REASON_NETFILTER_DROP, EPERM);
}

/*
 * Whether the router has sent the packet to itself, by the loopback device or, within a VRF, by the
 * device of the VRF, which gives it that type.
 */
static noinline bool is_looped(const struct sk_buff *skb)
{
	return skb->pkt_type == PACKET_LOOPBACK || skb->dev->flags & IFF_LOOPBACK;
}

/* Whether is_looped() has to be called: VRFs are masters. So are bonds, which loop nothing. */
static bool may_be_looped(const struct sk_buff *skb)
{
	return skb->dev->flags & (IFF_LOOPBACK | IFF_MASTER);
}

/*
 * Whether a packet of a class that is judged by its destination is for the router itself, which is
 * no customer, even if its address lies in a pool.
 */
static bool is_to_router(struct op25b_judgement judgement, const struct sk_buff *skb,
			 const struct nf_hook_state *state, enum op25b_family family)
{
	const void *dst;

	if (judgement.class != OP25B_CLASS_SYNACK && judgement.class != OP25B_CLASS_INBOUND)
		return false;
	if (family == OP25B_IPV4)
		dst = &ip_hdr(skb)->daddr;
	else
		dst = &ipv6_hdr(skb)->daddr;
	return op25b_address_find(state->net, state->in, family, dst) == OP25B_ADDRESS_OWN;
}

/* The class of a packet, for a pool with the guard spoofed */
static noinline enum op25b_class class_by_source(struct op25b_judgement judgement,
						 const struct sk_buff *skb,
						 const struct nf_hook_state *state,
						 enum op25b_family family)
	__must_hold_shared(RCU)
{
	if (op25b_judge_checks_source(&judgement) && !op25b_reverse_uses_input(skb, state, family))
		return OP25B_CLASS_SPOOFED;
	return judgement.class;
}

/* Out of line, so that its arguments hold no registers while nobody traces */
static noinline __cold void trace_packet(struct op25b_judgement judgement,
					 const struct sk_buff *skb,
					 const struct nf_hook_state *state,
					 enum op25b_family family)
{
	trace_op25b_verdict(judgement.conf->pool, judgement.class, judgement.verdict, skb, state,
			    family);
}

/* Whether a packet makes its source a sender */
static bool has_sender(struct op25b_judgement judgement)
{
	return judgement.class == OP25B_CLASS_SYN && (judgement.verdict == OP25B_VERDICT_BLOCKED ||
						      judgement.verdict == OP25B_VERDICT_OBSERVED);
}

static __always_inline void record_sender(struct op25b_judgement judgement,
					  const struct sk_buff *skb,
					  const struct nf_hook_state *state,
					  enum op25b_family family, const bool ordinary,
					  unsigned int inner)
	__must_hold_shared(RCU)
{
	const struct op25b_pool_conf *conf = judgement.conf;

	if (inner)
		op25b_recorder_count_softwire(conf, skb, inner);
	else if (!ordinary)
		op25b_recorder_count(conf, skb, family);
	else if (family == OP25B_IPV4)
		op25b_recorder_count_ipv4(conf, skb);
	else
		op25b_recorder_count_ipv6(conf, skb);
	if (unlikely(conf->settings.log))
		op25b_log_packet(conf, skb, state, family, judgement.verdict);
}

/*
 * Count the packet and carry out the judgement. @ordinary: op25b_peek_ipv4() or op25b_peek_ipv6()
 * has decided on its type. @inner: the offset of the IPv4 packet inside that was judged, or 0.
 */
static __always_inline unsigned int execute(struct op25b_judgement judgement, struct sk_buff *skb,
					    const struct nf_hook_state *state,
					    enum op25b_family family, const bool ordinary,
					    unsigned int inner)
	__must_hold_shared(RCU)
{
	if (judgement.verdict == OP25B_VERDICT_PASSED)
		return NF_ACCEPT;
	if (unlikely(may_be_looped(skb)) && is_looped(skb))
		return NF_ACCEPT;
	if (unlikely(judgement.conf->settings.guard & OP25B_GUARD_SPOOFED))
		judgement.class = class_by_source(judgement, skb, state, family);
	op25b_stats_count(&judgement.conf->pool->stats, judgement.class, judgement.verdict);
	if (trace_op25b_verdict_enabled())
		trace_packet(judgement, skb, state, family);
	if (unlikely(judgement.conf->recorder) && has_sender(judgement))
		record_sender(judgement, skb, state, family, ordinary, inner);
	if (judgement.verdict != OP25B_VERDICT_BLOCKED)
		return NF_ACCEPT;
	/* not what was inside of a softwire: the answer would have to go through the softwire */
	if (judgement.class == OP25B_CLASS_SYN && !inner &&
	    unlikely(judgement.conf->settings.action != OP25B_ACTION_DROP))
		op25b_reject(skb, state, family, judgement.conf->settings.action);
	return drop_skb(skb);
}

/* Whether l3mdev has marked the packet: it was received in a VRF. */
static bool is_l3mdev_skb(const struct sk_buff *skb, enum op25b_family family)
{
	if (family == OP25B_IPV4)
		return ipv4_l3mdev_skb(IPCB(skb)->flags);
	return ipv6_l3mdev_skb(IP6CB(skb)->flags);
}

/*
 * A packet received on a port of a VRF passes PRE_ROUTING twice: first as received on the port,
 * then as received on the VRF device. A packet that enters the VRF otherwise, such as one that SRv6
 * decapsulates into it, passes only once, as received on the VRF device.
 */
static bool is_second_pass(const struct sk_buff *skb, const struct nf_hook_state *state,
			   enum op25b_family family)
{
	int first;

	/*
	 * Packets from SRv6 End.DX4 and End.DX6 have no input device before Linux 6.10, unless the
	 * fix was backported.
	 */
	if (!state->in || !is_l3mdev_skb(skb, family))
		return false;
	first = family == OP25B_IPV4 ? IPCB(skb)->iif : IP6CB(skb)->iif;
	return l3mdev_master_ifindex_by_index(state->net, first) == state->in->ifindex;
}

/* The device by which the packet came: in a VRF, at its second pass, that of its first one */
static int first_ifindex(const struct sk_buff *skb, const struct nf_hook_state *state,
			 enum op25b_family family)
{
	if (is_l3mdev_skb(skb, family))
		return family == OP25B_IPV4 ? IPCB(skb)->iif : IP6CB(skb)->iif;
	return state->in ? state->in->ifindex : 0;
}

/* The verdict, if there are sessions: a session's device may let the packet pass. */
static noinline enum op25b_verdict verdict_by_device(struct op25b_judgement judgement,
						     const struct sk_buff *skb,
						     const struct nf_hook_state *state,
						     enum op25b_family family)
	__must_hold_shared(RCU)
{
	op25b_judge_device(&judgement, first_ifindex(skb, state, family));
	return judgement.verdict;
}

/*
 * Whether conntrack or a notrack rule has marked the packet. SRv6 decapsulation clears both marks.
 */
static bool was_tracked(const struct sk_buff *skb)
{
	enum ip_conntrack_info info;

	return nf_ct_get(skb, &info) || info == IP_CT_UNTRACKED;
}

/* Judge any packet; judge_syn() is quicker for a SYN from a pool. */
static noinline unsigned int judge_other(const struct op25b_table *table, struct sk_buff *skb,
					 const struct nf_hook_state *state,
					 enum op25b_family family, enum op25b_pkt_type type)
	__must_hold_shared(RCU)
{
	const struct op25b_policy *policy = rcu_dereference(table->policy);
	const struct op25b_domain *domain = op25b_judge_domain(table, policy, state->in);
	struct op25b_judgement judgement = { .verdict = OP25B_VERDICT_PASSED };
	unsigned int inner = 0;

	if (type == OP25B_PKT_UNDECIDED && family == OP25B_IPV6 && policy->softwire) {
		judgement = judge_softwire(table, policy, domain, skb, &inner);
		if (judgement.verdict == OP25B_VERDICT_PASSED && inner)
			return NF_ACCEPT;
	}
	if (judgement.verdict == OP25B_VERDICT_PASSED) {
		if (type == OP25B_PKT_UNDECIDED)
			type = classify_skb(skb, family);
		if (type == OP25B_PKT_NONE)
			return NF_ACCEPT;
		judgement = op25b_judge(table, policy, domain, type, family,
					op25b_skb_src(skb, family), op25b_skb_dst(skb, family));
	}
	if (judgement.verdict == OP25B_VERDICT_PASSED ||
	    is_to_router(judgement, skb, state, family))
		return NF_ACCEPT;
	if (op25b_extra())
		judgement.verdict = verdict_by_device(judgement, skb, state, family);
	/*
	 * A packet at its second pass was accepted and counted at the first. If the verdict is to
	 * block it now, either its destination was rewritten in between (DNAT), or it is another
	 * packet, which SRv6 has decapsulated from the first one: that one has no conntrack mark.
	 */
	if (is_second_pass(skb, state, family) &&
	    (judgement.verdict != OP25B_VERDICT_BLOCKED || was_tracked(skb)))
		return NF_ACCEPT;
	return execute(judgement, skb, state, family, false, inner);
}

/* Judge a SYN as op25b_judge() does, all inline. @extra: there may be sessions or VRFs */
static __always_inline unsigned int judge_syn(const struct op25b_table *table, struct sk_buff *skb,
					      const struct nf_hook_state *state,
					      enum op25b_family family, const bool extra)
	__must_hold_shared(RCU)
{
	const struct op25b_policy *policy = rcu_dereference(table->policy);
	const struct op25b_domain *domain = NULL;
	struct op25b_judgement judgement;

	if (unlikely(is_l3mdev_skb(skb, family)))
		return judge_other(table, skb, state, family, OP25B_PKT_SYN);
	if (extra)
		domain = op25b_judge_domain(table, policy, state->in);
	judgement = op25b_judge_rules(table, policy, domain, OP25B_CLASS_SYN, 0, family,
				      op25b_skb_src(skb, family), family,
				      op25b_skb_dst(skb, family), true, extra);
	if (judgement.verdict == OP25B_VERDICT_UNDECIDED ||
	    (judgement.verdict == OP25B_VERDICT_PASSED && policy->inbound))
		return judge_other(table, skb, state, family, OP25B_PKT_SYN);
	if (extra && judgement.sessions)
		judgement.verdict = verdict_by_device(judgement, skb, state, family);
	return execute(judgement, skb, state, family, true, 0);
}

static noinline unsigned int judge_syn_ipv4(const struct op25b_table *table, struct sk_buff *skb,
					    const struct nf_hook_state *state)
	__must_hold_shared(RCU)
{
	return judge_syn(table, skb, state, OP25B_IPV4, false);
}

static noinline unsigned int judge_syn_ipv6(const struct op25b_table *table, struct sk_buff *skb,
					    const struct nf_hook_state *state)
	__must_hold_shared(RCU)
{
	return judge_syn(table, skb, state, OP25B_IPV6, false);
}

/* The same while there are sessions or VRFs, so that they cost nothing where there are none */
static noinline unsigned int judge_syn_extra_ipv4(const struct op25b_table *table,
						  struct sk_buff *skb,
						  const struct nf_hook_state *state)
	__must_hold_shared(RCU)
{
	return judge_syn(table, skb, state, OP25B_IPV4, true);
}

static noinline unsigned int judge_syn_extra_ipv6(const struct op25b_table *table,
						  struct sk_buff *skb,
						  const struct nf_hook_state *state)
	__must_hold_shared(RCU)
{
	return judge_syn(table, skb, state, OP25B_IPV6, true);
}

static unsigned int op25b_hook_ipv4(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
	__must_hold_shared(RCU)
{
	enum op25b_pkt_type type;

	if (unlikely(skb->ip_summed == CHECKSUM_PARTIAL))
		return judge_other(priv, skb, state, OP25B_IPV4, OP25B_PKT_UNDECIDED);
	type = op25b_peek_ipv4(skb->data, skb_headlen(skb));
	if (likely(type == OP25B_PKT_NONE))
		return NF_ACCEPT;
	if (likely(type == OP25B_PKT_SYN)) {
		if (op25b_extra())
			return judge_syn_extra_ipv4(priv, skb, state);
		return judge_syn_ipv4(priv, skb, state);
	}
	return judge_other(priv, skb, state, OP25B_IPV4, type);
}

static unsigned int op25b_hook_ipv6(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
	__must_hold_shared(RCU)
{
	enum op25b_pkt_type type;

	if (unlikely(skb->ip_summed == CHECKSUM_PARTIAL))
		return judge_other(priv, skb, state, OP25B_IPV6, OP25B_PKT_UNDECIDED);
	type = op25b_peek_ipv6(skb->data, skb_headlen(skb));
	if (likely(type == OP25B_PKT_NONE))
		return NF_ACCEPT;
	if (likely(type == OP25B_PKT_SYN)) {
		if (op25b_extra())
			return judge_syn_extra_ipv6(priv, skb, state);
		return judge_syn_ipv6(priv, skb, state);
	}
	return judge_other(priv, skb, state, OP25B_IPV6, type);
}

/**
 * op25b_hook_init() - prepare the hooks of a namespace
 * @table: the table that its packets are judged by
 */
void op25b_hook_init(struct op25b_table *table)
{
	/* before defragmentation, so that the hook sees the same packets whether it is on or off */
	table->hooks[OP25B_IPV4] = (struct nf_hook_ops){
		.hook = op25b_hook_ipv4,
		.priv = table,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_RAW_BEFORE_DEFRAG,
	};
	table->hooks[OP25B_IPV6] = (struct nf_hook_ops){
		.hook = op25b_hook_ipv6,
		.priv = table,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP6_PRI_RAW_BEFORE_DEFRAG,
	};
}

/**
 * op25b_hook_register() - register the hooks of a namespace, for its first pool
 * @table: its table, locked
 *
 * Return: 0 or an error.
 */
int op25b_hook_register(struct op25b_table *table)
{
	return nf_register_net_hooks(table->net, table->hooks, ARRAY_SIZE(table->hooks));
}

/**
 * op25b_hook_unregister() - unregister the hooks of a namespace, after its last pool
 * @table: its table, locked
 */
void op25b_hook_unregister(struct op25b_table *table)
{
	nf_unregister_net_hooks(table->net, table->hooks, ARRAY_SIZE(table->hooks));
}

/**
 * op25b_hook_stop() - unregister the hooks of a namespace that goes away, if it has any
 * @table: its table, which nothing changes any more
 */
void op25b_hook_stop(struct op25b_table *table)
{
	mutex_lock(&table->lock);
	if (op25b_table_policy(table)->pools)
		op25b_hook_unregister(table);
	mutex_unlock(&table->lock);
}
