/* SPDX-License-Identifier: GPL-2.0 */
/*
 * linux/skbuff.h for user space: a packet in two pieces, the first of which is linear, and where its
 * checksum is to be filled in
 */
#ifndef _SHIM_LINUX_SKBUFF_H
#define _SHIM_LINUX_SKBUFF_H

#include <string.h>

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/types.h>

struct net_device;

struct sk_buff {
	struct net_device *dev;
	u8 *data;
	unsigned int len;	/* of both pieces */
	unsigned int data_len;	/* of the second piece */
	const u8 *rest;		/* the second piece */
	u8 pkt_type:3;
	u8 ip_summed:2;
	int csum_start;		/* relative to data */
	u16 csum_offset;
	struct {
		int iif;
		u16 flags;
	} cb;
	void *nfct;
	int nfctinfo;
};

enum { CHECKSUM_NONE, CHECKSUM_UNNECESSARY, CHECKSUM_COMPLETE, CHECKSUM_PARTIAL };

static inline int skb_checksum_start_offset(const struct sk_buff *skb)
{
	return skb->csum_start;
}

static inline unsigned int skb_headlen(const struct sk_buff *skb)
{
	return skb->len - skb->data_len;
}

static inline void *skb_header_pointer(const struct sk_buff *skb, int offset, int len, void *buf)
{
	int i, head = skb_headlen(skb);

	if (offset + len <= head)
		return skb->data + offset;
	if (offset + len > (int)skb->len)
		return NULL;
	for (i = 0; i < len; i++, offset++)
		((u8 *)buf)[i] = offset < head ? skb->data[offset] : skb->rest[offset - head];
	return buf;
}

static inline struct iphdr *ip_hdr(const struct sk_buff *skb)
{
	return (void *)skb->data;
}

static inline struct ipv6hdr *ipv6_hdr(const struct sk_buff *skb)
{
	return (void *)skb->data;
}

#endif /* _SHIM_LINUX_SKBUFF_H */
