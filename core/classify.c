// SPDX-License-Identifier: GPL-2.0
/*
 * What a packet is, from its bytes alone
 *
 * A receiver opens a connection by the flags and ports that it sees once it has put the packet
 * together, so the question is never only what this packet holds, but what it can become:
 *
 * - The ports and flags of TCP lie in its first 14 bytes. A first fragment that holds them is
 *   judged by them. One that ends before them is malformed: the rest comes in a fragment that no
 *   longer looks like TCP (RFC 1858, "tiny fragment attack"). If it holds the port and that is
 *   not 25, it opens nothing here.
 * - A fragment at offset 8 can lay other flags over those that were judged (RFC 3128). None of the
 *   fragments that hosts send starts there.
 * - IPv6 hides TCP behind extension headers. A first fragment has to hold them all (RFC 7112). Only
 *   its next header counts, that of later fragments is read by nobody (RFC 8200, 4.5): at offset 8
 *   they are malformed whatever they say they are.
 * - Other later fragments pass: without a first one they are useless. Where TCP lies behind
 *   extension headers of the fragmented part, they could rewrite it further on, but only for a
 *   receiver that takes overlapping fragments, which IPv6 forbids (RFC 5722).
 */
#include "classify.h"

/* RFC 7045 lists the extension headers; all but the fragment's have their length in byte 1. */
#define IP6_HOPOPTS	0
#define IP6_ROUTING	43
#define IP6_FRAGMENT	44
#define IP6_AUTH	51
#define IP6_DSTOPTS	60
#define IP6_MOBILITY	135
#define IP6_HIP		139
#define IP6_SHIM6	140

/* An IPv6 fragment header */
#define IP6_FRAG_LEN	8
#define IP6_FRAG_OFFSET	0xfff8	/* of the 16 bits behind next header and reserved byte */

#define IP4_FRAG_OFFSET	0x1fff	/* in units of 8 bytes */

static unsigned int be16(const __u8 *p)
{
	return p[0] << 8 | p[1];
}

/* @n bytes at @off, or NULL if the packet ends before. */
static const __u8 *bytes(const struct op25b_packet *packet, unsigned int off, unsigned int n,
			 void *buf)
{
	if (off > packet->len || packet->len - off < n)
		return NULL;
	return packet->read(packet, off, n, buf);
}

/* TCP that starts at @off: in a whole packet or a first fragment. */
static enum op25b_shape classify_tcp(const struct op25b_packet *packet, unsigned int off)
{
	__be16 buf[OP25B_TCP_FLAGS_END / sizeof(__be16)];
	const __u8 *tcp;

	tcp = bytes(packet, off, OP25B_TCP_FLAGS_END, buf);
	if (tcp)
		return op25b_tcp_shape(tcp);

	tcp = bytes(packet, off, OP25B_TCP_PORTS_END, buf);
	if (tcp && be16(tcp + 2) != OP25B_PORT)
		return OP25B_SHAPE_NONE;
	return OP25B_SHAPE_MALFORMED;
}

/**
 * op25b_classify_ipv4() - what an IPv4 packet is
 * @packet: its bytes
 *
 * Return: the shape, never OP25B_SHAPE_UNDECIDED.
 */
enum op25b_shape op25b_classify_ipv4(const struct op25b_packet *packet)
{
	unsigned int header_len, offset;
	__be32 buf[5];
	const __u8 *ip;

	ip = bytes(packet, 0, sizeof(buf), buf);
	if (!ip)
		return OP25B_SHAPE_MALFORMED;
	if (ip[9] != IPPROTO_TCP)
		return OP25B_SHAPE_NONE;

	offset = be16(ip + 6) & IP4_FRAG_OFFSET;
	if (offset)
		return offset == 1 ? OP25B_SHAPE_MALFORMED : OP25B_SHAPE_NONE;

	header_len = (ip[0] & 0xf) * 4;
	if (header_len < sizeof(buf))
		return OP25B_SHAPE_MALFORMED;
	return classify_tcp(packet, header_len);
}

/* The length of the extension header of type @type at @header, or 0 if it is none. */
static unsigned int extension_len(unsigned int type, const __u8 *header)
{
	switch (type) {
	case IP6_HOPOPTS:
	case IP6_ROUTING:
	case IP6_DSTOPTS:
	case IP6_MOBILITY:
	case IP6_HIP:
	case IP6_SHIM6:
		return (header[1] + 1) * 8;
	case IP6_AUTH:
		return (header[1] + 2) * 4;
	case IP6_FRAGMENT:
		return IP6_FRAG_LEN;
	default:
		return 0;
	}
}

static bool is_extension(unsigned int type)
{
	static const __u8 empty[2];

	return extension_len(type, empty) != 0;
}

/**
 * op25b_classify_ipv6() - what an IPv6 packet is
 * @packet: its bytes
 *
 * Every extension header is at least 8 bytes long, so the walk ends with the packet.
 *
 * Return: the shape, never OP25B_SHAPE_UNDECIDED.
 */
enum op25b_shape op25b_classify_ipv6(const struct op25b_packet *packet)
{
	unsigned int type, offset, off = sizeof(struct ipv6hdr);
	__be64 buf[5];
	const __u8 *p;

	p = bytes(packet, 0, off, buf);
	if (!p)
		return OP25B_SHAPE_MALFORMED;

	for (type = p[6]; is_extension(type); type = p[0]) {
		p = bytes(packet, off, 8, buf);
		if (!p)
			return OP25B_SHAPE_MALFORMED;
		if (type == IP6_FRAGMENT) {
			offset = be16(p + 2) & IP6_FRAG_OFFSET;
			if (offset)
				return offset == 8 ? OP25B_SHAPE_MALFORMED : OP25B_SHAPE_NONE;
		}
		off += extension_len(type, p);
	}
	return type == IPPROTO_TCP ? classify_tcp(packet, off) : OP25B_SHAPE_NONE;
}
