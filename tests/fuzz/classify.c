// SPDX-License-Identifier: GPL-2.0
/*
 * core/classify.c against its specification, on packets of any length
 *
 * Input: one byte, odd for IPv6; one byte that selects how many bytes op25b_peek_ipv4() or
 * op25b_peek_ipv6() gets, and which bytes change behind those that were judged; the packet. What is
 * inside of an IPv6 packet is classified, too.
 */
#include <string.h>

#include "classify.h"
#include "fuzz.h"
#include "spec.h"

enum kind { IPV4, IPV6, SOFTWIRE };

static enum op25b_pkt_type spec(const uint8_t *packet, size_t size, enum kind kind)
{
	switch (kind) {
	case IPV4:
		return spec_ipv4(packet, size);
	case IPV6:
		return spec_ipv6(packet, size);
	case SOFTWIRE:
		return spec_softwire(packet, size);
	}
	abort();
}

static enum op25b_pkt_type classify(struct op25b_packet *packet, enum kind kind)
{
	switch (kind) {
	case IPV4:
		return op25b_classify_ipv4(packet);
	case IPV6:
		return op25b_classify_ipv6(packet);
	case SOFTWIRE:
		return op25b_classify_softwire(packet);
	}
	abort();
}

struct source {
	struct op25b_packet packet;
	const uint8_t *data;
	void *copies;
};

static void *copy_of(const void *data, size_t n)
{
	return memcpy(malloc(n), data, n);
}

/* Return memory of exactly the requested size, after a pointer to the previous allocation. */
static const void *read_exact(const struct op25b_packet *packet, unsigned int off, unsigned int n,
			      void *buf)
{
	struct source *source = (struct source *)packet;
	void **link;

	(void)buf;
	CHECK(n && n <= 40 && off < packet->len && n <= packet->len - off,
	      "%u bytes at %u of %u", n, off, packet->len);
	link = malloc(sizeof(*link) + n);
	*link = source->copies;
	source->copies = link;
	return memcpy(link + 1, source->data + off, n);
}

static const void *read_into_buf(const struct op25b_packet *packet, unsigned int off,
				 unsigned int n, void *buf)
{
	return memcpy(buf, ((const struct source *)packet)->data + off, n);
}

static void free_copies(struct source *source)
{
	void **link;

	while ((link = source->copies)) {
		source->copies = *link;
		free(link);
	}
}

static void check_peek(const uint8_t *data, unsigned int n, enum kind kind,
		       enum op25b_pkt_type expected)
{
	enum op25b_pkt_type type;
	void *head;

	if (n < (kind == IPV4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr)))
		return;
	head = copy_of(data, n);
	type = kind == IPV4 ? op25b_peek_ipv4(head, n) : op25b_peek_ipv6(head, n);
	/* what is decided is no softwire */
	if (type != OP25B_PKT_UNDECIDED && kind == SOFTWIRE)
		type = OP25B_PKT_NONE;
	CHECK(type == expected || type == OP25B_PKT_UNDECIDED, "%d, not %d", type, expected);
	free(head);
}

/*
 * The type remains the same when two bytes change, as a checksum does that is filled in later, behind
 * those that it was read from.
 */
static void check_judged(const uint8_t *data, size_t size, enum kind kind, unsigned int judged,
			 unsigned int choice, enum op25b_pkt_type expected)
{
	enum op25b_pkt_type type;
	unsigned int at;
	uint8_t *changed;

	if (expected == OP25B_PKT_MALFORMED || judged + 2 > size)
		return;
	/* most often the two bytes next to them */
	at = judged + (choice & 1 ? 0 : choice % (size - judged - 1));
	changed = copy_of(data, size);
	changed[at] ^= choice | 1;
	changed[at + 1] ^= 0x12;	/* as flags: SYN and ACK */
	type = spec(changed, size, kind);
	CHECK(type == expected, "%u of %zu bytes judged, %d with others at %u, not %d", judged, size,
	      type, at, expected);
	free(changed);
}

static void check_packet(const uint8_t *data, size_t size, unsigned int choice, enum kind kind)
{
	unsigned int at_hand = choice % (size + 1), i;
	enum op25b_pkt_type expected;
	struct source source = { 0 };
	uint8_t *packet;

	packet = copy_of(data, size);
	expected = spec(packet, size, kind);

	source.packet.len = size;
	source.data = packet;
	for (i = 0; i < 2; i++) {
		source.packet.read = i ? read_into_buf : read_exact;
		CHECK(classify(&source.packet, kind) == expected, "not %d", expected);
	}
	CHECK(!source.packet.inner || (source.packet.inner + sizeof(struct iphdr) <= size &&
				       source.packet.inner + sizeof(struct iphdr) <=
				       source.packet.judged), "inside at %u of %zu",
	      source.packet.inner, size);
	free_copies(&source);

	check_judged(packet, size, kind, source.packet.judged, choice, expected);
	check_peek(packet, at_hand, kind, expected);
	check_peek(packet, size, kind, expected);
	free(packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return -1;
	check_packet(data + 2, size - 2, data[1], data[0] & 1 ? IPV6 : IPV4);
	if (data[0] & 1)
		check_packet(data + 2, size - 2, data[1], SOFTWIRE);
	return 0;
}
