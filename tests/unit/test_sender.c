// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of core/sender.c and core/estimate.c: who sends most, and how many there are
 */
#include <math.h>
#include <string.h>

#include <linux/limits.h>

#include "check.h"
#include "estimate.h"
#include "sender.h"
#include "sender_claim.h"
#include "siphash.h"

/* Any good hash: the module's own is keyed, so that nobody can choose a set. */
static u64 hash(u64 x)
{
	x = (x ^ x >> 33) * 0xff51afd7ed558ccdULL;
	x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53ULL;
	return x ^ x >> 33;
}

static double chance_part(void)
{
	return (chance() >> 11) * 0x1p-53;
}

static struct op25b_sender_key key_of(u64 sender)
{
	return (struct op25b_sender_key){ .subscriber = { .hi = sender }, .pool = 1 };
}

/*
 * Count a packet as the module does: first it tries the row that it expects, here that of the
 * packet before, which may be of another set; then it looks whether the packet is lost, and only
 * then at the rows.
 */
static enum op25b_sender_outcome count(struct op25b_sender_set *set,
				       const struct op25b_sender_key *key, u64 hash,
				       const struct op25b_sender_packet *packet)
{
	const struct op25b_sender_row *row = op25b_sender_find(set, key);
	u32 least = U32_MAX, worn = 0, before[OP25B_SENDER_ROWS], last[OP25B_SENDER_ROWS];
	bool is_candidate = false, had[OP25B_SENDER_ROWS];
	enum op25b_sender_outcome outcome = OP25B_SENDER_KNOWN;
	u64 tagged = op25b_sender_tagged(set, hash);
	struct op25b_sender_claim claim;
	static unsigned int i;
	unsigned int j;

	for (j = 0; j < OP25B_SENDER_ROWS; j++) {
		before[j] = set->weight[j];
		last[j] = set->row[j].last;
		had[j] = set->row[j].pool;
		is_candidate |= !had[j] && before[j] && set->row[j].candidate == hash;
		if (before[j] < least)
			least = before[j];
	}

	CHECK((row == &set->row[i]) == op25b_sender_is(&set->row[i], *key));
	CHECK(op25b_sender_look_up(set, key, tagged) == (row ? row - set->row : OP25B_SENDER_ROWS));
	CHECK(tagged || (!row && !is_candidate));
	if (row == &set->row[i]) {
		op25b_sender_strengthen(set, i);
	} else if (!tagged &&
		   (j = op25b_sender_contested(set)) != OP25B_SENDER_ROWS) {
		op25b_sender_lose(set, j, hash);
		outcome = OP25B_SENDER_LOST;
	} else {
		claim = op25b_sender_claim(set, key, hash, packet->now);
		outcome = claim.outcome;
		i = claim.row;
		CHECK(op25b_sender_find(set, key) ==
		      (outcome == OP25B_SENDER_LOST ? NULL : &set->row[i]));
	}
	CHECK((outcome == OP25B_SENDER_KNOWN) == !!row);
	if (outcome == OP25B_SENDER_LOST) {
		/* a row of the least weight: it ends, for the candidate, or loses weight */
		CHECK(least && !is_candidate);
		for (j = 0; j < OP25B_SENDER_ROWS; j++) {
			if (before[j] == set->weight[j] && had[j] == !!set->row[j].pool)
				continue;
			CHECK(before[j] == least);
			CHECK(set->weight[j] == (least == 1 ? 1 : least - 1));
			worn++;
		}
		CHECK(worn <= 1 && (worn || least == 1));
		is_candidate = false;
		for (j = 0; j < OP25B_SENDER_ROWS; j++)
			is_candidate |= !set->row[j].pool && set->weight[j] &&
					set->row[j].candidate == hash;
		CHECK(is_candidate == (least == 1));
	}
	if (outcome == OP25B_SENDER_BEGUN) {
		CHECK(is_candidate || !before[i] || packet->now - last[i] > OP25B_SENDER_IDLE);
		CHECK(set->weight[i] == (is_candidate ? 2 : 1));
	}
	if (outcome != OP25B_SENDER_LOST)
		op25b_sender_note(&set->row[i], *packet);
	return outcome;
}

