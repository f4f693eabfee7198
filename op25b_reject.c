// SPDX-License-Identifier: GPL-2.0
/*
 * Answers to blocked packets: TCP RST and ICMP "administratively prohibited"
 *
 * The modules nf_reject_ipv4 and nf_reject_ipv6 build them. They are loaded when the first pool
 * asks for such an action, and kept until this module goes. Pools that drop, as most do, need
 * neither, so that insmod of this module alone is enough for them.
 */
#include <linux/errno.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/netlink.h>
#include <linux/skbuff.h>
#include <net/dst.h>
#include <net/flow.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/netfilter/ipv4/nf_reject.h>
#include <net/netfilter/ipv6/nf_reject.h>
#include <net/route.h>

#include "op25b_address.h"
#include "op25b_reject.h"

static DEFINE_MUTEX(reject_mutex);
/*
 * Each pointer is written once, under reject_mutex, before a policy whose actions need it is
 * published. smp_store_release() of have_senders pairs with smp_load_acquire() in the packet path.
 */
static bool have_senders;
static typeof(nf_send_reset) *send_reset;
static typeof(nf_send_reset6) *send_reset6;
static typeof(nf_send_unreach) *send_unreach;
static typeof(nf_send_unreach6) *send_unreach6;

#define get_sender(pointer, symbol)				\
	do {							\
		if (!(pointer))					\
			(pointer) = symbol_request(symbol);	\
	} while (0)

#define put_sender(pointer, symbol)				\
	do {							\
		if (pointer)					\
			symbol_put(symbol);			\
		(pointer) = NULL;				\
	} while (0)

/**
 * op25b_reject_require() - make sure that an action can be carried out
 * @action: the action
 * @extack: takes the reason of a failure
 *
 * May load modules, so that the caller must not hold a lock that their init functions take. Generic
 * netlink holds one, which ipv6 takes, but not nf_reject_ipv4 and nf_reject_ipv6.
 *
 * Return: 0 or -EOPNOTSUPP.
 */
int op25b_reject_require(enum op25b_action action, struct netlink_ext_ack *extack)
{
	bool all;

	if (action == OP25B_ACTION_DROP)
		return 0;
#if IS_MODULE(CONFIG_IPV6)
	if (!rcu_access_pointer(nf_ipv6_ops)) {
		NL_SET_ERR_MSG(extack, "action needs the module ipv6: load it first");
		return -EOPNOTSUPP;
	}
#endif
	mutex_lock(&reject_mutex);
	/* macros, because symbol_request() takes the name of the symbol from its argument */
	get_sender(send_reset, nf_send_reset);
	get_sender(send_unreach, nf_send_unreach);
	get_sender(send_reset6, nf_send_reset6);
	get_sender(send_unreach6, nf_send_unreach6);
	all = send_reset && send_unreach &&
	      (!IS_ENABLED(CONFIG_IPV6) || (send_reset6 && send_unreach6));
	smp_store_release(&have_senders, all);	/* pairs with op25b_reject() */
	mutex_unlock(&reject_mutex);
	if (all)
		return 0;
	NL_SET_ERR_MSG(extack,
		       "action needs the modules nf_reject_ipv4 and nf_reject_ipv6: load them first");
	return -EOPNOTSUPP;
}

/**
 * op25b_reject_exit() - drop the references to the modules
 */
void op25b_reject_exit(void)
{
	put_sender(send_reset, nf_send_reset);
	put_sender(send_unreach, nf_send_unreach);
	put_sender(send_reset6, nf_send_reset6);
	put_sender(send_unreach6, nf_send_unreach6);
}

/*
 * Whether a host answers such a packet: not if it was meant for others, too, by its frame or its
 * destination, or if its source is not unicast (RFC 1122, 3.2.2; RFC 9293, MUST-57). Nor if the
 * source is the router's own: its stack would take the answer as coming from the destination.
 */
static bool is_answerable(const struct sk_buff *skb, const struct nf_hook_state *state,
			  enum op25b_family family)
{
	const void *src, *dst;

