// SPDX-License-Identifier: GPL-2.0
/*
 * core/classify.c against its specification
 *
 * Each packet is classified through every kind of struct op25b_packet's read(), and the result is
 * compared with that of spec.h, or with an expected type written by hand.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "classify.h"
#include "spec.h"

#define NONE		OP25B_PKT_NONE
#define SYN		OP25B_PKT_SYN
#define SYNACK		OP25B_PKT_SYNACK
#define MALFORMED	OP25B_PKT_MALFORMED
#define UNDECIDED	OP25B_PKT_UNDECIDED

/* A packet under construction */
struct frame {
	u8 data[4096];
	unsigned int len;
	bool ipv6;
	bool softwire;		/* what is inside of IPv6 is classified */
	unsigned int next;	/* the offset of the last protocol or next-header field */
};

static enum op25b_pkt_type spec(const struct frame *frame)
{
	if (frame->softwire)
		return spec_softwire(frame->data, frame->len);
	return frame->ipv6 ? spec_ipv6(frame->data, frame->len) :
			     spec_ipv4(frame->data, frame->len);
}

/* Readers */

typedef const void *reader(const struct op25b_packet *packet, unsigned int off, unsigned int n,
			   void *buf);

#define READS_MAX 1024

struct source {
	struct op25b_packet packet;
	const u8 *data;
	unsigned int limit;		/* read() returns NULL for bytes from here on */
	unsigned int cuts;		/* the number of pieces of a non-linear packet */
	unsigned int cut[16];		/* their ends */
	u8 *piece[16];
	unsigned int reads;
	void *copy[READS_MAX];
};

static const struct source *source_of(const struct op25b_packet *packet, unsigned int off,
				      unsigned int n)
{
	/* read() is called as struct op25b_packet says */
	CHECK(n && n <= 40 && off < packet->len && n <= packet->len - off,
	      "%u bytes at %u of %u", n, off, packet->len);
	return (const void *)packet;
}

static const void *read_linear(const struct op25b_packet *packet, unsigned int off, unsigned int n,
			       void *buf)
{
	const struct source *source = source_of(packet, off, n);

	(void)buf;
	return off + n > source->limit ? NULL : source->data + off;
}

static const void *read_into_buf(const struct op25b_packet *packet, unsigned int off,
				 unsigned int n, void *buf)
{
	const struct source *source = source_of(packet, off, n);

	if (off + n > source->limit)
		return NULL;
	return memcpy(buf, source->data + off, n);
}

/* Memory of exactly the size asked for */
static const void *read_exact(const struct op25b_packet *packet, unsigned int off, unsigned int n,
			      void *buf)
{
	struct source *source = (struct source *)source_of(packet, off, n);
	void *copy;

	(void)buf;
	if (off + n > source->limit)
		return NULL;
	CHECK(source->reads < READS_MAX);
	copy = malloc(n);
	source->copy[source->reads++] = copy;
	return memcpy(copy, source->data + off, n);
}

/* As skb_header_pointer(): bytes that are in one piece are not copied. */
static const void *read_pieces(const struct op25b_packet *packet, unsigned int off, unsigned int n,
			       void *buf)
{
	const struct source *source = source_of(packet, off, n);
	unsigned int i, start = 0;

	if (off + n > source->limit)
		return NULL;
	for (i = 0; i < source->cuts; start = source->cut[i++]) {
		if (off >= start && off + n <= source->cut[i] && !((off - start) & 3))
			return source->piece[i] + (off - start);
	}
	return memcpy(buf, source->data + off, n);
}

static void pieces_make(struct source *source)
{
	unsigned int i, start = 0, n = source->packet.len;

	source->cuts = 1 + chance_below(8);
	for (i = 0; i < source->cuts; i++) {
		source->cut[i] = start + chance_below(n - start + 1);
		if (i + 1 == source->cuts)
			source->cut[i] = n;
		source->piece[i] = malloc(source->cut[i] - start);
		memcpy(source->piece[i], source->data + start, source->cut[i] - start);
		start = source->cut[i];
	}
}

/*
 * Classify @frame, and store in @judged how much of it the type was read from, and in @inner where
 * the IPv4 packet inside begins.
 */
static enum op25b_pkt_type judge_by(const struct frame *frame, unsigned int limit, reader *read,
				    unsigned int *judged, unsigned int *inner)
{
	struct source source = { .packet = { .len = frame->len, .read = read }, .limit = limit };
	enum op25b_pkt_type type;
	u8 *data = malloc(frame->len);
	unsigned int i;

	source.data = memcpy(data, frame->data, frame->len);
	if (read == read_pieces)
		pieces_make(&source);
	if (frame->softwire)
		type = op25b_classify_softwire(&source.packet);
	else
		type = frame->ipv6 ? op25b_classify_ipv6(&source.packet)
				    : op25b_classify_ipv4(&source.packet);
	CHECK(source.packet.len == frame->len);
	for (i = 0; i < source.cuts; i++)
		free(source.piece[i]);
	for (i = 0; i < source.reads; i++)
		free(source.copy[i]);
	free(data);
	*judged = source.packet.judged;
	*inner = source.packet.inner;
	return type;
}