/* --- bounds, against exact counts --- */

#define SENDERS		20

static void check_bounds(const struct op25b_sender_set *set, const u64 *exact)
{
	const struct op25b_sender_row *row;
	struct op25b_sender_key key;
	unsigned int i;

	for (i = 0; i < SENDERS; i++) {
		key = key_of(i);
		row = op25b_sender_find(set, &key);
		if (!row) {
			CHECK(exact[i] <= set->lost, "%u: %llu", i, exact[i]);
			continue;
		}
		CHECK(row->packets <= exact[i], "%u: %llu of %llu", i, row->packets, exact[i]);
		CHECK(exact[i] <= row->packets + row->error, "%u: %llu, %llu to %llu more", i,
		      exact[i], row->packets, row->error);
		CHECK(row->first <= row->last);
	}
}

/* One set, more senders than rows; some send often, some seldom, and sometimes nobody for a day */
static void test_bounds(void **state)
{
	struct op25b_sender_set set;
	struct op25b_sender_packet packet = { 0 };
	enum op25b_sender_outcome outcome;
	struct op25b_sender_key key;
	u64 exact[SENDERS], before;
	unsigned int round, n, i, j;
	bool had_row;

	for (round = 0; round < 200; round++) {
		memset(&set, 0, sizeof(set));
		memset(exact, 0, sizeof(exact));
		for (n = 0; n < 1000; n++) {
			i = chance() & 1 ? chance_below(SENDERS) : chance_below(round % SENDERS + 1);
			packet.now += chance_below(300) ? chance_below(2) : OP25B_SENDER_IDLE;
			packet.bit = chance();
			packet.bit %= OP25B_SENDER_SEEN_BITS;
			packet.port = chance();
			key = key_of(i);
			had_row = op25b_sender_find(&set, &key);
			before = set.lost;
			outcome = count(&set, &key, hash(i), &packet);
			exact[i]++;
			CHECK(had_row == (outcome == OP25B_SENDER_KNOWN));
			CHECK((outcome == OP25B_SENDER_LOST) ==
			      !op25b_sender_find(&set, &key));
			CHECK(set.lost >= before);
			check_bounds(&set, exact);
			if (chance_below(400))
				continue;
			/* of a pool, or of one sender: those begin at nothing */
			for (j = 0; j < OP25B_SENDER_ROWS; j++) {
				if (!set.weight[j] || chance() & 1)
					continue;
				if (set.row[j].pool)
					exact[set.row[j].subscriber.hi] = 0;
				op25b_sender_end(&set, j);
			}
			check_bounds(&set, exact);
		}
	}
}

/* A weight at its limit */
static void test_weight_limit(void **state)
{
	struct op25b_sender_set set = { 0 };
	struct op25b_sender_packet packet = { .now = 1 };
	struct op25b_sender_key key;
	u64 exact[SENDERS] = { 0 };
	unsigned int i, n;

	for (i = 0; i < OP25B_SENDER_ROWS; i++) {
		key = key_of(i);
		CHECK(count(&set, &key, hash(i), &packet) == OP25B_SENDER_BEGUN);
		set.weight[i] += U32_MAX - 1;
		set.row[i].packets += U32_MAX - 1;
		exact[i] = U32_MAX;
	}
	key = key_of(0);
	for (n = 0; n < 10; n++) {
		CHECK(count(&set, &key, hash(0), &packet) == OP25B_SENDER_KNOWN);
		exact[0]++;
	}
	CHECK(set.weight[0] == U32_MAX && set.row[0].packets == U32_MAX + 10ULL);
	/* its row ends */
	packet.now += 1;
	for (i = 1; i < OP25B_SENDER_ROWS; i++) {
		key = key_of(i);
		count(&set, &key, hash(i), &packet);
		exact[i]++;
	}
	packet.now += OP25B_SENDER_IDLE;
	key = key_of(SENDERS - 1);
	CHECK(count(&set, &key, hash(SENDERS - 1), &packet) == OP25B_SENDER_BEGUN);
	exact[SENDERS - 1]++;
	key = key_of(0);
	CHECK(!op25b_sender_find(&set, &key));
	check_bounds(&set, exact);
}