	if (skb->pkt_type != PACKET_HOST)
		return false;
	if (family == OP25B_IPV4) {
		src = &ip_hdr(skb)->saddr;
		dst = &ip_hdr(skb)->daddr;
	} else {
		src = &ipv6_hdr(skb)->saddr;
		dst = &ipv6_hdr(skb)->daddr;
	}
	return op25b_address_find(state->net, state->in, family, src) == OP25B_ADDRESS_HOST &&
	       op25b_address_find(state->net, state->in, family, dst) != OP25B_ADDRESS_OTHER;
}

/*
 * Attach the route back to the source to the packet, which has not been routed yet: nf_reject takes
 * the device from it. Left to itself, nf_reject does not look into the table of the VRF. The mark
 * is that of the answer, since that route may exist with this mark only.
 */
static bool route_back(struct sk_buff *skb, const struct nf_hook_state *state,
		       enum op25b_family family)
{
	int vrf = l3mdev_master_ifindex_rcu(state->in);
	struct flowi fl = { 0 };
	struct dst_entry *dst;
	int err;

	if (family == OP25B_IPV4) {
		fl.u.ip4.flowi4_oif = vrf;
		fl.u.ip4.flowi4_mark = IP4_REPLY_MARK(state->net, skb->mark);
		fl.u.ip4.daddr = ip_hdr(skb)->saddr;
		err = nf_ip_route(state->net, &dst, &fl, false);
	} else {
		fl.u.ip6.flowi6_oif = vrf;
		fl.u.ip6.flowi6_mark = IP6_REPLY_MARK(state->net, skb->mark);
		fl.u.ip6.daddr = ipv6_hdr(skb)->saddr;
		err = nf_ip6_route(state->net, &dst, &fl, false);
	}
	if (err)
		return false;
	skb_dst_set(skb, dst);
	return true;
}

/*
 * Attach the route for an ICMP error. With the sysctl icmp_errors_use_inbound_ifaddr, icmp_send()
 * answers from an address of the device that the packet came by, if the packet has the route of one
 * that is to be forwarded. It finds the route back by itself then, in the table of the VRF, too.
 */
static bool route_error(struct sk_buff *skb, const struct nf_hook_state *state,
			enum op25b_family family)
{
	const struct iphdr *ip = ip_hdr(skb);

	if (family == OP25B_IPV4 && state->in &&
	    READ_ONCE(state->net->ipv4.sysctl_icmp_errors_use_inbound_ifaddr) &&
	    !ip_route_input(skb, ip->daddr, ip->saddr, 0, skb->dev))
		return true;
	return route_back(skb, state, family);
}

/**
 * op25b_reject() - answer a packet that is about to be dropped, if it may be answered
 * @skb: the packet, which the caller still owns
 * @state: the state of the hook at PRE_ROUTING
 * @family: the address family of the packet
 * @action: the answer; OP25B_ACTION_DROP is none
 */
void op25b_reject(struct sk_buff *skb, const struct nf_hook_state *state, enum op25b_family family,
		  enum op25b_action action)
{
	/* the first hook at which packets have a route; nf_reject verifies checksums up to there */
	const int hook = NF_INET_LOCAL_IN;

	if (!smp_load_acquire(&have_senders))	/* pairs with op25b_reject_require() */
		return;
	if (!is_answerable(skb, state, family))
		return;

	/* a tunnel or the loopback device may have attached a route */
	skb_dst_drop(skb);
	switch (action) {
	case OP25B_ACTION_DROP:
		break;
	case OP25B_ACTION_TCP_RESET:
		if (!route_back(skb, state, family))
			break;
		if (family == OP25B_IPV4)
			send_reset(state->net, state->sk, skb, hook);
		else
			send_reset6(state->net, state->sk, skb, hook);
		break;
	case OP25B_ACTION_ADMIN_PROHIBITED:
		if (!route_error(skb, state, family))
			break;
		if (family == OP25B_IPV4)
			send_unreach(skb, ICMP_PKT_FILTERED, hook);
		else
			send_unreach6(state->net, skb, ICMPV6_ADM_PROHIBITED, hook);
		break;
	}
}