static enum op25b_pkt_type classify_by(const struct frame *frame, unsigned int limit, reader *read)
{
	unsigned int judged, inner;

	return judge_by(frame, limit, read, &judged, &inner);
}

static enum op25b_pkt_type peek(const struct frame *frame, unsigned int n)
{
	u8 *data = memcpy(malloc(n), frame->data, n);	/* ends where the packet does */
	enum op25b_pkt_type type;

	type = frame->ipv6 ? op25b_peek_ipv6(data, n) : op25b_peek_ipv4(data, n);
	free(data);
	return type;
}

/*
 * Check that @frame is of the same type when two bytes change, as a checksum does, behind those
 * that the type was read from.
 */
static void check_judged(const struct frame *frame, enum op25b_pkt_type type)
{
	struct frame changed = *frame;
	unsigned int judged, inner, at;

	CHECK(judge_by(frame, frame->len, read_linear, &judged, &inner) == type);
	/* the header inside is all there, but for options, and was judged */
	CHECK(!inner || (frame->softwire && inner >= 40 && inner + 20 <= frame->len &&
			 inner + 20 <= judged));
	CHECK(!frame->softwire || inner || (type != SYN && type != SYNACK));
	if (type == MALFORMED || judged + 2 > frame->len)
		return;
	at = judged + (chance() & 1 ? 0 : chance_below(frame->len - judged - 1));
	changed.data[at] = chance();
	changed.data[at + 1] = chance();
	CHECK(spec(&changed) == type, "%u of %u bytes judged, %d with others at %u", judged,
	      frame->len, spec(&changed), at);
}

/* Check the quick function, given the first @n bytes: the stack has read the IP header before. */
static void check_peek(const struct frame *frame, unsigned int n, enum op25b_pkt_type type)
{
	enum op25b_pkt_type got;

	if (n < (frame->ipv6 ? 40 : 20))
		return;
	got = peek(frame, n);
	/* it knows nothing of softwires: it must not decide on one */
	CHECK(got == UNDECIDED || (frame->softwire ? type == NONE : got == type),
	      "peek at %u: %d, not %d", n, got, type);
}

static void check_softwire(const struct frame *frame);

/* Check that all functions and readers find @frame to be of @type. */
static void check_type(const struct frame *frame, enum op25b_pkt_type type)
{
	static reader *const readers[] = { read_linear, read_into_buf, read_exact, read_pieces };
	enum op25b_pkt_type got;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		got = classify_by(frame, frame->len, readers[i]);
		CHECK(got == type, "reader %u, %u bytes: %d, not %d", i, frame->len, got, type);
	}
	check_peek(frame, frame->len, type);
	check_peek(frame, chance_below(frame->len + 1), type);
	check_judged(frame, type);
	if (frame->ipv6 && !frame->softwire)
		check_softwire(frame);
}

/* Check that they find the same type of IPv4 packet inside as is specified. */
static void check_softwire(const struct frame *frame)
{
	struct frame within = *frame;

	within.softwire = true;
	check_type(&within, spec(&within));
}

/* Check the packet truncated to every length, and with the bytes from there on unreadable. */
static void check_every_length(const struct frame *whole)
{
	struct frame frame = *whole;
	enum op25b_pkt_type type;

	for (frame.len = 0; frame.len <= whole->len; frame.len++) {
		type = spec(&frame);
		check_type(&frame, type);
		CHECK(classify_by(whole, frame.len, read_linear) == type, "from %u", frame.len);
	}
}

/* Building packets */

static void put(struct frame *frame, const void *data, unsigned int n)
{
	memcpy(frame->data + frame->len, data, n);
	frame->len += n;
}

static void fill(struct frame *frame, unsigned int n)
{
	while (n--)
		frame->data[frame->len++] = chance();
}

static void start_ipv4(struct frame *frame, unsigned int options)
{
	static const u8 ip[20] = {
		0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 0, 0, 0, 10, 0, 0, 5, 192, 0, 2, 3,
	};

	frame->len = 0;
	frame->ipv6 = frame->softwire = false;
	frame->next = 9;
	put(frame, ip, sizeof(ip));
	frame->data[0] += options / 4;
	memset(frame->data + frame->len, 1, options);	/* no operation */
	frame->len += options;
}

static void start_ipv6(struct frame *frame)
{
	static const u8 ip6[40] = {
		0x60, 0, 0, 0, 0, 20, 59, 64,
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5,
		0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3,
	};

	frame->len = 0;
	frame->ipv6 = true;
	frame->softwire = false;
	frame->next = 6;
	put(frame, ip6, sizeof(ip6));
}

