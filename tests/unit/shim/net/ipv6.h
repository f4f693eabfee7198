/* SPDX-License-Identifier: GPL-2.0 */
/* net/ipv6.h for user space: no packet here has extension headers */
#ifndef _SHIM_NET_IPV6_H
#define _SHIM_NET_IPV6_H

#include <linux/types.h>

struct sk_buff;

static inline int ipv6_skip_exthdr(const struct sk_buff *skb, int start, u8 *nexthdr,
				   __be16 *frag_off)
{
	return -1;
}

#endif /* _SHIM_NET_IPV6_H */
