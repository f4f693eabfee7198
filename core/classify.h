/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a packet is, from its bytes alone
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
 * enum op25b_shape - what a packet's bytes say
 * @OP25B_SHAPE_NONE: nothing that opens port 25
 * @OP25B_SHAPE_SYN: TCP to port 25, SYN set, ACK clear: of class syn for the pool of its source, of
 *		     class inbound for the pool of its destination
 * @OP25B_SHAPE_SYNACK: TCP from port 25, SYN and ACK set
 * @OP25B_SHAPE_MALFORMED: TCP that cannot be judged and that could still open port 25
 * @OP25B_SHAPE_UNDECIDED: only from op25b_peek_ipv4() and op25b_peek_ipv6(): take a closer look
 */
enum op25b_shape {
	OP25B_SHAPE_NONE,
	OP25B_SHAPE_SYN,
	OP25B_SHAPE_SYNACK,
	OP25B_SHAPE_MALFORMED,
	OP25B_SHAPE_UNDECIDED,
};

/**
 * struct op25b_packet - a packet's bytes, wherever they are
 * @len: how many bytes it has, from its IP header on
 * @read: gives a pointer to @n bytes at @off, which are in @buf or stay where they are; NULL if
 *	  they cannot be had. Asked only for bytes below @len, and for at most 40 at a time.
 */
struct op25b_packet {
	unsigned int len;
	const void *(*read)(const struct op25b_packet *packet, unsigned int off, unsigned int n,
			    void *buf);
};

enum op25b_shape op25b_classify_ipv4(const struct op25b_packet *packet);
enum op25b_shape op25b_classify_ipv6(const struct op25b_packet *packet);

/* The bytes of a TCP header up to the end of its destination port, and of its flags. */
#define OP25B_TCP_PORTS_END	4
#define OP25B_TCP_FLAGS_END	14

#define OP25B_TCP_SYN		0x02
#define OP25B_TCP_ACK		0x10

/**
 * op25b_tcp_shape() - what a TCP header says
 * @tcp: its first OP25B_TCP_FLAGS_END bytes at least
 *
 * Return: the shape, never OP25B_SHAPE_UNDECIDED.
 */
static inline enum op25b_shape op25b_tcp_shape(const void *tcp)
{
	const __be16 *port = tcp;
	const __u8 *byte = tcp;

	if (port[1] == htons(OP25B_PORT)) {
		if ((byte[13] & (OP25B_TCP_SYN | OP25B_TCP_ACK)) == OP25B_TCP_SYN)
			return OP25B_SHAPE_SYN;
	}
	if (port[0] == htons(OP25B_PORT)) {
		if ((byte[13] & (OP25B_TCP_SYN | OP25B_TCP_ACK)) == (OP25B_TCP_SYN | OP25B_TCP_ACK))
			return OP25B_SHAPE_SYNACK;
	}
	return OP25B_SHAPE_NONE;
}

/**
 * op25b_peek_ipv4() - the quick look at almost every packet
 * @data: the packet, from its IP header on
 * @n: how many of its bytes are at @data
 *
 * Return: the shape that op25b_classify_ipv4() gives, or OP25B_SHAPE_UNDECIDED.
 */
static inline enum op25b_shape op25b_peek_ipv4(const void *data, unsigned int n)
{
	const struct iphdr *ip = data;

	if (n < sizeof(*ip))
		return OP25B_SHAPE_UNDECIDED;
	if (ip->protocol != IPPROTO_TCP)
		return OP25B_SHAPE_NONE;
	/* no options, and neither "more fragments" nor an offset: all but "don't fragment" */
	if (*(const __u8 *)data != 0x45 || (ip->frag_off & htons(0x3fff)) ||
	    n < sizeof(*ip) + OP25B_TCP_FLAGS_END)
		return OP25B_SHAPE_UNDECIDED;
	return op25b_tcp_shape(ip + 1);
}

/**
 * op25b_peek_ipv6() - the quick look at almost every packet
 * @data: the packet, from its IPv6 header on
 * @n: how many of its bytes are at @data
 *
 * Return: the shape that op25b_classify_ipv6() gives, or OP25B_SHAPE_UNDECIDED.
 */
static inline enum op25b_shape op25b_peek_ipv6(const void *data, unsigned int n)
{
	const struct ipv6hdr *ip6 = data;

	if (n < sizeof(*ip6))
		return OP25B_SHAPE_UNDECIDED;
	if (ip6->nexthdr == IPPROTO_TCP && n >= sizeof(*ip6) + OP25B_TCP_FLAGS_END)
		return op25b_tcp_shape(ip6 + 1);
	if (ip6->nexthdr == IPPROTO_UDP || ip6->nexthdr == IPPROTO_ICMPV6)
		return OP25B_SHAPE_NONE;
	return OP25B_SHAPE_UNDECIDED;
}

#endif /* _OP25B_CLASSIFY_H */
