// SPDX-License-Identifier: GPL-2.0
/*
 * Classification of a packet by its bytes alone
 *
 * A receiver opens a connection by the ports and flags of the reassembled packet. So it is not
 * enough to know what a packet contains: what matters is what it can become.
 *
 * - The ports and flags of TCP are in the first 14 bytes of its header. A first fragment that has
 *   these bytes is judged by them. One that ends before them is malformed, because the rest follows
 *   in a fragment that does not look like TCP (the tiny fragment attack, RFC 1858). If it has the
 *   destination port, and that is not 25, it cannot open port 25.
 * - A fragment at offset 8 can overwrite flags that were judged (RFC 3128). No host sends fragments
 *   so small that the second one starts there.
 * - IPv6 may have extension headers before TCP. A first fragment has to contain all of them (RFC
 *   7112). Receivers take the next header from the first fragment and ignore that of later ones
 *   (RFC 8200, 4.5), so that a fragment at offset 8 is malformed whatever its next header is.
 * - Other later fragments pass, because they are useless without a first one. If the fragmentable
 *   part begins with extension headers, a later fragment could overwrite the flags at a greater
 *   offset, but only for a receiver that accepts overlapping fragments, which RFC 5722 forbids.
 *
 * A softwire (DS-Lite, MAP-E) has IPv4 inside IPv6, and its end judges the inner packet as one that
 * came by itself. So does op25b_classify_softwire(), by the same rules, whatever is around it:
 *
 * - The outer packet may be in fragments (RFC 6333, 5.3). The first one is an inner packet that
 *   ends early. The flags of TCP end 74 bytes after the beginning of an IPv4 header with all
 *   options, so that a fragment at an offset below that is malformed.
 * - The inner packet ends where its own length says, if that is before the end of the outer one:
 *   bytes behind it could pretend to be the flags that a first fragment inside lacks.
 */
#include "classify.h"

/* Extension headers (RFC 7045). All of them but the fragment header have their length in byte 1. */
#define IP6_HOPOPTS	0
#define IP6_ROUTING	43
#define IP6_FRAGMENT	44
#define IP6_AUTH	51
#define IP6_DSTOPTS	60
#define IP6_MOBILITY	135
#define IP6_HIP		139
#define IP6_SHIM6	140

#define IP6_FRAG_LEN	8
#define IP6_FRAG_OFFSET	0xfff8	/* of the 16 bits at offset 2 */

#define IP4_FRAG_OFFSET	0x1fff	/* in units of 8 bytes */
#define IP4_HEADER_MAX	60

/* What the chain of IPv6 extension headers leads to, besides the next header values */
enum {
	IP6_CUT = 256,		/* nothing: the packet ends before */
	IP6_LATER_FRAGMENT,	/* the middle of a packet */
};

static unsigned int be16(const __u8 *p)
{
	return p[0] << 8 | p[1];
}

/* Read @n bytes at @off. Returns NULL if the packet ends before, or cannot be read. */
static const __u8 *bytes(const struct op25b_packet *packet, unsigned int off, unsigned int n,
			 void *buf)
{
	if (off > packet->len || packet->len - off < n)
		return NULL;
	return packet->read(packet, off, n, buf);
}

/* Classify the TCP header at @off of a packet or a first fragment. */
static enum op25b_pkt_type classify_tcp(struct op25b_packet *packet, unsigned int off)
{
	__be16 buf[OP25B_TCP_FLAGS_END / sizeof(__be16)];
	const __u8 *tcp;

	packet->judged = off + OP25B_TCP_FLAGS_END;
	tcp = bytes(packet, off, OP25B_TCP_FLAGS_END, buf);
	if (tcp)
		return op25b_tcp_type(tcp);

	tcp = bytes(packet, off, OP25B_TCP_PORTS_END, buf);
	if (tcp && be16(tcp + 2) != OP25B_PORT)
		return OP25B_PKT_NONE;
	return OP25B_PKT_MALFORMED;
}

/* Classify the IPv4 packet at @off. */
static enum op25b_pkt_type classify_ipv4(struct op25b_packet *packet, unsigned int off)
{
	unsigned int header_len, offset;
	__be32 buf[5];
	const __u8 *ip;

	ip = bytes(packet, off, sizeof(buf), buf);
	if (!ip)
		return OP25B_PKT_MALFORMED;
	header_len = (ip[0] & 0xf) * 4;
	packet->judged = off + (header_len > sizeof(buf) ? header_len : sizeof(buf));
	if (ip[9] != IPPROTO_TCP)
		return OP25B_PKT_NONE;

