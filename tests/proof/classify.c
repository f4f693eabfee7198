// SPDX-License-Identifier: GPL-2.0
/*
 * core/classify.c and core/classify.h, for every packet of up to 128 bytes
 *
 * Each function without "static" is a proof of its own. CBMC also checks that no access is out of
 * bounds, and that every loop ends.
 */
#include <stdlib.h>

#include "classify.h"
#include "proof.h"
#include "spec.h"

#define LEN_MAX 128

static __u8 data[LEN_MAX], other[LEN_MAX];
static bool may_fail;

/* Return memory of exactly the requested size. */
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

static enum op25b_pkt_type classify(struct op25b_packet *packet, bool ipv6)
{
	return ipv6 ? op25b_classify_ipv6(packet) : op25b_classify_ipv4(packet);
}

static enum op25b_pkt_type spec(const struct op25b_packet *packet, bool ipv6)
{
	return ipv6 ? spec_ipv6(data, packet->len) : spec_ipv4(data, packet->len);
}

static void prove_spec(bool ipv6)
{
	struct op25b_packet packet = any_packet();

	PROVE(classify(&packet, ipv6) == spec(&packet, ipv6), "agrees with the specification");
}

void classify_ipv4(void)
{
	prove_spec(false);
}

void classify_ipv6(void)
{
	prove_spec(true);
}

/* Whatever changes behind the bytes that the type was read from, it remains the same. */
static void prove_judged(bool ipv6)
{
	struct op25b_packet packet = any_packet();
	enum op25b_pkt_type type = classify(&packet, ipv6);
	unsigned int i;

	ASSUME(type != OP25B_PKT_MALFORMED);
	__CPROVER_havoc_object(other);
	for (i = 0; i < LEN_MAX; i++) {
		if (i >= packet.judged)
			data[i] = other[i];
	}
	PROVE(type == spec(&packet, ipv6), "is read from nothing else");
}

void judged_ipv4(void)
{
	prove_judged(false);
}

void judged_ipv6(void)
{
	prove_judged(true);
}

/*
 * If bytes cannot be read, a packet may become malformed, and a SYN, ACK may become of no type; but
 * a SYN never passes.
 */
static void prove_unreadable(bool ipv6)
{
	struct op25b_packet packet = any_packet();
	enum op25b_pkt_type type, expected;

	may_fail = true;
	type = classify(&packet, ipv6);
	expected = spec(&packet, ipv6);
	PROVE(type == expected || type == OP25B_PKT_MALFORMED ||
	      (type == OP25B_PKT_NONE && expected == OP25B_PKT_SYNACK),
	      "a packet that cannot be read does not open port 25");
}

void unreadable_ipv4(void)
{
	prove_unreadable(false);
}

void unreadable_ipv6(void)
{
	prove_unreadable(true);
}

static enum op25b_pkt_type peek(const __u8 *bytes, unsigned int n, bool ipv6)
{
	return ipv6 ? op25b_peek_ipv6(bytes, n) : op25b_peek_ipv4(bytes, n);
}

/* The quick functions, given the first n bytes of a packet */
static void prove_peek(bool ipv6)
{
	struct op25b_packet packet = any_packet();
	unsigned int n = nondet_uint();
	enum op25b_pkt_type type;

	/* the IP header is there: ip_rcv() and ip6_rcv() have pulled it */
	ASSUME(n >= (ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr)) && n <= packet.len);
	type = peek(data, n, ipv6);
	PROVE(type == OP25B_PKT_UNDECIDED || type == spec(&packet, ipv6),
	      "agrees with the specification, or is undecided");

	/* again with the bytes at the end of an object, so that reading beyond them is an error */
	peek(data + LEN_MAX - n, n, ipv6);
}

void peek_ipv4(void)
{
	prove_peek(false);
}

void peek_ipv6(void)
{
	prove_peek(true);
}