/* An IPv4 header inside; returns its offset */
static unsigned int put_inner(struct frame *frame, unsigned int options)
{
	unsigned int at = frame->len;
	struct frame inner;

	start_ipv4(&inner, options);
	inner.data[3] = 40 + options;
	frame->data[frame->next] = 4;
	frame->next = at + 9;
	frame->softwire = true;
	put(frame, inner.data, inner.len);
	return at;
}

static void put_fragment(struct frame *frame, unsigned int offset, bool more)
{
	const u8 header[8] = { 59, 0, offset >> 8, (offset & 0xf8) | more, 0, 0, 0, 1 };

	frame->data[frame->next] = 44;
	frame->next = frame->len;
	put(frame, header, sizeof(header));
}

/* An extension header: its first 8 bytes, followed by @units times 8 bytes, or 4 for AH */
static void put_extension(struct frame *frame, unsigned int header, unsigned int units)
{
	frame->data[frame->next] = header;
	frame->next = frame->len;
	frame->data[frame->len++] = 59;
	frame->data[frame->len++] = units;
	memset(frame->data + frame->len, 0, units * 8 + 6);
	frame->len += header == 51 ? units * 4 + 6 : units * 8 + 6;
}

static void put_tcp(struct frame *frame, unsigned int from, unsigned int to, unsigned int flags)
{
	const u8 tcp[20] = {
		from >> 8, from, to >> 8, to, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 0xff, 0xff,
	};

	frame->data[frame->next] = 6;
	frame->next = 0;
	put(frame, tcp, sizeof(tcp));
}

/* Tests */

static const unsigned int extensions[] = { 0, 43, 44, 51, 60, 135, 139, 140 };

#define EXTENSIONS 8

/* Packets written by hand */
#define IP4(first, fragment, protocol) \
	first " 00 0028 0001 " fragment " 40 " protocol " 0000 0a000005 c0000203 "
#define IP6(next) \
	"60000000 0014 " next " 40 " \
	"20010db8000000000000000000000005 20010db8000100000000000000000003 "
#define TCP(from, to, flags)	from " " to " 00000001 00000000 50 " flags " ffff 0000 0000 "

