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

enum kind { IPV4, IPV6, SOFTWIRE };

static enum op25b_pkt_type classify(struct op25b_packet *packet, enum kind kind)
{
	if (kind == SOFTWIRE)
		return op25b_classify_softwire(packet);
	return kind == IPV6 ? op25b_classify_ipv6(packet) : op25b_classify_ipv4(packet);
}

static enum op25b_pkt_type spec(const struct op25b_packet *packet, enum kind kind)
{
	if (kind == SOFTWIRE)
		return spec_softwire(data, packet->len);
	return kind == IPV6 ? spec_ipv6(data, packet->len) : spec_ipv4(data, packet->len);
}

static void prove_spec(enum kind kind)
{
	struct op25b_packet packet = any_packet();

	PROVE(classify(&packet, kind) == spec(&packet, kind), "agrees with the specification");
	PROVE(!packet.inner || packet.inner + sizeof(struct iphdr) <= packet.len,
	      "the addresses inside are there");
	PROVE(!packet.inner || packet.inner + sizeof(struct iphdr) <= packet.judged,
	      "the addresses inside are judged");
}

void classify_ipv4(void)
{
	prove_spec(IPV4);
}

void classify_ipv6(void)
{
	prove_spec(IPV6);
}

void classify_softwire(void)
{
	prove_spec(SOFTWIRE);
}

/* Whatever changes behind the bytes that the type was read from, it remains the same. */
static void prove_judged(enum kind kind)
{
	struct op25b_packet packet = any_packet();
	enum op25b_pkt_type type = classify(&packet, kind);
	unsigned int i;

	ASSUME(type != OP25B_PKT_MALFORMED);
	__CPROVER_havoc_object(other);
	for (i = 0; i < LEN_MAX; i++) {
		if (i >= packet.judged)
			data[i] = other[i];
	}
	PROVE(type == spec(&packet, kind), "is read from nothing else");
}

void judged_ipv4(void)
{
	prove_judged(IPV4);
}

void judged_ipv6(void)
{
	prove_judged(IPV6);
}

void judged_softwire(void)
{
	prove_judged(SOFTWIRE);
}

/*
 * If bytes cannot be read, a packet may become malformed, and a SYN, ACK may become of no type; but
 * a SYN never passes.
 */
static void prove_unreadable(enum kind kind)
{
	struct op25b_packet packet = any_packet();
	enum op25b_pkt_type type, expected;

	may_fail = true;
	type = classify(&packet, kind);
	expected = spec(&packet, kind);
	PROVE(type == expected || type == OP25B_PKT_MALFORMED ||
	      (type == OP25B_PKT_NONE && expected == OP25B_PKT_SYNACK),
	      "a packet that cannot be read does not open port 25");
}

void unreadable_ipv4(void)
{
	prove_unreadable(IPV4);
}

void unreadable_ipv6(void)
{
	prove_unreadable(IPV6);
}

void unreadable_softwire(void)
{
	prove_unreadable(SOFTWIRE);
}

static enum op25b_pkt_type peek(const __u8 *bytes, unsigned int n, enum kind kind)
{
	return kind == IPV4 ? op25b_peek_ipv4(bytes, n) : op25b_peek_ipv6(bytes, n);
}

/* The quick functions, given the first n bytes of a packet */
static void prove_peek(enum kind kind)
{
	struct op25b_packet packet = any_packet();
	unsigned int n = nondet_uint();
	enum op25b_pkt_type type;

	/* the IP header is there: ip_rcv() and ip6_rcv() have pulled it */
	ASSUME(n >= (kind == IPV4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr)));
	ASSUME(n <= packet.len);
	type = peek(data, n, kind);
	/* what is decided is no softwire */
	if (type != OP25B_PKT_UNDECIDED && kind == SOFTWIRE)
		type = OP25B_PKT_NONE;
	PROVE(type == OP25B_PKT_UNDECIDED || type == spec(&packet, kind),
	      "agrees with the specification, or is undecided");

	/* again with the bytes at the end of an object, so that reading beyond them is an error */
	peek(data + LEN_MAX - n, n, kind);
}

void peek_ipv4(void)
{
	prove_peek(IPV4);
}

void peek_ipv6(void)
{
	prove_peek(IPV6);
}

void peek_softwire(void)
{
	prove_peek(SOFTWIRE);
}
