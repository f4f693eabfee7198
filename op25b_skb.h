/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The addresses of a packet that a hook was given, as keys: it begins with its IP header
 */
#ifndef _OP25B_SKB_H
#define _OP25B_SKB_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/unaligned.h>

#include "core/lpm.h"
#include "op25b_policy.h"

static inline struct op25b_key op25b_skb_key_ipv4(__be32 addr)
{
	return (struct op25b_key){ .hi = (u64)ntohl(addr) << 32 };
}

static inline struct op25b_key op25b_skb_key_ipv6(const struct in6_addr *addr)
{
	return (struct op25b_key){
		.hi = get_unaligned_be64(&addr->s6_addr[0]),
		.lo = get_unaligned_be64(&addr->s6_addr[8]),
	};
}

static __always_inline struct op25b_key op25b_skb_src(const struct sk_buff *skb,
						      enum op25b_family family)
{
	if (family == OP25B_IPV4)
		return op25b_skb_key_ipv4(((const struct iphdr *)skb->data)->saddr);
	return op25b_skb_key_ipv6(&((const struct ipv6hdr *)skb->data)->saddr);
}

static __always_inline struct op25b_key op25b_skb_dst(const struct sk_buff *skb,
						      enum op25b_family family)
{
	if (family == OP25B_IPV4)
		return op25b_skb_key_ipv4(((const struct iphdr *)skb->data)->daddr);
	return op25b_skb_key_ipv6(&((const struct ipv6hdr *)skb->data)->daddr);
}

/* The destination of the IPv4 packet inside at @inner; false if it cannot be read */
static inline bool op25b_skb_inner_dst(const struct sk_buff *skb, unsigned int inner,
				       struct op25b_key *dst)
{
	__be32 buf;
	const __be32 *addr = skb_header_pointer(skb, inner + offsetof(struct iphdr, daddr),
						sizeof(buf), &buf);

	if (addr)
		*dst = op25b_skb_key_ipv4(*addr);
	return addr;
}

#endif /* _OP25B_SKB_H */