static const struct {
	const char *name;
	enum op25b_pkt_type type;
	const char *hex;
} vectors[] = {
	{ "IPv4 SYN", SYN, IP4("45", "4000", "06") TCP("d431", "0019", "02") },
	{ "IPv4 SYN to 587", NONE, IP4("45", "4000", "06") TCP("d431", "024b", "02") },
	{ "IPv4 SYN to 465", NONE, IP4("45", "4000", "06") TCP("d431", "01d1", "02") },
	{ "IPv4 SYN to 6400", NONE, IP4("45", "4000", "06") TCP("d431", "1900", "02") },
	{ "IPv4 SYN with ECN", SYN, IP4("45", "4000", "06") TCP("d431", "0019", "c2") },
	{ "IPv4 SYN with FIN", SYN, IP4("45", "4000", "06") TCP("d431", "0019", "03") },
	{ "IPv4 SYN with RST", SYN, IP4("45", "4000", "06") TCP("d431", "0019", "06") },
	{ "IPv4 SYN with data", SYN, IP4("45", "4000", "06") TCP("d431", "0019", "02") "45484c4f" },
	{ "IPv4 SYN, reserved bit set", SYN, IP4("45", "8000", "06") TCP("d431", "0019", "02") },
	{ "IPv4 ACK", NONE, IP4("45", "4000", "06") TCP("d431", "0019", "10") },
	{ "IPv4 no flags", NONE, IP4("45", "4000", "06") TCP("d431", "0019", "00") },
	{ "IPv4 SYN, ACK from 25", SYNACK, IP4("45", "4000", "06") TCP("0019", "d431", "12") },
	{ "IPv4 SYN, ACK to 25", NONE, IP4("45", "4000", "06") TCP("d431", "0019", "12") },
	{ "IPv4 SYN from 25", NONE, IP4("45", "4000", "06") TCP("0019", "d431", "02") },
	{ "IPv4 SYN from 25 to 25", SYN, IP4("45", "4000", "06") TCP("0019", "0019", "02") },
	{ "IPv4 SYN, ACK from 25 to 25", SYNACK,
	  IP4("45", "4000", "06") TCP("0019", "0019", "12") },
	{ "IPv4 UDP", NONE, IP4("45", "4000", "11") TCP("d431", "0019", "02") },
	{ "IPv4 in IPv4", NONE, IP4("45", "4000", "04") TCP("d431", "0019", "02") },
	{ "IPv4 options", SYN, IP4("46", "4000", "06") "01010101" TCP("d431", "0019", "02") },
	{ "IPv4 options look like ports", NONE,
	  IP4("46", "4000", "06") "d4310019" TCP("d431", "024b", "02") },
	{ "IPv4 first fragment with flags", SYN,
	  IP4("45", "2000", "06") TCP("d431", "0019", "02") },
	{ "IPv4 first fragment, ACK", NONE, IP4("45", "2000", "06") TCP("d431", "0019", "10") },
	{ "IPv4 tiny first fragment", MALFORMED, IP4("45", "2000", "06") "d4310019 00000001" },
	{ "IPv4 tiny first fragment to 80", NONE, IP4("45", "2000", "06") "d4310050 00000001" },
	{ "IPv4 tiny first fragment from 25", NONE, IP4("45", "2000", "06") "0019d431 00000001" },
	{ "IPv4 fragment at 8", MALFORMED, IP4("45", "2001", "06") "00000000 50021000 00000000" },
	{ "IPv4 last fragment at 8", MALFORMED, IP4("45", "0001", "06") "00000000 50021000" },
	{ "IPv4 UDP fragment at 8", NONE, IP4("45", "2001", "11") "00000000 50021000" },
	{ "IPv4 fragment at 16", NONE, IP4("45", "2002", "06") TCP("d431", "0019", "02") },
	{ "IPv4 fragment at 2048", NONE, IP4("45", "0100", "06") TCP("d431", "0019", "02") },
	{ "IPv4 fragment at 2056", NONE, IP4("45", "0101", "06") TCP("d431", "0019", "02") },
	{ "IPv4 header longer than packet", MALFORMED,
	  IP4("4f", "4000", "06") TCP("d431", "0050", "02") },
	{ "IPv4 header too short", MALFORMED, IP4("44", "4000", "06") TCP("d431", "0019", "02") },

	{ "IPv6 SYN", SYN, IP6("06") TCP("d431", "0019", "02") },
	{ "IPv6 SYN to 587", NONE, IP6("06") TCP("d431", "024b", "02") },
	{ "IPv6 ACK", NONE, IP6("06") TCP("d431", "0019", "10") },
	{ "IPv6 SYN, ACK from 25", SYNACK, IP6("06") TCP("0019", "d431", "12") },
	{ "IPv6 UDP", NONE, IP6("11") TCP("d431", "0019", "02") },
	{ "IPv6 ICMPv6", NONE, IP6("3a") TCP("d431", "0019", "02") },
	{ "IPv6 ESP", NONE, IP6("32") TCP("d431", "0019", "02") },
	{ "IPv6 nothing more", NONE, IP6("3b") TCP("d431", "0019", "02") },
	{ "IPv6 hop by hop", SYN, IP6("00") "0600000000000000" TCP("d431", "0019", "02") },
	{ "IPv6 hop by hop, long", SYN,
	  IP6("00") "0601000000000000 d4310019 00000002" TCP("d431", "0019", "02") },
	{ "IPv6 hop by hop, destination, routing", SYN,
	  IP6("00") "3c00000000000000 2b00000000000000 0600000000000000"
	  TCP("d431", "0019", "02") },
	{ "IPv6 destination, UDP", NONE, IP6("3c") "1100000000000000" TCP("d431", "0019", "02") },
	{ "IPv6 AH, 16 bytes", SYN,
	  IP6("33") "0602000000000000 0000000000000000" TCP("d431", "0019", "02") },
	{ "IPv6 AH, 12 bytes", SYN,
	  IP6("33") "0601000000000000 00000000" TCP("d431", "0019", "02") },
	{ "IPv6 atomic fragment", SYN, IP6("2c") "0600000000000001" TCP("d431", "0019", "02") },
	{ "IPv6 two atomic fragments", SYN,
	  IP6("2c") "2c00000000000001 0600000000000002" TCP("d431", "0019", "02") },
	{ "IPv6 first fragment with flags", SYN,
	  IP6("2c") "0600000100000001" TCP("d431", "0019", "02") },
	{ "IPv6 first fragment to 80", NONE,
	  IP6("2c") "0600000100000001" TCP("d431", "0050", "02") },
	{ "IPv6 tiny first fragment", MALFORMED, IP6("2c") "0600000100000001 d4310019 00000001" },
	{ "IPv6 tiny first fragment to 80", NONE, IP6("2c") "0600000100000001 d4310050 00000001" },
	{ "IPv6 first fragment without its chain", MALFORMED,
	  IP6("2c") "3c00000100000001" "0601000000000000" },
	{ "IPv6 first fragment that ends in its chain", MALFORMED,
	  IP6("2c") "3c00000100000001" "3c00000000000000" },
	{ "IPv6 first fragment, chain of UDP", NONE,
	  IP6("2c") "3c00000100000001" "1101000000000000" },
	{ "IPv6 fragment at 8", MALFORMED, IP6("2c") "0600000900000001" "00000000 50021000" },
	{ "IPv6 last fragment at 8", MALFORMED, IP6("2c") "0600000800000001" "00000000 50021000" },
	{ "IPv6 fragment at 8 with next header UDP", MALFORMED,
	  IP6("2c") "1100000900000001" "00000000 50021000" },
	{ "IPv6 fragment at 8 of a chain", MALFORMED,
	  IP6("2c") "3c00000900000001" "0600000000000000" TCP("d431", "0019", "02") },
	{ "IPv6 fragment at 16", NONE, IP6("2c") "0600001100000001" TCP("d431", "0019", "02") },
	{ "IPv6 fragment at 1448 of a chain", NONE,
	  IP6("2c") "3c0005a800000001" "0600000000000000" TCP("d431", "0019", "02") },
	{ "IPv6 fragment at 1448 of AH", NONE, IP6("2c") "330005a900000001" "0000000000000000" },
	{ "IPv6 fragment at 2056", NONE, IP6("2c") "0600080800000001" TCP("d431", "0019", "02") },
	{ "IPv6 later fragment after an atomic one", MALFORMED,
	  IP6("2c") "2c00000000000001 0600000800000002" TCP("d431", "0050", "02") },
};