/* Who has been silent for a day goes first, whatever its weight, and only then */
static void test_idle(void **state)
{
	struct op25b_sender_set set = { 0 };
	struct op25b_sender_packet packet = { .now = 1000 };
	struct op25b_sender_key key;
	unsigned int i, n;

	for (i = 0; i < OP25B_SENDER_ROWS; i++) {
		key = key_of(i);
		packet.now++;
		for (n = 0; n < (i == 3 ? 1000 : 2); n++)
			count(&set, &key, hash(i), &packet);
	}
	/* all but the third one send once more */
	packet.now += OP25B_SENDER_IDLE - 4;
	for (i = 0; i < OP25B_SENDER_ROWS; i++) {
		key = key_of(i);
		if (i != 3)
			count(&set, &key, hash(i), &packet);
	}
	key = key_of(100);
	CHECK(count(&set, &key, hash(100), &packet) == OP25B_SENDER_LOST);
	packet.now++;
	CHECK(count(&set, &key, hash(100), &packet) == OP25B_SENDER_BEGUN);
	key = key_of(3);
	CHECK(!op25b_sender_find(&set, &key));
	CHECK(set.lost == 1001);
	/* the others are still there, and not old enough */
	for (i = 0; i < OP25B_SENDER_ROWS; i++) {
		key = key_of(i);
		CHECK(!op25b_sender_find(&set, &key) == (i == 3));
	}
	/* now there is one with a single packet, whose place goes to who comes twice */
	key = key_of(101);
	CHECK(count(&set, &key, hash(101), &packet) == OP25B_SENDER_LOST);
	CHECK(count(&set, &key, hash(101), &packet) == OP25B_SENDER_BEGUN);
	CHECK(set.lost == 1002 && op25b_sender_find(&set, &key)->error == 1002);
	key = key_of(100);
	CHECK(!op25b_sender_find(&set, &key));
}

/* Also if there is a row of weight 1 for candidates, but these always come in between each other */
static void test_idle_beside_candidates(void **state)
{
	struct op25b_sender_set set = { 0 };
	struct op25b_sender_packet packet = { .now = 1000 };
	enum op25b_sender_outcome outcome = OP25B_SENDER_LOST;
	struct op25b_sender_key key;
	unsigned int i, n;

	for (i = 0; i < OP25B_SENDER_ROWS; i++) {
		key = key_of(i);
		for (n = 0; n < (i == 3 ? 1 : 1000); n++)
			count(&set, &key, hash(i), &packet);
	}
	packet.now += OP25B_SENDER_IDLE;
	for (n = 0; n < 1000; n++) {
		key = key_of(100 + n % 2);
		CHECK(count(&set, &key, hash(100 + n % 2), &packet) == OP25B_SENDER_LOST);
	}
	packet.now++;
	for (n = 0; n < 1000 && outcome == OP25B_SENDER_LOST; n++) {
		key = key_of(100 + n % 2);
		outcome = count(&set, &key, hash(100 + n % 2), &packet);
	}
	CHECK(n <= OP25B_SENDER_LOOK + 1 && outcome == OP25B_SENDER_BEGUN);
}

