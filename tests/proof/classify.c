// SPDX-License-Identifier: GPL-2.0
/*
 * core/classify.c and core/classify.h, for every packet of up to 128 bytes
 *
 * Each function without "static" is a proof, which CBMC runs by itself. That nothing reads beside
 * the memory it was given, and that every loop ends, is checked on the way.
 */
#include <stdlib.h>

#include "classify.h"
#include "proof.h"
#include "spec.h"

#define LEN_MAX 128

static __u8 data[LEN_MAX];
static bool may_fail;

/* Memory of exactly the size asked for */
static const void *read(const struct op25b_packet *packet, unsigned int off, unsigned int n,
			void *buf)
{
	__u8 *copy = malloc(n);
	unsigned int i;

	PROVE(n && n <= 40 && off < packet->len && n <= packet->len - off, "reads inside the packet");
	if (may_fail && nondet_bool())
		return NULL;
	for (i = 0; i < n; i++)
		copy[i] = data[off + i];
	return copy;
}

static struct op25b_packet any_packet(void)
{
	struct op25b_packet packet = { .len = nondet_uint(), .read = read };

	ASSUME(packet.len <= LEN_MAX);
	__CPROVER_havoc_object(data);
	return packet;
}

static enum op25b_pkt_type classify(const struct op25b_packet *packet, bool ipv6)
{
	return ipv6 ? op25b_classify_ipv6(packet) : op25b_classify_ipv4(packet);
}

static enum op25b_pkt_type spec(const struct op25b_packet *packet, bool ipv6)
{
	return ipv6 ? spec_ipv6(data, packet->len) : spec_ipv4(data, packet->len);
}

static void agrees(bool ipv6)
{
	struct op25b_packet packet = any_packet();

	PROVE(classify(&packet, ipv6) == spec(&packet, ipv6), "agrees with the specification");
}

void classify_ipv4(void)
{
	agrees(false);
}

void classify_ipv6(void)
{
	agrees(true);
}

/* Bytes that cannot be had make a packet malformed, if anything, but never open the port. */
static void errs_towards_blocking(bool ipv6)
{
	struct op25b_packet packet = any_packet();
	enum op25b_pkt_type type, expected;

	may_fail = true;
	type = classify(&packet, ipv6);
	expected = spec(&packet, ipv6);
	PROVE(type == expected || type == OP25B_PKT_MALFORMED ||
	      (type == OP25B_PKT_NONE && expected == OP25B_PKT_SYNACK),
	      "what cannot be read does not open port 25");
}

void unreadable_ipv4(void)
{
	errs_towards_blocking(false);
}

void unreadable_ipv6(void)
{
	errs_towards_blocking(true);
}

static enum op25b_pkt_type peek(const __u8 *bytes, unsigned int n, bool ipv6)
{
	return ipv6 ? op25b_peek_ipv6(bytes, n) : op25b_peek_ipv4(bytes, n);
}

/* Of a packet, the first @n bytes are at hand. */
static void peeks(bool ipv6)
{
	struct op25b_packet packet = any_packet();
	unsigned int n = nondet_uint();
	enum op25b_pkt_type type;

	ASSUME(n <= packet.len);
	type = peek(data, n, ipv6);
	PROVE(type == OP25B_PKT_UNDECIDED || type == spec(&packet, ipv6),
	      "agrees with the specification, or leaves it open");

	/* the same where nothing lies behind the bytes at hand */
	peek(data + LEN_MAX - n, n, ipv6);
}

void peek_ipv4(void)
{
	peeks(false);
}

void peek_ipv6(void)
{
	peeks(true);
}