static void from_hex(struct frame *frame, const char *hex)
{
	unsigned int byte;

	frame->len = 0;
	for (; *hex; hex += 2) {
		while (*hex == ' ')
			hex++;
		if (!*hex)
			break;
		CHECK(sscanf(hex, "%2x", &byte) == 1);
		frame->data[frame->len++] = byte;
	}
	CHECK(frame->len);
	frame->ipv6 = frame->data[0] >> 4 == 6;
	frame->softwire = false;
}

static void test_vectors(void **state)
{
	struct frame frame;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		from_hex(&frame, vectors[i].hex);
		/* the checks that follow do not print the name: check the same here first */
		CHECK(spec(&frame) == vectors[i].type, "%s: specified as %d", vectors[i].name,
		      spec(&frame));
		CHECK(classify_by(&frame, frame.len, read_linear) == vectors[i].type, "%s",
		      vectors[i].name);
		check_type(&frame, vectors[i].type);
		check_every_length(&frame);
	}
}

/* Truncated packets, with the lengths at which the type changes written by hand */
static void test_truncation(void **state)
{
	struct frame frame;
	unsigned int n, options;
	int port, fragment;

	(void)state;
	for (options = 0; options <= 40; options += 4) {
		for (port = 25; port <= 26; port++) {
			for (fragment = 0; fragment < 2; fragment++) {
				start_ipv4(&frame, options);
				put_tcp(&frame, 54321, port, 0x02);
				frame.data[6] = fragment ? 0x20 : 0;
				n = frame.len;
				for (frame.len = 0; frame.len <= n; frame.len++)
					check_type(&frame,
						   port == 25 ?
						   frame.len < 34 + options ? MALFORMED : SYN :
						   frame.len < 24 + options ? MALFORMED : NONE);
			}
		}
	}
	for (port = 25; port <= 26; port++) {
		start_ipv6(&frame);
		put_extension(&frame, 0, 0);
		put_fragment(&frame, 0, true);
		put_extension(&frame, 60, 2);
		put_tcp(&frame, 54321, port, 0x02);
		n = frame.len;
		for (frame.len = 0; frame.len <= n; frame.len++)
			check_type(&frame, port == 25 ? frame.len < 94 ? MALFORMED : SYN :
					       frame.len < 84 ? MALFORMED : NONE);
	}
	start_ipv4(&frame, 0);
	frame.data[9] = 17;
	fill(&frame, 30);
	for (n = frame.len, frame.len = 0; frame.len <= n; frame.len++)
		check_type(&frame, frame.len < 20 ? MALFORMED : NONE);
	start_ipv6(&frame);
	frame.data[6] = 17;
	fill(&frame, 30);
	for (n = frame.len, frame.len = 0; frame.len <= n; frame.len++)
		check_type(&frame, frame.len < 40 ? MALFORMED : NONE);
}

/* All flags, with port 25 and others on each side; some of the others share a byte with 25 */
static void test_flags(void **state)
{
	static const unsigned int ports[] = { 25, 26, 0x1900, 0x0119, 0x1919, 0, 587 };
	unsigned int flags, from, to, variant;
	enum op25b_pkt_type type;
	struct frame frame;

	(void)state;
	for (flags = 0; flags < 256; flags++) {
		for (from = 0; from < 7; from++) {
			for (to = 0; to < 7; to++) {
				type = NONE;
				if (to == 0 && flags & 0x02 && !(flags & 0x10))
					type = SYN;
				if (from == 0 && flags & 0x02 && flags & 0x10)
					type = SYNACK;
				for (variant = 0; variant < 5; variant++) {
					if (variant < 2)
						start_ipv4(&frame, 12 * variant);
					else
						start_ipv6(&frame);
					if (variant == 3)
						put_extension(&frame, 60, 1);
					if (variant == 4)
						put_inner(&frame, 0);
					put_tcp(&frame, ports[from], ports[to], flags);
					CHECK(spec(&frame) == type);
					check_type(&frame, type);
				}
			}
		}
	}
}