/* Rows of weight 1 take turns: eight senders that come in turn all get a row the second time */
static void test_turns(void **state)
{
	struct op25b_sender_set set = { 0 };
	struct op25b_sender_packet packet = { .now = 1 };
	const struct op25b_sender_row *row;
	struct op25b_sender_key key;
	unsigned int i, rows;

	for (rows = OP25B_SENDER_ROWS; rows; rows -= 2) {
		memset(&set, 0, sizeof(set));
		for (i = 0; i < OP25B_SENDER_ROWS; i++) {
			key = key_of(i);
			CHECK(count(&set, &key, hash(i), &packet) == OP25B_SENDER_BEGUN);
			if (i >= rows)
				CHECK(count(&set, &key, hash(i), &packet) == OP25B_SENDER_KNOWN);
		}
		for (i = 100; i < 100 + rows; i++) {
			key = key_of(i);
			CHECK(count(&set, &key, hash(i), &packet) == OP25B_SENDER_LOST);
		}
		for (i = 100; i < 100 + rows; i++) {
			key = key_of(i);
			CHECK(count(&set, &key, hash(i), &packet) == OP25B_SENDER_BEGUN, "%u %u", rows, i);
			row = op25b_sender_find(&set, &key);
			CHECK(row->packets == 1 && row->error == rows);
		}
		/* the others are still there */
		for (i = 0; i < OP25B_SENDER_ROWS; i++) {
			key = key_of(i);
			CHECK(!op25b_sender_find(&set, &key) == (i < rows));
		}
	}
}

/* Keys differ in each part */
static void test_keys(void **state)
{
	struct op25b_sender_key keys[4] = {
		{ .subscriber = { 1, 0 }, .pool = 1 }, { .subscriber = { 1, 0 }, .pool = 2 },
		{ .subscriber = { 1, 1 }, .pool = 1 }, { .subscriber = { 2, 0 }, .pool = 1 },
	};
	struct op25b_sender_set set = { 0 };
	unsigned int i, n;

	for (n = 0; n < 3; n++) {
		for (i = 0; i < 4; i++) {
			struct op25b_sender_packet packet = { .now = 10 * n + i, .bit = 9 * n, .port = i };

			CHECK(count(&set, &keys[i], 7ULL << 56 | i, &packet) ==
			      (n ? OP25B_SENDER_KNOWN : OP25B_SENDER_BEGUN));
		}
	}
	for (i = 0; i < 4; i++) {
		const struct op25b_sender_row *row = op25b_sender_find(&set, &keys[i]);

		CHECK(row && row->packets == 3 && !row->error && row->port == i);
		CHECK(row->first == i && row->last == 20 + i);
		CHECK(row->seen[0] == (1 | 1 << 9 | 1 << 18) && !row->seen[1]);
	}
}

static void test_merge(void **state)
{
	struct op25b_sender_row a = {
		.packets = 5, .error = 1, .seen = { 1, 2 }, .port = 11, .first = 10, .last = 20,
	}, b = {
		.packets = 7, .error = 2, .seen = { 4, 2 }, .port = 12, .first = 5, .last = 15,
	}, merged = a;

	op25b_sender_merge(&merged, &b);
	CHECK(merged.packets == 12 && merged.error == 3 && merged.port == 11);
	CHECK(merged.seen[0] == 5 && merged.seen[1] == 2);
	CHECK(merged.first == 5 && merged.last == 20);
	merged = b;
	op25b_sender_merge(&merged, &a);
	CHECK(merged.port == 11 && merged.first == 5 && merged.last == 20);
}

/* --- the hash --- */

/* A round as the paper has it */
static void siphash_round(struct op25b_siphash *s)
{
	op25b_siphash_begin_round(s);
	op25b_siphash_end_round(s);
}

/* The initial state as the paper has it */
static struct op25b_siphash siphash_init(u64 k0, u64 k1)
{
	return (struct op25b_siphash){ {
		k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL,
		k0 ^ 0x6c7967656e657261ULL, k1 ^ 0x7465646279746573ULL,
	} };
}