	offset = be16(ip + 6) & IP4_FRAG_OFFSET;
	if (offset)
		return offset == 1 ? OP25B_PKT_MALFORMED : OP25B_PKT_NONE;

	if (header_len < sizeof(buf))
		return OP25B_PKT_MALFORMED;
	return classify_tcp(packet, off + header_len);
}

/**
 * op25b_classify_ipv4() - classify an IPv4 packet
 * @packet: the packet
 *
 * Return: the type, never OP25B_PKT_UNDECIDED.
 */
enum op25b_pkt_type op25b_classify_ipv4(struct op25b_packet *packet)
{
	return classify_ipv4(packet, 0);
}

/* The length of the extension header @header, or 0 if @type is not that of an extension header */
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

/*
 * Walk the chain of IPv6 extension headers, which ends with the packet, because each has at least 8
 * bytes. Sets packet->judged to the end of the chain, and @offset to that of a later fragment.
 * Returns the type of what follows.
 */
static unsigned int walk_ipv6(struct op25b_packet *packet, unsigned int *offset)
{
	unsigned int type, off = sizeof(struct ipv6hdr);
	__be64 buf[5];
	const __u8 *p;

	p = bytes(packet, 0, off, buf);
	if (!p)
		return IP6_CUT;

	for (type = p[6]; is_extension(type); type = p[0]) {
		p = bytes(packet, off, 8, buf);
		if (!p)
			return IP6_CUT;
		if (type == IP6_FRAGMENT) {
			*offset = be16(p + 2) & IP6_FRAG_OFFSET;
			if (*offset) {
				packet->judged = off + IP6_FRAG_LEN;
				return IP6_LATER_FRAGMENT;
			}
		}
		off += extension_len(type, p);
	}
	packet->judged = off;
	return type;
}

/**
 * op25b_classify_ipv6() - classify an IPv6 packet
 * @packet: the packet
 *
 * Return: the type, never OP25B_PKT_UNDECIDED.
 */
enum op25b_pkt_type op25b_classify_ipv6(struct op25b_packet *packet)
{
	unsigned int offset;

	switch (walk_ipv6(packet, &offset)) {
	case IPPROTO_TCP:
		return classify_tcp(packet, packet->judged);
	case IP6_CUT:
		return OP25B_PKT_MALFORMED;
	case IP6_LATER_FRAGMENT:
		return offset == 8 ? OP25B_PKT_MALFORMED : OP25B_PKT_NONE;
	default:
		return OP25B_PKT_NONE;
	}
}

/* Classify the IPv4 packet inside @packet at @off. */
static enum op25b_pkt_type classify_inner(struct op25b_packet *packet, unsigned int off)
{
	unsigned int inner_len, len = packet->len;
	enum op25b_pkt_type type;
	__be32 buf[5];
	const __u8 *ip;

	ip = bytes(packet, off, sizeof(buf), buf);
	if (!ip)
		return OP25B_PKT_MALFORMED;
	packet->inner = off;
	packet->judged = off + sizeof(buf);
	/* 0 if GRO has merged more than 65,535 bytes */
	inner_len = be16(ip + 2);
	if (inner_len && inner_len < len - off)
		packet->len = off + inner_len;
	type = classify_ipv4(packet, off);
	packet->len = len;
	return type;
}

/**
 * op25b_classify_softwire() - classify the IPv4 packet that an IPv6 packet has inside
 * @packet: the IPv6 packet
 *
 * What is malformed need not have an IPv4 packet inside: that the bytes leave it open is enough. Of
 * the inner packet, one that is inside it in turn is not looked at.
 *
 * Return: the type, OP25B_PKT_NONE if there is none, never OP25B_PKT_UNDECIDED.
 */
enum op25b_pkt_type op25b_classify_softwire(struct op25b_packet *packet)
{
	unsigned int offset;

	switch (walk_ipv6(packet, &offset)) {
	case IPPROTO_IPIP:
		return classify_inner(packet, packet->judged);
	case IP6_CUT:
		return OP25B_PKT_MALFORMED;
	case IP6_LATER_FRAGMENT:
		return offset < IP4_HEADER_MAX + OP25B_TCP_FLAGS_END ? OP25B_PKT_MALFORMED :
								       OP25B_PKT_NONE;
	default:
		return OP25B_PKT_NONE;
	}
}