/* Every protocol: only TCP, directly or after an extension header, is not of type NONE. */
static void test_protocols(void **state)
{
	struct frame frame;
	unsigned int protocol, i;
	bool extension;

	(void)state;
	for (protocol = 0; protocol < 256; protocol++) {
		start_ipv4(&frame, 0);
		put_tcp(&frame, 54321, 25, 0x02);
		frame.data[9] = protocol;
		check_type(&frame, protocol == 6 ? SYN : NONE);

		for (extension = false, i = 0; i < EXTENSIONS; i++)
			extension |= protocol == extensions[i];
		start_ipv6(&frame);
		frame.data[6] = protocol;
		put(&frame, "\6\0\0\0\0\0\0\0", 8);
		if (protocol != 6) {
			put_tcp(&frame, 54321, 25, 0x02);
			frame.data[6] = protocol;
			check_type(&frame, extension ? SYN : NONE);
		}
	}
}

/* All chains of up to three extension headers, of several lengths, whole and truncated */
static void test_chains(void **state)
{
	unsigned int a, b, c, i, n, chain[3];
	struct frame frame;

	(void)state;
	for (a = 0; a <= EXTENSIONS; a++) {
		for (b = 0; b <= EXTENSIONS; b++) {
			for (c = 0; c <= EXTENSIONS; c++) {
				chain[0] = a;
				chain[1] = b;
				chain[2] = c;
				start_ipv6(&frame);
				for (i = 0; i < 3; i++) {
					if (chain[i] == EXTENSIONS)
						continue;
					if (extensions[chain[i]] == 44)
						put_fragment(&frame, 0, chance() & 1);
					else
						put_extension(&frame, extensions[chain[i]],
							      chance_below(4));
				}
				n = frame.len;
				put_tcp(&frame, 54321, 25, 0x02);
				check_type(&frame, SYN);
				frame.data[n + 13] = 0x10;
				check_type(&frame, NONE);
				frame.data[n + 13] = 0x02;
				if (c == EXTENSIONS || a == b)
					check_every_length(&frame);
			}
		}
	}
	/* the longest header of each type, and a chain of many */
	for (i = 0; i < EXTENSIONS; i++) {
		if (extensions[i] == 44)
			continue;
		start_ipv6(&frame);
		put_extension(&frame, extensions[i], 255);
		put_tcp(&frame, 54321, 25, 0x02);
		check_type(&frame, SYN);
		start_ipv6(&frame);
		for (n = 0; n < 400; n++)
			put_extension(&frame, extensions[i], 0);
		put_tcp(&frame, 54321, 25, 0x02);
		check_type(&frame, SYN);
		frame.len -= 7;
		check_type(&frame, MALFORMED);
	}
}

/* Fragments with every offset, with and without more to come, and with several next headers */
static void test_fragments(void **state)
{
	static const unsigned int headers[] = {
		6, 17, 58, 59, 50, 0, 43, 44, 51, 60, 135, 139, 140,
	};
	unsigned int offset, more, i, at;
	struct frame frame;

	(void)state;
	for (offset = 0; offset < 0x2000; offset++) {
		for (more = 0; more < 2; more++) {
			start_ipv4(&frame, 4 * chance_below(3));
			put_tcp(&frame, 54321, 25, 0x02);
			frame.data[6] = offset >> 8 | more << 5 | (chance() & 0xc0);
			frame.data[7] = offset;
			check_type(&frame, offset == 0 ? SYN : offset == 1 ? MALFORMED : NONE);
			frame.data[9] = 17;
			check_type(&frame, NONE);

			start_ipv6(&frame);
			if (chance() & 1)
				put_extension(&frame, 0, 0);
			put_fragment(&frame, offset * 8, more);
			at = frame.next;
			frame.data[at + 3] |= chance() & 6;	/* reserved */
			put_tcp(&frame, 54321, 25, 0x02);
			check_type(&frame, offset == 0 ? SYN : offset == 1 ? MALFORMED : NONE);
			if (!offset || (offset > 100 && chance_below(16)))
				continue;
			/* receivers ignore the next-header field of a later fragment */
			for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
				frame.data[at] = headers[i];
				check_type(&frame, offset == 1 ? MALFORMED : NONE);
			}
		}
	}
	start_ipv6(&frame);
	put_fragment(&frame, 8, true);
	check_type(&frame, MALFORMED);
	check_every_length(&frame);
}

static void check_extent(const struct frame *frame, enum op25b_pkt_type type, unsigned int expected)
{
	unsigned int judged, inner;

	CHECK(judge_by(frame, frame->len, read_linear, &judged, &inner) == type);
	CHECK(judged == expected, "%u, not %u", judged, expected);
}

static void check_inner(const struct frame *frame, enum op25b_pkt_type type, unsigned int expected)
{
	unsigned int judged, inner;

	CHECK(judge_by(frame, frame->len, read_linear, &judged, &inner) == type);
	CHECK(inner == expected, "%u, not %u", inner, expected);
	check_type(frame, type);
}