/* The test vector of the paper, for SipHash-2-4 and 15 bytes: 00 01 ... 0e, under a like key */
static void test_siphash_round(void **state)
{
	const u64 words[] = { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL };
	struct op25b_siphash s = siphash_init(words[0], words[1]);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		s.v[3] ^= words[i];
		siphash_round(&s);
		siphash_round(&s);
		s.v[0] ^= words[i];
	}
	s.v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		siphash_round(&s);
	CHECK((s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3]) == 0xa129ca6149be45e5ULL);
}

/* One round for each word, three at the end */
static void test_siphash(void **state)
{
	struct op25b_siphash s, t;
	u64 k0, k1, word;
	unsigned int i, j;

	for (i = 0; i < 100; i++) {
		k0 = chance();
		k1 = chance();
		s = op25b_siphash_init(k0, k1);
		t = siphash_init(k0, k1);
		for (j = 0; j <= i % 3; j++) {
			word = chance();
			op25b_siphash_add(&s, word);
			t.v[3] ^= word;
			siphash_round(&t);
			t.v[0] ^= word;
		}
		t.v[2] ^= 0xff;
		for (j = 0; j < 3; j++)
			siphash_round(&t);
		CHECK(op25b_siphash_end(&s) == (t.v[0] ^ t.v[1] ^ t.v[2] ^ t.v[3]));
	}
}

/* --- who sends most, in comparison --- */

#define CPUS		4
#define ENTRIES		1024
#define SETS		(ENTRIES / OP25B_SENDER_ROWS)
#define REAL		200
#define TOP		100

/* What an algorithm says: the sender, or 0 for one that is not real, and its packets */
struct said {
	unsigned int sender;
	u64 packets;
	u64 error;
};

/* Ours */
static struct op25b_sender_set sets[CPUS][SETS];

static void ours_count(unsigned int cpu, u64 sender, u32 now)
{
	struct op25b_sender_packet packet = { .now = now };
	struct op25b_sender_key key = key_of(sender);

	count(&sets[cpu][hash(sender) % SETS], &key, hash(sender), &packet);
}

static struct said ours_say(unsigned int sender)
{
	struct op25b_sender_row sum = { .first = U32_MAX };
	struct op25b_sender_key key = key_of(sender);
	const struct op25b_sender_row *row;
	unsigned int cpu;

	for (cpu = 0; cpu < CPUS; cpu++) {
		struct op25b_sender_set *set = &sets[cpu][hash(sender) % SETS];

		row = op25b_sender_find(set, &key);
		if (row)
			op25b_sender_merge(&sum, row);
		else
			sum.error += set->lost;
	}
	return (struct said){ sender, sum.packets, sum.error };
}

/* Space-Saving (Metwally, Agrawal and El Abbadi, 2005), in sets of the same size */
static struct {
	u64 sender;
	u64 packets;
} space[CPUS][SETS][OP25B_SENDER_ROWS];

static void space_count(unsigned int cpu, u64 sender)
{
	typeof(&space[0][0][0]) row = space[cpu][hash(sender) % SETS], least = row;
	unsigned int i;

	for (i = 0; i < OP25B_SENDER_ROWS; i++) {
		if (row[i].sender == sender) {
			row[i].packets++;
			return;
		}
		if (row[i].packets < least->packets)
			least = &row[i];
	}
	least->sender = sender;
	least->packets++;
}

static struct said space_say(unsigned int sender)
{
	struct said said = { .sender = sender };
	unsigned int cpu, i;

	for (cpu = 0; cpu < CPUS; cpu++)
		for (i = 0; i < OP25B_SENDER_ROWS; i++)
			if (space[cpu][hash(sender) % SETS][i].sender == sender)
				said.packets += space[cpu][hash(sender) % SETS][i].packets;
	return said;
}

/*
 * A count-min sketch (Cormode and Muthukrishnan, 2005) in as much memory. It does not know who its
 * senders are: it is told of the real ones, and of as many others as a table has rows.
 */
