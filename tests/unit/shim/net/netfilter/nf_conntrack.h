/* SPDX-License-Identifier: GPL-2.0 */
/* net/netfilter/nf_conntrack.h for user space: the conntrack mark of a packet */
#ifndef _SHIM_NET_NETFILTER_NF_CONNTRACK_H
#define _SHIM_NET_NETFILTER_NF_CONNTRACK_H

#include <linux/skbuff.h>

enum ip_conntrack_info {
	IP_CT_NEW = 2,
	IP_CT_UNTRACKED = 7,
};

static inline void *nf_ct_get(const struct sk_buff *skb, enum ip_conntrack_info *info)
{
	*info = skb->nfctinfo;
	return skb->nfct;
}

#endif /* _SHIM_NET_NETFILTER_NF_CONNTRACK_H */
