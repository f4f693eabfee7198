// SPDX-License-Identifier: GPL-2.0
/*
 * core/classify.c against its specification, on packets of any length
 *
 * Input: one byte, odd for IPv6; one byte that selects how many bytes op25b_peek_ipv4() or
 * op25b_peek_ipv6() gets, and which bytes change behind those that were judged; the packet.
 */
#include <string.h>

#include "classify.h"
#include "fuzz.h"
#include "spec.h"

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

static void check_peek(const uint8_t *data, unsigned int n, bool ipv6, enum op25b_pkt_type expected)
{
	enum op25b_pkt_type type;
	void *head;

	if (n < (ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr)))
		return;
	head = copy_of(data, n);
	type = ipv6 ? op25b_peek_ipv6(head, n) : op25b_peek_ipv4(head, n);
	CHECK(type == expected || type == OP25B_PKT_UNDECIDED, "%d, not %d", type, expected);
	free(head);
}

/*
 * The type remains the same when two bytes change, as a checksum does that is filled in later, behind
 * those that it was read from.
 */
static void check_judged(const uint8_t *data, size_t size, bool ipv6, unsigned int judged,
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
	type = ipv6 ? spec_ipv6(changed, size) : spec_ipv4(changed, size);
	CHECK(type == expected, "%u of %zu bytes judged, %d with others at %u, not %d", judged, size,
	      type, at, expected);
	free(changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = { 0 };
	enum op25b_pkt_type expected;
	unsigned int at_hand, i;
	uint8_t *packet;
	bool ipv6;

	if (size < 2)
		return -1;
	ipv6 = data[0] & 1;
	size -= 2;
	at_hand = data[1] % (size + 1);
	packet = copy_of(data + 2, size);
	expected = ipv6 ? spec_ipv6(packet, size) : spec_ipv4(packet, size);

	source.packet.len = size;
	source.data = packet;
	for (i = 0; i < 2; i++) {
		source.packet.read = i ? read_into_buf : read_exact;
		CHECK((ipv6 ? op25b_classify_ipv6(&source.packet) :
			      op25b_classify_ipv4(&source.packet)) == expected, "not %d", expected);
	}
	free_copies(&source);

	check_judged(packet, size, ipv6, source.packet.judged, data[1], expected);
	check_peek(packet, at_hand, ipv6, expected);
	check_peek(packet, size, ipv6, expected);
	free(packet);
	return 0;
}
