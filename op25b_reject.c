// SPDX-License-Identifier: GPL-2.0
/*
 * Answers to blocked packets: TCP RST and ICMP "administratively prohibited"
 *
 * They are made by nf_reject_ipv4 and nf_reject_ipv6, modules that are fetched when the first pool
 * asks for such an action, and kept until the end: so a pool that drops, as most do, needs neither,
 * and insmod of this module alone is enough to use it.
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
#include <net/l3mdev.h>
#include <net/netfilter/ipv4/nf_reject.h>
#include <net/netfilter/ipv6/nf_reject.h>

#include "op25b_reject.h"

static DEFINE_MUTEX(lock);
/*
 * Each is written once, under @lock, before a policy with an action that needs them is published:
 * a packet that is judged by it sees them, since smp_store_release() there pairs with
 * smp_load_acquire().
 */
static bool ready;
static typeof(nf_send_reset) *send_reset;
static typeof(nf_send_reset6) *send_reset6;
static typeof(nf_send_unreach) *send_unreach;
static typeof(nf_send_unreach6) *send_unreach6;

#define fetch(pointer, symbol)					\
	do {							\
		if (!(pointer))					\
			(pointer) = symbol_request(symbol);	\
	} while (0)

#define give_back(pointer, symbol)				\
	do {							\
		if (pointer)					\
			symbol_put(symbol);			\
		(pointer) = NULL;				\
	} while (0)

/**
 * op25b_reject_require() - see to it that an action can be taken
 * @action: the action
 * @extack: takes the reason of a failure
 *
 * May load modules, so the caller holds no lock that they need. Generic netlink holds its own,
 * which the modules that are wanted here do not need, but which the module ipv6 does.
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
	mutex_lock(&lock);
	/* symbol_request() makes the symbol's name out of its argument, so this takes a macro */
	fetch(send_reset, nf_send_reset);
	fetch(send_unreach, nf_send_unreach);
	fetch(send_reset6, nf_send_reset6);
	fetch(send_unreach6, nf_send_unreach6);
	all = send_reset && send_unreach &&
	      (!IS_ENABLED(CONFIG_IPV6) || (send_reset6 && send_unreach6));
	smp_store_release(&ready, all);	/* pairs with op25b_reject() */
	mutex_unlock(&lock);
	if (all)
		return 0;
	NL_SET_ERR_MSG(extack,
		       "action needs the modules nf_reject_ipv4 and nf_reject_ipv6: load them first");
	return -EOPNOTSUPP;
}

/**
 * op25b_reject_exit() - give the modules back
 */
void op25b_reject_exit(void)
{
	give_back(send_reset, nf_send_reset);
	give_back(send_unreach, nf_send_unreach);
	give_back(send_reset6, nf_send_reset6);
	give_back(send_unreach6, nf_send_unreach6);
}

/*
 * Give the packet, which has not been routed yet, the route of an answer, as nf_reject wants it.
 * Left to itself, nf_reject looks in the main table only, which leads elsewhere than that of a VRF.
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
		fl.u.ip4.daddr = ip_hdr(skb)->saddr;
		err = nf_ip_route(state->net, &dst, &fl, false);
	} else {
		fl.u.ip6.flowi6_oif = vrf;
		fl.u.ip6.daddr = ipv6_hdr(skb)->saddr;
		err = nf_ip6_route(state->net, &dst, &fl, false);
	}
	if (err)
		return false;
	/* instead of what a tunnel or the loopback device put there */
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
	return true;
}

/**
 * op25b_reject() - answer a packet that is about to be dropped
 * @skb: the packet, still the caller's
 * @state: the hook it is in: PRE_ROUTING
 * @family: IPv4 or IPv6
 * @action: what to answer; OP25B_ACTION_DROP: nothing
 */
void op25b_reject(struct sk_buff *skb, const struct nf_hook_state *state, enum op25b_family family,
		  enum op25b_action action)
{
	/* the hook at which a packet has a route, and its checksum is still to be looked at */
	const int hook = NF_INET_LOCAL_IN;

	if (!smp_load_acquire(&ready))	/* pairs with op25b_reject_require() */
		return;
	if (!route_back(skb, state, family))
		return;

	switch (action) {
	case OP25B_ACTION_DROP:
		break;
	case OP25B_ACTION_TCP_RESET:
		if (family == OP25B_IPV4)
			send_reset(state->net, state->sk, skb, hook);
		else
			send_reset6(state->net, state->sk, skb, hook);
		break;
	case OP25B_ACTION_ADMIN_PROHIBITED:
		if (family == OP25B_IPV4)
			send_unreach(skb, ICMP_PKT_FILTERED, hook);
		else
			send_unreach6(state->net, skb, ICMPV6_ADM_PROHIBITED, hook);
		break;
	}
}
