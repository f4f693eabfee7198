/* SPDX-License-Identifier: GPL-2.0 */
/* net/netfilter/nf_log.h for user space: the test stands in for the loggers */
#ifndef _SHIM_NET_NETFILTER_NF_LOG_H
#define _SHIM_NET_NETFILTER_NF_LOG_H

#include <linux/netfilter.h>
#include <linux/types.h>

enum nf_log_type { NF_LOG_TYPE_LOG, NF_LOG_TYPE_ULOG };

struct nf_loginfo {
	u8 type;
	union {
		struct {
			u32 copy_len;
			u16 group;
			u16 qthreshold;
			u16 flags;
		} ulog;
	} u;
};

int nf_logger_find_get(int pf, enum nf_log_type type);
void nf_logger_put(int pf, enum nf_log_type type);

__attribute__((format(printf, 8, 9)))
void nf_log_packet(struct net *net, u8 pf, unsigned int hooknum, const struct sk_buff *skb,
		   const struct net_device *in, const struct net_device *out,
		   const struct nf_loginfo *info, const char *format, ...);

#endif /* _SHIM_NET_NETFILTER_NF_LOG_H */
