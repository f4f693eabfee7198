/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints, for bpftrace, perf and trace-cmd
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM op25b

#if !defined(_OP25B_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _OP25B_TRACE_H

#include <linux/if.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <net/ipv6.h>

#include "op25b_policy.h"

/* so that the values are in the format that user space reads */
TRACE_DEFINE_ENUM(OP25B_CLASS_SYN);
TRACE_DEFINE_ENUM(OP25B_CLASS_MALFORMED);
TRACE_DEFINE_ENUM(OP25B_CLASS_SYNACK);
TRACE_DEFINE_ENUM(OP25B_CLASS_INBOUND);
TRACE_DEFINE_ENUM(OP25B_CLASS_SPOOFED);
TRACE_DEFINE_ENUM(OP25B_VERDICT_BLOCKED);
TRACE_DEFINE_ENUM(OP25B_VERDICT_OBSERVED);
TRACE_DEFINE_ENUM(OP25B_VERDICT_RELAYED);
TRACE_DEFINE_ENUM(OP25B_VERDICT_EXEMPTED);

#define op25b_show_class(class)						\
	__print_symbolic(class,						\
			 { OP25B_CLASS_SYN, "syn" },			\
			 { OP25B_CLASS_MALFORMED, "malformed" },	\
			 { OP25B_CLASS_SYNACK, "synack" },		\
			 { OP25B_CLASS_INBOUND, "inbound" },		\
			 { OP25B_CLASS_SPOOFED, "spoofed" })

#define op25b_show_verdict(verdict)					\
	__print_symbolic(verdict,					\
			 { OP25B_VERDICT_BLOCKED, "blocked" },		\
			 { OP25B_VERDICT_OBSERVED, "observed" },	\
			 { OP25B_VERDICT_RELAYED, "relayed" },		\
			 { OP25B_VERDICT_EXEMPTED, "exempted" })

/*
 * A packet that a pool has counted. The addresses are as in sock:inet_sock_set_state: those of an
 * IPv4 packet are in the fields for IPv6, too, IPv4-mapped.
 */
TRACE_EVENT(op25b_verdict,
	TP_PROTO(const struct op25b_pool *of, enum op25b_class class_of,
		 enum op25b_verdict verdict_of, const struct sk_buff *skb,
		 const struct nf_hook_state *state, enum op25b_family version),

	TP_ARGS(of, class_of, verdict_of, skb, state, version),

	TP_STRUCT__entry(
		__array(char, pool, OP25B_POOL_NAME_MAX + 1)
		__array(char, dev, IFNAMSIZ)
		__field(u8, class)
		__field(u8, verdict)
		__field(u16, family)
		__array(u8, saddr, 4)
		__array(u8, daddr, 4)
		__array(u8, saddr_v6, 16)
		__array(u8, daddr_v6, 16)
	),

	TP_fast_assign(
		struct in6_addr *saddr = (struct in6_addr *)__entry->saddr_v6;
		struct in6_addr *daddr = (struct in6_addr *)__entry->daddr_v6;

		memcpy(__entry->pool, of->name, sizeof(__entry->pool));
		memset(__entry->dev, 0, sizeof(__entry->dev));
		if (state->in)
			strscpy(__entry->dev, state->in->name, sizeof(__entry->dev));
		__entry->class = class_of;
		__entry->verdict = verdict_of;
		memset(__entry->saddr, 0, sizeof(__entry->saddr));
		memset(__entry->daddr, 0, sizeof(__entry->daddr));
		if (version == OP25B_IPV4) {
			__entry->family = AF_INET;
			memcpy(__entry->saddr, &ip_hdr(skb)->saddr, sizeof(__entry->saddr));
			memcpy(__entry->daddr, &ip_hdr(skb)->daddr, sizeof(__entry->daddr));
			ipv6_addr_set_v4mapped(ip_hdr(skb)->saddr, saddr);
			ipv6_addr_set_v4mapped(ip_hdr(skb)->daddr, daddr);
		} else {
			__entry->family = AF_INET6;
			*saddr = ipv6_hdr(skb)->saddr;
			*daddr = ipv6_hdr(skb)->daddr;
		}
	),

	TP_printk("pool=%s class=%s verdict=%s dev=%s saddr=%pI4 daddr=%pI4 saddrv6=%pI6c daddrv6=%pI6c",
		  __entry->pool, op25b_show_class(__entry->class),
		  op25b_show_verdict(__entry->verdict), __entry->dev, __entry->saddr,
		  __entry->daddr, __entry->saddr_v6, __entry->daddr_v6)
);

#endif /* _OP25B_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE op25b_trace

/* This part must be outside protection. */
#include <trace/define_trace.h>
