/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Classification of a packet by its bytes alone
 */
#ifndef _OP25B_CLASSIFY_H
#define _OP25B_CLASSIFY_H

#include <linux/types.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <asm/byteorder.h>

#define OP25B_PORT 25

/**
 * enum op25b_pkt_type - the type of a packet
 * @OP25B_PKT_NONE: any packet that cannot open port 25
 * @OP25B_PKT_SYN: TCP to port 25, SYN set, ACK clear
 * @OP25B_PKT_SYNACK: TCP from port 25, SYN and ACK set
 * @OP25B_PKT_MALFORMED: a packet that cannot be judged and could still open port 25
 * @OP25B_PKT_UNDECIDED: returned by op25b_peek_ipv4() and op25b_peek_ipv6() alone: call
 *			 op25b_classify_ipv4() or op25b_classify_ipv6()
 *
 * The type says nothing of the addresses: a SYN is of class syn for the pool of its source, and of
 * class inbound for the pool of its destination. So is what is malformed, of the class malformed or
 * inbound.
 */
enum op25b_pkt_type {
	OP25B_PKT_NONE,
	OP25B_PKT_SYN,
	OP25B_PKT_SYNACK,
	OP25B_PKT_MALFORMED,
	OP25B_PKT_UNDECIDED,
};

/**
 * struct op25b_packet - access to the bytes of a packet
 * @len: the length of the packet, from its IP header on
 * @judged: set by the functions that classify a packet: the type was read from the bytes before
 *	    this offset. It remains the same if those from there on change, which may be beyond
 *	    the end of the packet. Without meaning for OP25B_PKT_MALFORMED.
 * @inner: set by op25b_classify_softwire(): the offset of the IPv4 header inside, which is all
 *	   there, but for options, and lies before @judged; otherwise unchanged
 * @read: returns a pointer to the @n bytes at @off, which it copies to @buf if need be; NULL if
 *	  they cannot be read. Called for bytes below @len only, and for at most 40 at a time.
 */
struct op25b_packet {
	unsigned int len;
	unsigned int judged;
	unsigned int inner;
	const void *(*read)(const struct op25b_packet *packet, unsigned int off, unsigned int n,
			    void *buf);
};

enum op25b_pkt_type op25b_classify_ipv4(struct op25b_packet *packet);
enum op25b_pkt_type op25b_classify_ipv6(struct op25b_packet *packet);
enum op25b_pkt_type op25b_classify_softwire(struct op25b_packet *packet);

/* Where the destination port and the flags end in a TCP header */
#define OP25B_TCP_PORTS_END	4
#define OP25B_TCP_FLAGS_END	14

#define OP25B_TCP_SYN		0x02
#define OP25B_TCP_ACK		0x10

/**
 * op25b_tcp_type() - classify a TCP header
 * @tcp: at least its first OP25B_TCP_FLAGS_END bytes
 *
 * Return: the type, never OP25B_PKT_UNDECIDED.
 */
static inline enum op25b_pkt_type op25b_tcp_type(const void *tcp)
{
	const __be16 *port = tcp;
	const __u8 *byte = tcp;

	if (port[1] == htons(OP25B_PORT)) {
		if ((byte[13] & (OP25B_TCP_SYN | OP25B_TCP_ACK)) == OP25B_TCP_SYN)
			return OP25B_PKT_SYN;
	}
	if (port[0] == htons(OP25B_PORT)) {
		if ((byte[13] & (OP25B_TCP_SYN | OP25B_TCP_ACK)) == (OP25B_TCP_SYN | OP25B_TCP_ACK))
			return OP25B_PKT_SYNACK;
	}
	return OP25B_PKT_NONE;
}

/**
 * op25b_peek_ipv4() - classify an IPv4 packet if that is quickly done
 * @data: the packet, from its IP header on
 * @n: the number of its bytes at @data, which hold the IP header, but for options
 *
 * Return: the type that op25b_classify_ipv4() would return, or OP25B_PKT_UNDECIDED.
 */
static inline enum op25b_pkt_type op25b_peek_ipv4(const void *data, unsigned int n)
{
	const struct iphdr *ip = data;

	if (ip->protocol != IPPROTO_TCP)
		return OP25B_PKT_NONE;
	/* options, a fragment (any bit but DF), or a header that is not all there */
	if (*(const __u8 *)data != 0x45 || (ip->frag_off & htons(0x3fff)) ||
	    n < sizeof(*ip) + OP25B_TCP_FLAGS_END)
		return OP25B_PKT_UNDECIDED;
	return op25b_tcp_type(ip + 1);
}

/**
 * op25b_peek_ipv6() - classify an IPv6 packet if that is quickly done
 * @data: the packet, from its IP header on
 * @n: the number of its bytes at @data, which hold the IP header
 *
 * Return: the type that op25b_classify_ipv6() would return, or OP25B_PKT_UNDECIDED.
 */
static inline enum op25b_pkt_type op25b_peek_ipv6(const void *data, unsigned int n)
{
	const struct ipv6hdr *ip6 = data;

	if (ip6->nexthdr == IPPROTO_TCP && n >= sizeof(*ip6) + OP25B_TCP_FLAGS_END)
		return op25b_tcp_type(ip6 + 1);
	if (ip6->nexthdr == IPPROTO_UDP || ip6->nexthdr == IPPROTO_ICMPV6)
		return OP25B_PKT_NONE;
	return OP25B_PKT_UNDECIDED;
}

#endif /* _OP25B_CLASSIFY_H */
