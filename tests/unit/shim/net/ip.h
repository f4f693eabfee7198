/* SPDX-License-Identifier: GPL-2.0 */
/* net/ip.h for user space, and IP6CB() and ipv6_l3mdev_skb() of linux/ipv6.h */
#ifndef _SHIM_NET_IP_H
#define _SHIM_NET_IP_H

#include <linux/skbuff.h>

#define IPCB(skb)	(&(skb)->cb)
#define IP6CB(skb)	(&(skb)->cb)

static inline unsigned int ip_hdrlen(const struct sk_buff *skb)
{
	return ip_hdr(skb)->ihl * 4;
}

static inline bool ipv4_l3mdev_skb(u16 flags)
{
	return flags;
}

static inline bool ipv6_l3mdev_skb(u16 flags)
{
	return flags;
}

#endif /* _SHIM_NET_IP_H */