/* Softwires: what is inside decides, by itself */
static void test_softwires(void **state)
{
	unsigned int options, offset, at, n, i, protocol;
	struct frame frame;

	(void)state;
	for (options = 0; options <= 40; options += 4) {
		/* directly, behind extension headers, and in an atomic fragment */
		for (i = 0; i < 3; i++) {
			start_ipv6(&frame);
			if (i)
				put_extension(&frame, 60, i);
			if (i == 2)
				put_fragment(&frame, 0, false);
			at = put_inner(&frame, options);
			put_tcp(&frame, 54321, 25, 0x02);
			check_inner(&frame, SYN, at);
			check_extent(&frame, SYN, at + 34 + options);
			check_every_length(&frame);
			frame.data[at + 20 + options + 13] = 0x12;
			check_inner(&frame, NONE, at);
			frame.data[at + 20 + options] = 0;
			frame.data[at + 20 + options + 1] = 25;
			check_inner(&frame, SYNACK, at);
			frame.data[at + 20 + options + 13] = 0x02;
			for (protocol = 0; protocol < 256; protocol++) {
				frame.data[at + 9] = protocol;
				check_inner(&frame, protocol == 6 ? SYN : NONE, at);
			}
			/* fragments inside */
			frame.data[at + 9] = 6;
			for (offset = 0; offset < 0x2000; offset += offset < 32 ? 1 : 255) {
				frame.data[at + 6] = offset >> 8 | (chance() & 0xe0);
				frame.data[at + 7] = offset;
				check_inner(&frame, offset == 0 ? SYN :
						    offset == 1 ? MALFORMED : NONE, at);
			}
		}
		/* whatever the length inside says is the end, even if harmless bytes follow */
		start_ipv6(&frame);
		at = put_inner(&frame, options);
		put_tcp(&frame, 54321, 25, 0x02);
		for (i = 25; i <= 26; i++) {
			frame.data[at + 20 + options + 3] = i;
			for (n = 0; n < 256; n++) {
				frame.data[at + 3] = n;
				check_inner(&frame, n && n < (i == 25 ? 34 : 24) + options ?
						    MALFORMED : i == 25 ? SYN : NONE, at);
			}
		}
		frame.data[at + 2] = 0xff;
		check_inner(&frame, NONE, at);
		frame.data[at + 20 + options + 3] = 25;
		frame.data[at + 20 + options + 13] = 0x10;
		frame.data[at + 2] = 0;
		frame.data[at + 3] = 33 + options;
		check_inner(&frame, MALFORMED, at);
	}

	/* a first outer fragment that ends before the flags inside, or before the header */
	start_ipv6(&frame);
	put_fragment(&frame, 0, true);
	at = put_inner(&frame, 0);
	put_tcp(&frame, 54321, 25, 0x02);
	frame.len = at + 33;
	check_inner(&frame, MALFORMED, at);
	frame.len = at + 19;
	check_inner(&frame, MALFORMED, 0);
	frame.len = at;
	check_inner(&frame, MALFORMED, 0);
	frame.len = at + 34;
	check_inner(&frame, SYN, at);
	/* one of them later: a flag may be at byte 73 */
	for (offset = 8; offset < 0x10000; offset += 8) {
		start_ipv6(&frame);
		put_fragment(&frame, offset, chance() & 1);
		put_inner(&frame, 0);
		put_tcp(&frame, 54321, 25, 0x02);
		/* whatever it says is the next header */
		frame.data[40] = chance() & 1 ? 4 : chance();
		check_inner(&frame, offset <= 72 ? MALFORMED : NONE, 0);
		check_extent(&frame, offset <= 72 ? MALFORMED : NONE, 48);
	}

	/* what is no softwire: TCP, IPv6 within IPv6, and anything else */
	for (protocol = 0; protocol < 256; protocol++) {
		start_ipv6(&frame);
		put_inner(&frame, 0);
		put_tcp(&frame, 54321, 25, 0x02);
		frame.data[6] = protocol;
		for (i = 0; i < EXTENSIONS; i++)
			if (protocol == extensions[i])
				break;
		if (i == EXTENSIONS)
			check_inner(&frame, protocol == 4 ? SYN : NONE, protocol == 4 ? 40 : 0);
	}
	/* one level only */
	start_ipv6(&frame);
	at = put_inner(&frame, 0);
	put_inner(&frame, 0);
	put_tcp(&frame, 54321, 25, 0x02);
	check_inner(&frame, NONE, at);
	check_extent(&frame, NONE, at + 20);
}