#define SKETCH_ROWS	4
#define SKETCH_WIDTH	(sizeof(sets[0]) / SKETCH_ROWS / sizeof(u32))

static u32 sketch[CPUS][SKETCH_ROWS][SKETCH_WIDTH];
static u64 sketched[CPUS * ENTRIES];	/* others, which came last */

static u32 *sketch_counter(unsigned int cpu, unsigned int row, u64 sender)
{
	return &sketch[cpu][row][hash(sender + row * 0x9e3779b97f4a7c15ULL) % SKETCH_WIDTH];
}

static void sketch_count(unsigned int cpu, u64 sender)
{
	static unsigned int n;
	unsigned int row;

	for (row = 0; row < SKETCH_ROWS; row++)
		(*sketch_counter(cpu, row, sender))++;
	if (sender >> 63)
		sketched[n++ % (CPUS * ENTRIES)] = sender;
}

static u64 sketch_packets(u64 sender)
{
	unsigned int cpu, row;
	u64 sum = 0, least;

	for (cpu = 0; cpu < CPUS; cpu++) {
		least = U64_MAX;
		for (row = 0; row < SKETCH_ROWS; row++)
			if (*sketch_counter(cpu, row, sender) < least)
				least = *sketch_counter(cpu, row, sender);
		sum += least;
	}
	return sum;
}

static struct said sketch_say(unsigned int sender)
{
	return (struct said){ .sender = sender, .packets = sketch_packets(sender) };
}

/* What others, which are not real, have at least: the count of the @n-th of them */
static int compare_said(const void *a, const void *b)
{
	const struct said *left = a, *right = b;

	return left->packets < right->packets ? 1 : left->packets > right->packets ? -1 : 0;
}

struct traffic {
	double spoofed;		/* the part of the packets with sources that never come again */
	unsigned int packets;
	unsigned int before;	/* the packets before the first spoofed one */
	u64 exact[REAL + 1];
};

/* Senders 1 to REAL send in proportion to 1 / their number. */
static void send(struct traffic *traffic)
{
	double sum = 0, until[REAL + 1] = { 0 }, part;
	unsigned int n, cpu, low, high;
	u64 sender;

	memset(sets, 0, sizeof(sets));
	memset(space, 0, sizeof(space));
	memset(sketch, 0, sizeof(sketch));
	memset(sketched, 0, sizeof(sketched));
	memset(traffic->exact, 0, sizeof(traffic->exact));
	for (n = 1; n <= REAL; n++)
		until[n] = sum += 1.0 / n;
	for (n = 0; n < traffic->packets; n++) {
		cpu = chance_below(CPUS);
		if (n >= traffic->before && chance_part() < traffic->spoofed) {
			sender = chance() | 1ULL << 63;
		} else {
			part = chance_part() * sum;
			for (low = 1, high = REAL; low < high;) {
				unsigned int middle = (low + high) / 2;

				if (until[middle] < part)
					low = middle + 1;
				else
					high = middle;
			}
			sender = low;
			traffic->exact[sender]++;
		}
		ours_count(cpu, sender, n / 1000);
		space_count(cpu, sender);
		sketch_count(cpu, sender);
	}
}

/* By what part of the truth the counts of those that send most are off */
static double off(const struct traffic *traffic, struct said (*say)(unsigned int))
{
	double sum = 0, wrong = 0;
	unsigned int i;

	for (i = 1; i <= TOP; i++) {
		sum += traffic->exact[i];
		wrong += fabs((double)say(i).packets - traffic->exact[i]);
	}
	return wrong / sum;
}

/* How many of those that send most are among as many that are said to */
static unsigned int found(const struct traffic *traffic, struct said (*say)(unsigned int),
			  const u64 *others, unsigned int count)
{
	static struct said said[REAL + CPUS * ENTRIES];
	unsigned int i, n = 0, top = 0;

	for (i = 1; i <= REAL; i++)
		said[n++] = say(i);
	for (i = 0; i < count; i++)
		said[n++] = (struct said){ .packets = others[i] };
	qsort(said, n, sizeof(*said), compare_said);
	/* senders are numbered by how much they send */
	for (i = 0; i < TOP; i++)
		top += said[i].sender && said[i].sender <= TOP && said[i].packets;
	return top;
}

