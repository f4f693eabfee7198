/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The classification of packets, written a second time and independently of core/classify.c: the
 * unit tests, the fuzzers and the proofs compare it with this
 */
#ifndef _SPEC_H
#define _SPEC_H

#include "classify.h"

/* Each function classifies a packet of @n bytes from offset @at on, which may be beyond its end. */

static inline enum op25b_pkt_type spec_tcp(const __u8 *packet, int n, int at)
{
	int left = n - at;
	bool from_25 = left >= 2 && packet[at] == 0 && packet[at + 1] == 25;
	bool to_25 = left >= 4 && packet[at + 2] == 0 && packet[at + 3] == 25;

	if (left < 4 || (left < 14 && to_25))
		return OP25B_PKT_MALFORMED;
	if (left >= 14 && to_25 && (packet[at + 13] & 0x12) == 0x02)
		return OP25B_PKT_SYN;
	if (left >= 14 && from_25 && (packet[at + 13] & 0x12) == 0x12)
		return OP25B_PKT_SYNACK;
	return OP25B_PKT_NONE;
}

static inline enum op25b_pkt_type spec_ipv4(const __u8 *packet, int n)
{
	int header = n ? packet[0] % 16 * 4 : 0;
	int fragment = n >= 8 ? (packet[6] % 32 * 256 + packet[7]) * 8 : 0;

	if (n < 20)
		return OP25B_PKT_MALFORMED;
	if (packet[9] != 6 || fragment > 8)
		return OP25B_PKT_NONE;
	if (fragment == 8 || header < 20)
		return OP25B_PKT_MALFORMED;
	return spec_tcp(packet, n, header);
}

static inline enum op25b_pkt_type spec_inner(const __u8 *packet, int n, int at)
{
	int left = n > at ? n - at : 0;
	int inner_len = left >= 4 ? packet[at + 2] * 256 + packet[at + 3] : 0;

	if (left < 20)
		return OP25B_PKT_MALFORMED;
	return spec_ipv4(packet + at, inner_len && inner_len < left ? inner_len : left);
}

static inline enum op25b_pkt_type spec_ipv6_header(const __u8 *packet, int n, int at,
						   int next_header, bool softwire)
{
	bool there = n - at >= 8;
	int len = 8, fragment = 0;

	switch (next_header) {
	case 4:
		return softwire ? spec_inner(packet, n, at) : OP25B_PKT_NONE;
	case 6:
		return softwire ? OP25B_PKT_NONE : spec_tcp(packet, n, at);
	case 0:
	case 43:
	case 60:
	case 135:
	case 139:
	case 140:
		len = there ? packet[at + 1] * 8 + 8 : 0;
		break;
	case 51:
		len = there ? packet[at + 1] * 4 + 8 : 0;
		break;
	case 44:
		fragment = there ? (packet[at + 2] * 256 + packet[at + 3]) / 8 * 8 : 0;
		break;
	default:
		return OP25B_PKT_NONE;
	}
	if (!there || (fragment && fragment <= (softwire ? 72 : 8)))
		return OP25B_PKT_MALFORMED;
	if (fragment)
		return OP25B_PKT_NONE;
	return spec_ipv6_header(packet, n, at + len, packet[at], softwire);
}

static inline enum op25b_pkt_type spec_ipv6(const __u8 *packet, int n)
{
	return n < 40 ? OP25B_PKT_MALFORMED : spec_ipv6_header(packet, n, 40, packet[6], false);
}

static inline enum op25b_pkt_type spec_softwire(const __u8 *packet, int n)
{
	return n < 40 ? OP25B_PKT_MALFORMED : spec_ipv6_header(packet, n, 40, packet[6], true);
}

#endif /* _SPEC_H */