/* How much of a packet its type is read from */
static void test_judged(void **state)
{
	unsigned int options, i, n;
	struct frame frame;

	(void)state;
	for (options = 0; options <= 40; options += 4) {
		start_ipv4(&frame, options);
		put_tcp(&frame, 54321, 25, 0x02);
		check_extent(&frame, SYN, 34 + options);
		frame.data[20 + options + 3] = 80;
		check_extent(&frame, NONE, 34 + options);
		frame.len -= 8;			/* it ends before the flags */
		check_extent(&frame, NONE, 34 + options);
		frame.data[7] = 2;		/* a later fragment */
		check_extent(&frame, NONE, 20 + options);
		frame.data[9] = 17;
		check_extent(&frame, NONE, 20 + options);
	}
	/* the protocol is read even if the length says that it is not in the header */
	frame.data[0] = 0x42;
	check_extent(&frame, NONE, 20);

	for (i = 0; i < EXTENSIONS; i++) {
		start_ipv6(&frame);
		put_extension(&frame, 60, 1);
		if (extensions[i] == 44)
			put_fragment(&frame, 0, true);
		else
			put_extension(&frame, extensions[i], 3);
		n = frame.len;
		put_tcp(&frame, 54321, 25, 0x02);
		check_extent(&frame, SYN, n + 14);
		frame.data[n + 13] = 0x10;
		check_extent(&frame, NONE, n + 14);
		frame.data[56] = 17;
		check_extent(&frame, NONE, n);
	}
	start_ipv6(&frame);
	put_tcp(&frame, 54321, 25, 0x02);
	check_extent(&frame, SYN, 54);
	frame.data[6] = 58;
	check_extent(&frame, NONE, 40);
	/* a later fragment: what follows its header is not looked at */
	start_ipv6(&frame);
	put_extension(&frame, 0, 0);
	put_fragment(&frame, 16, true);
	put_tcp(&frame, 54321, 25, 0x02);
	check_extent(&frame, NONE, 56);
}

/* The quick functions classify common packets, and leave the others undecided */
static void test_peek(void **state)
{
	struct frame frame;

	(void)state;
	start_ipv4(&frame, 0);
	put_tcp(&frame, 54321, 25, 0x02);
	CHECK(peek(&frame, frame.len) == SYN);
	CHECK(peek(&frame, 34) == SYN);
	CHECK(peek(&frame, 33) == UNDECIDED);
	frame.data[6] = 0;
	CHECK(peek(&frame, frame.len) == SYN);
	frame.data[6] = 0x20;
	CHECK(peek(&frame, frame.len) == UNDECIDED);
	frame.data[6] = 0x40;
	frame.data[33] = 0x10;
	CHECK(peek(&frame, frame.len) == NONE);
	frame.data[9] = 17;
	CHECK(peek(&frame, frame.len) == NONE);
	CHECK(peek(&frame, 20) == NONE);
	start_ipv4(&frame, 4);
	put_tcp(&frame, 54321, 25, 0x02);
	CHECK(peek(&frame, frame.len) == UNDECIDED);

	start_ipv6(&frame);
	put_tcp(&frame, 54321, 25, 0x02);
	CHECK(peek(&frame, frame.len) == SYN);
	CHECK(peek(&frame, 54) == SYN);
	CHECK(peek(&frame, 53) == UNDECIDED);
	frame.data[53] = 0x10;
	CHECK(peek(&frame, frame.len) == NONE);
	frame.data[6] = 17;
	CHECK(peek(&frame, 40) == NONE);
	frame.data[6] = 58;
	CHECK(peek(&frame, 40) == NONE);
	frame.data[6] = 44;
	CHECK(peek(&frame, frame.len) == UNDECIDED);
}

/* Random packets, mostly with fields that the classification depends on */
static void test_random(void **state)
{
	unsigned int i, n, counts[4] = { 0 }, inside[4] = { 0 };
	enum op25b_pkt_type type;
	struct frame frame;

	(void)state;
	for (i = 0; i < 150000; i++) {
		if (chance() & 1) {
			start_ipv4(&frame, 4 * chance_below(11));
			if (!chance_below(3))
				frame.data[6] = chance_below(2) << 5;
			if (!chance_below(3))
				frame.data[7] = chance_below(4);
		} else {
			start_ipv6(&frame);
			for (n = chance_below(5); n; n--) {
				if (chance() & 1)
					put_extension(&frame, extensions[chance_below(EXTENSIONS)],
						      chance_below(3));
				else
					put_fragment(&frame, chance_below(4) ? 0 :
						     8 * chance_below(12), chance() & 1);
			}
			if (chance() & 1) {
				n = put_inner(&frame, 4 * chance_below(11));
				if (!chance_below(3))
					frame.data[n + 3] = chance_below(90);
				if (!chance_below(3))
					frame.data[n + 7] = chance_below(4);
			}
		}
		put_tcp(&frame, chance_below(3) ? 25 : 587, chance_below(3) ? 25 : 587,
			chance() & 1 ? 0x02 : chance());
		if (!chance_below(3))
			frame.len = chance_below(frame.len + 1);
		for (n = chance_below(3); n && frame.len && chance() & 1; n--)
			frame.data[chance_below(frame.len)] = chance();
		type = spec(&frame);
		if (frame.softwire)
			inside[type]++;
		else
			counts[type]++;
		check_type(&frame, type);
	}
	for (i = 0; i < 4; i++)
		CHECK(counts[i] > 1000 && inside[i] > 500, "only %u and %u of type %u", counts[i],
		      inside[i], i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_protocols),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_softwires),
		cmocka_unit_test(test_judged),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_random),
	};

	return CHECK_RUN("classify", tests);
}