static unsigned int ours_found(const struct traffic *traffic)
{
	static u64 others[CPUS * ENTRIES];
	unsigned int cpu, set, i, n = 0;

	for (cpu = 0; cpu < CPUS; cpu++)
		for (set = 0; set < SETS; set++)
			for (i = 0; i < OP25B_SENDER_ROWS; i++)
				if (sets[cpu][set].row[i].subscriber.hi >> 63)
					others[n++] = sets[cpu][set].row[i].packets;
	return found(traffic, ours_say, others, n);
}

static unsigned int space_found(const struct traffic *traffic)
{
	static u64 others[CPUS * ENTRIES];
	unsigned int cpu, set, i, n = 0;

	for (cpu = 0; cpu < CPUS; cpu++)
		for (set = 0; set < SETS; set++)
			for (i = 0; i < OP25B_SENDER_ROWS; i++)
				if (space[cpu][set][i].sender >> 63)
					others[n++] = space[cpu][set][i].packets;
	return found(traffic, space_say, others, n);
}

static unsigned int sketch_found(const struct traffic *traffic)
{
	static u64 others[CPUS * ENTRIES];
	unsigned int i, n = 0;

	for (i = 0; i < CPUS * ENTRIES; i++)
		if (sketched[i])
			others[n++] = sketch_packets(sketched[i]);
	return found(traffic, sketch_say, others, n);
}

static void check_said(const struct traffic *traffic)
{
	struct said said;
	unsigned int i;

	for (i = 1; i <= REAL; i++) {
		said = ours_say(i);
		CHECK(said.packets <= traffic->exact[i] &&
		      traffic->exact[i] <= said.packets + said.error, "%u", i);
	}
}

/*
 * Spoofed sources from the beginning on: who sends much has to get in among them. A sketch finds
 * more of them in the worst case, if somebody tells it whom to look for, but its counts are then of
 * no use.
 */
static void test_slow_spoofed(void **state)
{
	static const struct {
		double spoofed;
		unsigned int ours;
		double off;
	} expected[] = { { 0, 100, 0 }, { 0.9, 100, 0.01 }, { 0.99, 90, 0.12 } };
	struct traffic traffic = { .packets = 10000000 };
	unsigned int i, ours, space;

	for (i = 0; i < 3; i++) {
		traffic.spoofed = expected[i].spoofed;
		send(&traffic);
		check_said(&traffic);
		ours = ours_found(&traffic);
		space = space_found(&traffic);
		print_message("%2.0f%% spoofed: %u of %u found, counts %.1f%% off; "
			      "Space-Saving %u, %.0f%%; count-min %u, %.0f%%\n",
			      100 * traffic.spoofed, ours, TOP, 100 * off(&traffic, ours_say), space,
			      100 * off(&traffic, space_say), sketch_found(&traffic),
			      100 * off(&traffic, sketch_say));
		CHECK(ours >= expected[i].ours && ours >= space);
		CHECK(off(&traffic, ours_say) <= expected[i].off);
		CHECK(off(&traffic, ours_say) <= off(&traffic, space_say) &&
		      off(&traffic, ours_say) <= off(&traffic, sketch_say));
	}
}

/*
 * A flood of spoofed sources begins: of the 20 that send most, and were there before, the error is
 * below a tenth of their packets.
 */
static void test_narrow(void **state)
{
	struct traffic traffic = { .packets = 1000000, .before = 100000 };
	struct said said;
	unsigned int i, tenths;

	for (tenths = 5; tenths <= 9; tenths++) {
		traffic.spoofed = tenths / 10.0;
		send(&traffic);
		check_said(&traffic);
		CHECK(ours_found(&traffic) >= 95);
		for (i = 1; i <= 20; i++) {
			said = ours_say(i);
			CHECK(said.error * 10 < said.packets, "%u: %llu, error %llu", i, said.packets,
			      said.error);
		}
	}
}

