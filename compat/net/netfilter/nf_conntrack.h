/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_NET_NETFILTER_NF_CONNTRACK_H
#define _OP25B_COMPAT_NET_NETFILTER_NF_CONNTRACK_H

/*
 * The kernel's header does not compile if the kernel is configured without connection tracking.
 * This depends on the configuration, not on the version.
 */
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
#include_next <net/netfilter/nf_conntrack.h>
#else
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/skbuff.h>

static inline struct nf_conn *nf_ct_get(const struct sk_buff *skb, enum ip_conntrack_info *info)
{
	*info = IP_CT_ESTABLISHED;
	return NULL;
}
#endif

#endif /* _OP25B_COMPAT_NET_NETFILTER_NF_CONNTRACK_H */
