// SPDX-License-Identifier: GPL-2.0
/*
 * The reverse path check of the guard spoofed
 *
 * Strict reverse path forwarding (RFC 3704, section 2.2). The hook comes before the kernel's own
 * check, rp_filter, which IPv6 does not have, and before a rule of nft or iptables can make it. The
 * route to the source is looked up as they do: with the packet's addresses swapped, in the
 * tables that the routing rules choose, those of a VRF included.
 */
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv6.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <net/dst.h>
#include <net/flow.h>
#include <net/ip.h>
#include <net/ip6_fib.h>
#include <net/ip_fib.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/nexthop.h>
#include <net/route.h>

#include "op25b_reverse.h"

/*
 * The mark is used for the lookup if the device's src_valid_mark is set, as for rp_filter. IPv6
 * has no setting of its own.
 */
static u32 mark_of(const struct sk_buff *skb, const struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get_rcu(dev);

	return in_dev && IN_DEV_SRC_VMARK(in_dev) ? skb->mark : 0;
}

static bool uses_input_ipv4(const struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct fib_result res;
	struct flowi4 fl;

	flowi4_init_output(&fl, l3mdev_master_ifindex_rcu(state->in), mark_of(skb, state->in),
			   iph->tos & IPTOS_RT_MASK, RT_SCOPE_UNIVERSE, 0, 0, iph->saddr,
			   iph->daddr, 0, 0, (kuid_t){ 0 });
	if (fib_lookup(state->net, &fl, &res, FIB_LOOKUP_IGNORE_LINKSTATE))
		return false;
	/* of several next hops, each will do */
	return res.type == RTN_UNICAST && fib_info_nh_uses_dev(res.fi, state->in);
}

/* Look up the route to an IPv6 source by any device, or by the one that the packet came by. */
static struct rt6_info *reverse_lookup_ipv6(const struct sk_buff *skb,
					    const struct nf_hook_state *state, bool by_input)
{
	const struct ipv6hdr *iph = ipv6_hdr(skb);
	struct flowi fl = {
		.u.ip6 = {
			.daddr = iph->saddr,
			.saddr = iph->daddr,
			.flowlabel = ip6_flowinfo(iph),
			.flowi6_mark = mark_of(skb, state->in),
			.flowi6_oif = l3mdev_master_ifindex_rcu(state->in),
		},
	};
	struct dst_entry *dst;

	if (by_input)
		fl.u.ip6.flowi6_oif = state->in->ifindex;
	if (nf_ip6_route(state->net, &dst, &fl, by_input))
		return NULL;
	return container_of(dst, struct rt6_info, dst);
}

/* Whether two results are next hops of one route: each has an entry of its own. */
static bool is_same_route(const struct rt6_info *a, const struct rt6_info *b)
	__must_hold_shared(RCU)
{
	const struct fib6_info *one = rcu_dereference(a->from), *other = rcu_dereference(b->from);

	if (!one || !other)
		return false;
#ifdef CONFIG_IPV6_SUBTREES
	if (one->fib6_src.plen != other->fib6_src.plen)
		return false;
#endif
	return one->fib6_table == other->fib6_table &&
	       one->fib6_dst.plen == other->fib6_dst.plen && one->fib6_metric == other->fib6_metric;
}

static bool dev_is_or_has_master(const struct net_device *hop, const struct net_device *dev)
{
	return hop == dev || l3mdev_master_ifindex_rcu(hop) == dev->ifindex;
}

static int nh_uses_dev(struct fib6_nh *hop, void *dev)
{
	return dev_is_or_has_master(hop->fib_nh_dev, dev);
}

/* Whether a result, or another next hop of its nexthop object, is by a device */
static bool route_uses_dev(const struct rt6_info *result, struct net_device *dev)
	__must_hold_shared(RCU)
{
	const struct fib6_info *route = rcu_dereference(result->from);

	if (route && route->nh)
		return nexthop_for_each_fib6_nh(route->nh, nh_uses_dev, dev);
	return dev_is_or_has_master(result->dst.dev, dev);
}

static bool uses_input_ipv6(const struct sk_buff *skb, const struct nf_hook_state *state)
	__must_hold_shared(RCU)
{
	struct rt6_info *any = reverse_lookup_ipv6(skb, state, false), *by_input;
	bool uses = false;

	if (!any)
		return false;
	if (any->rt6i_flags & (RTF_REJECT | RTF_LOCAL | RTF_ANYCAST))
		goto out;
	uses = route_uses_dev(any, state->in);
	if (uses)
		goto out;
	/* of several next hops, the lookup has chosen one by the addresses */
	by_input = reverse_lookup_ipv6(skb, state, true);
	if (!by_input)
		goto out;
	uses = dev_is_or_has_master(by_input->dst.dev, state->in) && is_same_route(any, by_input);
	dst_release(&by_input->dst);
out:
	dst_release(&any->dst);
	return uses;
}

/**
 * op25b_reverse_uses_input() - whether the route to the source of a packet is by the device that
 *				the packet came by
 * @skb: the packet
 * @state: the state of the hook at PRE_ROUTING, under RCU
 * @family: the address family of the packet
 *
 * It looks up routes, so that it is for packets that are about to be blocked or observed. What
 * IPsec has decapsulated has a source that was verified; no route need say where it comes from.
 *
 * Return: true if it is, if IPsec has decapsulated the packet, or if it has no input device.
 */
bool op25b_reverse_uses_input(const struct sk_buff *skb, const struct nf_hook_state *state,
			      enum op25b_family family)
	__must_hold_shared(RCU)
{
	if (!state->in || skb_sec_path(skb))
		return true;
	if (family == OP25B_IPV4)
		return uses_input_ipv4(skb, state);
	return uses_input_ipv6(skb, state);
}