/* --- destinations --- */

static void test_destinations(void **state)
{
	unsigned int n, i, trial, trials = 4000, counts[] = { 1, 2, 5, 10, 20, 50, 100, 200 };
	double square, off;
	u64 bit;

	for (n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
		square = 0;
		for (trial = 0; trial < trials; trial++) {
			struct op25b_sender_row row = { 0 };

			for (i = 0; i < counts[n]; i++) {
				bit = chance_below(OP25B_SENDER_SEEN_BITS);
				row.seen[bit / 64] |= 1ULL << bit % 64;
			}
			off = (double)op25b_sender_destinations(&row) / counts[n] - 1;
			square += off * off;
		}
		CHECK(sqrt(square / trials) < (counts[n] <= 50 ? 0.1 : 0.2), "%u: %f", counts[n],
		      sqrt(square / trials));
	}
	for (i = 0; i <= OP25B_SENDER_SEEN_BITS; i++) {
		struct op25b_sender_row row = { 0 };
		double expected = OP25B_SENDER_SEEN_MAX;

		for (bit = 0; bit < i; bit++)
			row.seen[bit / 64] |= 1ULL << bit % 64;
		if (i < OP25B_SENDER_SEEN_BITS)
			expected = fmin(expected, 128 * log(128.0 / (128 - i)));
		CHECK(fabs(op25b_sender_destinations(&row) - expected) <= 0.5, "%u", i);
	}
}

/* --- how many senders --- */

static void test_estimate(void **state)
{
	static struct op25b_estimate estimate;
	u64 salt, n, next, got, most = 3000000;
	unsigned int round;

	for (round = 0; round < 5; round++) {
		op25b_estimate_reset(&estimate);
		CHECK(op25b_estimate_read(&estimate) == 0);
		salt = chance();
		for (n = 1, next = 1; n <= most; n++) {
			op25b_estimate_add(&estimate, hash(salt + n));
			/* what was seen before changes nothing */
			if (n > 1 && n % 16 == 0)
				op25b_estimate_add(&estimate, hash(salt + 1 + chance_below(n)));
			if (n < next)
				continue;
			got = op25b_estimate_read(&estimate);
			CHECK(fabs((double)got - n) <= fmax(0.05 * n, n < 20 ? 0 : 1), "%llu for %llu",
			      got, n);
			next = n < 20 ? n + 1 : n * 5 / 4;
		}
	}
}

static void test_estimate_limits(void **state)
{
	struct op25b_estimate estimate = { 0 };
	unsigned int i;

	/* the hashes at both ends */
	op25b_estimate_add(&estimate, ~0ULL);
	CHECK(op25b_estimate_read(&estimate) == 1);
	op25b_estimate_add(&estimate, 0);
	CHECK(op25b_estimate_read(&estimate) == 2);
	/* a register that is greater already, which nobody need ask for: others may have raced */
	op25b_estimate_grow(&estimate, 1ULL << 63);
	CHECK(estimate.rank[0] == 64 - OP25B_ESTIMATE_BITS + 1);
	for (i = 0; i < OP25B_ESTIMATE_REGISTERS; i++)
		op25b_estimate_add(&estimate, i);
	/* all registers at their limit: an absurd number, but no fault */
	CHECK(op25b_estimate_read(&estimate) > 1ULL << 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_weight_limit),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_idle_beside_candidates),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_siphash_round),
		cmocka_unit_test(test_siphash),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_slow_spoofed),
		cmocka_unit_test(test_destinations),
		cmocka_unit_test(test_estimate),
		cmocka_unit_test(test_estimate_limits),
	};

	return CHECK_RUN("sender", tests);
}
