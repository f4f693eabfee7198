// SPDX-License-Identifier: GPL-2.0
/*
 * What the router knows of an address, by its own addresses and routes
 */
#include <linux/in.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv6.h>
#include <net/dst.h>
#include <net/flow.h>
#include <net/ip6_fib.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/route.h>

#include "op25b_address.h"

static enum op25b_address find_ipv4(struct net *net, const struct net_device *dev, __be32 addr)
{
	if (ipv4_is_loopback(addr))
		return OP25B_ADDRESS_OTHER;
	switch (inet_addr_type_dev_table(net, dev, addr)) {
	case RTN_LOCAL:
		return OP25B_ADDRESS_OWN;
	case RTN_UNICAST:
		return OP25B_ADDRESS_HOST;
	default:
		return OP25B_ADDRESS_OTHER;
	}
}

/*
 * Whether an address is an anycast address of the router, such as the first one of each subnet (RFC
 * 4291, section 2.6.1). ipv6_chk_acast_addr() is not exported, but each such address has a route.
 */
static bool is_anycast(struct net *net, const struct net_device *dev, const struct in6_addr *addr)
{
	struct flowi fl = { .u.ip6.daddr = *addr };
	struct dst_entry *dst;
	bool anycast;

	if (dev)
		fl.u.ip6.flowi6_oif = l3mdev_master_ifindex_rcu(dev);
	if (nf_ip6_route(net, &dst, &fl, false))
		return false;
	anycast = container_of(dst, struct rt6_info, dst)->rt6i_flags & RTF_ANYCAST;
	dst_release(dst);
	return anycast;
}

static enum op25b_address find_ipv6(struct net *net, const struct net_device *dev,
				    const struct in6_addr *addr)
{
	int type = ipv6_addr_type(addr);

	if (!(type & IPV6_ADDR_UNICAST) || type & IPV6_ADDR_LOOPBACK)
		return OP25B_ADDRESS_OTHER;
	if (nf_ipv6_chk_addr(net, addr, dev, 0) || is_anycast(net, dev, addr))
		return OP25B_ADDRESS_OWN;
	return OP25B_ADDRESS_HOST;
}

/**
 * op25b_address_find() - find out whose an address is
 * @net: the namespace
 * @dev: the device by which a packet with this address came, whose VRF counts; NULL for none
 * @family: of the address
 * @addr: the address, in network byte order: a __be32 or a struct in6_addr
 *
 * Looks it up among the router's addresses, so that it is for packets that are about to be blocked.
 *
 * Return: whose it is.
 */
enum op25b_address op25b_address_find(struct net *net, const struct net_device *dev,
				      enum op25b_family family, const void *addr)
{
	if (family == OP25B_IPV4)
		return find_ipv4(net, dev, *(const __be32 *)addr);
	return find_ipv6(net, dev, addr);
}
