/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verdict table said again, in other words than core/classify.c: what the unit tests, the
 * fuzzers and the proofs compare it with
 */
#ifndef _SPEC_H
#define _SPEC_H

#include "classify.h"

/* TCP of which @n bytes are there */
static inline enum op25b_shape spec_tcp(const __u8 *tcp, int n)
{
	bool from_25 = n >= 2 && tcp[0] == 0 && tcp[1] == 25;
	bool to_25 = n >= 4 && tcp[2] == 0 && tcp[3] == 25;

	if (n < 4 || (n < 14 && to_25))
		return OP25B_SHAPE_MALFORMED;
	if (n >= 14 && to_25 && (tcp[13] & 0x12) == 0x02)
		return OP25B_SHAPE_SYN;
	if (n >= 14 && from_25 && (tcp[13] & 0x12) == 0x12)
		return OP25B_SHAPE_SYNACK;
	return OP25B_SHAPE_NONE;
}

static inline enum op25b_shape spec_ipv4(const __u8 *ip, int n)
{
	int header = n ? ip[0] % 16 * 4 : 0;
	int fragment = n >= 8 ? (ip[6] % 32 * 256 + ip[7]) * 8 : 0;

	if (n < 20)
		return OP25B_SHAPE_MALFORMED;
	if (ip[9] != 6 || fragment > 8)
		return OP25B_SHAPE_NONE;
	if (fragment == 8 || header < 20)
		return OP25B_SHAPE_MALFORMED;
	return spec_tcp(ip + header, n - header);
}

/* The header of type @type, of which @n bytes are there, and what is behind it */
static inline enum op25b_shape spec_ipv6_header(const __u8 *header, int n, unsigned int type)
{
	int len = 8, fragment = 0;

	switch (type) {
	case 6:
		return spec_tcp(header, n);
	case 0:
	case 43:
	case 60:
	case 135:
	case 139:
	case 140:
		len = n >= 8 ? header[1] * 8 + 8 : 0;
		break;
	case 51:
		len = n >= 8 ? header[1] * 4 + 8 : 0;
		break;
	case 44:
		fragment = n >= 8 ? (header[2] * 256 + header[3]) / 8 * 8 : 0;
		break;
	default:
		return OP25B_SHAPE_NONE;
	}
	if (n < 8 || fragment == 8)
		return OP25B_SHAPE_MALFORMED;
	if (fragment)
		return OP25B_SHAPE_NONE;
	return spec_ipv6_header(header + len, n - len, header[0]);
}

static inline enum op25b_shape spec_ipv6(const __u8 *ip, int n)
{
	return n < 40 ? OP25B_SHAPE_MALFORMED : spec_ipv6_header(ip + 40, n - 40, ip[6]);
}

#endif /* _SPEC_H */
