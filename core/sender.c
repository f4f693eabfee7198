// SPDX-License-Identifier: GPL-2.0
/*
 * Who sends most, in a fixed amount of memory
 *
 * Each processor has a table of sets of eight rows. The hash of a sender's key chooses one set, and
 * only that is looked at. A sender that has no row takes a free one. If there is none, its packet
 * is lost, and wears down the row of the least weight by one. A row ends when a packet wears it
 * down to nothing. Each packet of a row's own sender adds one to its weight. So who sends much
 * stays, and a flood of sources that never come again wears down rows of their own.
 *
 * The sender whose packet has ended a row becomes the candidate for it, until the packet of another
 * one comes there: the hash of its key is noted, and a weight of 1 stays. If the candidate comes
 * again before that, the row begins anew with that packet. So nothing more is written for a source
 * that never comes again. Rows of weight 1 take turns, so that a set has as many candidates, and
 * each has the time of as many packets to come again.
 *
 * This is the algorithm of Misra and Gries ("Finding repeated elements", 1982) for sets of eight,
 * except that a packet wears down one row rather than all of them, and for the candidates.
 * tests/unit/test_sender.c compares what it finds with Space-Saving and with a count-min sketch.
 *
 * A row counts each packet of its sender from the one with which it began: @packets is exact for
 * that time, whatever the weight. What remains unknown is what the sender has sent before. Let
 * @lost be the number of packets of a set that are in no row any more. Then
 *
 *	the packets that a sender without a row has sent are at most @lost,
 *
 * and so @lost, at the time when a row begins, is its @error: the truth lies between @packets and
 * @packets + @error. Proof: each packet of such a sender is either lost on arrival, as those of a
 * candidate are, and adds one to @lost; or it was counted in an earlier row, and that row has
 * ended. A row ends when its weight is worn down to nothing. Its @packets are then no more than the
 * packets of others that have worn it down: each of its own added one to the weight, or to @lost if
 * that was at its limit, each of theirs took one away, and a row that begins with what a candidate
 * has kept begins with one more. Each of theirs has added one to @lost, too, the last one included,
 * although its sender may begin the next row. No packet wears down two rows, and none of a sender
 * that has a row is lost on arrival, so that no addition is used twice. Or a row ends because it
 * was untouched for a day: then its weight, which is no less than what others have not worn down of
 * its @packets, is added to @lost.
 *
 * Of the tables of several processors, rows with one key are merged by addition (Agarwal et al.,
 * "Mergeable summaries", PODS 2012). On a processor where the sender has no row, it may have sent
 * as much as the set there has lost.
 *
 * How many destinations a sender has is estimated by linear counting (Whang, Vander-Zanden and
 * Taylor, 1990): of m bits, n destinations leave about m * exp(-n / m) at zero.
 */
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/limits.h>

#include "sender.h"
#include "sender_claim.h"

/* The row that has been untouched for longest; updates @oldest */
static unsigned int find_oldest(struct op25b_sender_set *set, u32 now)
{
	unsigned int i, oldest = 0;

	for (i = 1; i < OP25B_SENDER_ROWS; i++)
		if (now - set->row[i].last > now - set->row[oldest].last)
			oldest = i;
	set->oldest = set->row[oldest].last;
	return oldest;
}

/* Let the first @n of @turns come again and again. */
static void take_turns(struct op25b_sender_set *set, u32 turns, unsigned int n)
{
	static_assert(sizeof(turns) * 2 == OP25B_SENDER_ROWS);
	for (; n < OP25B_SENDER_ROWS; n *= 2)
		turns |= turns << 4 * n;
	set->turns = turns;
}

/**
 * op25b_sender_find_least() - look for the row of the least weight, which is 0 if it is free
 * @set: the set, whose @turns and @bound are set
 */
void op25b_sender_find_least(struct op25b_sender_set *set)
{
	u32 weight, least = set->weight[0], bound = U32_MAX, turns = 0;
	unsigned int i, n = 1;

	for (i = 1; i < OP25B_SENDER_ROWS; i++) {
		weight = set->weight[i];
		if (weight < least) {
			bound = least;
			least = weight;
			turns = i;
			n = 1;
			continue;
		}
		if (weight == 1)
			turns |= i << 4 * n++;
		if (weight < bound)
			bound = weight;
	}
	set->bound = bound;
	take_turns(set, turns, n);
}

/**
 * op25b_sender_end_idle() - end the row that has been untouched for longest, if that is a day
 * @set: the set, which has no free row
 * @now: the time
 *
 * Return: the index of the row, which is free now; if there is none, that of the row whose turn it
 * is to be worn down.
 */
unsigned int op25b_sender_end_idle(struct op25b_sender_set *set, u32 now)
{
	unsigned int i = find_oldest(set, now);

	if (now - set->oldest > OP25B_SENDER_IDLE) {
		set->lost += set->weight[i];
		op25b_sender_end(set, i);
	}
	return op25b_sender_next_row(set);
}

/**
 * op25b_sender_find() - find the row of a sender
 * @set: the set that the hash of @key chooses
 * @key: the sender
 *
 * Return: the row, or NULL: then it has sent at most @lost packets of the set.
 */
const struct op25b_sender_row *op25b_sender_find(const struct op25b_sender_set *set,
						 const struct op25b_sender_key *key)
{
	unsigned int i;

	for (i = 0; i < OP25B_SENDER_ROWS; i++)
		if (op25b_sender_is(&set->row[i], *key))
			return &set->row[i];
	return NULL;
}

/**
 * op25b_sender_end() - end a row whose sender begins at nothing
 * @set: its set
 * @i: its index
 */
void op25b_sender_end(struct op25b_sender_set *set, unsigned int i)
{
	set->weight[i] = 0;
	set->row[i].pool = 0;
	take_turns(set, i, 1);
}

/**
 * op25b_sender_merge() - add what another processor has counted of the same sender
 * @row: the row of one processor; changed to that of both
 * @other: the row of the other one
 */
void op25b_sender_merge(struct op25b_sender_row *row, const struct op25b_sender_row *other)
{
	unsigned int i;

	row->packets += other->packets;
	row->error += other->error;
	if (other->noted > row->noted)
		row->noted = other->noted;
	for (i = 0; i < ARRAY_SIZE(row->seen); i++)
		row->seen[i] |= other->seen[i];
	if (other->first < row->first)
		row->first = other->first;
	if (other->last >= row->last) {
		row->last = other->last;
		row->port = other->port;
	}
}

/**
 * op25b_sender_destinations() - estimate how many destinations a sender has sent to
 * @row: its row
 *
 * Return: about how many; OP25B_SENDER_SEEN_MAX means as many or more.
 */
unsigned int op25b_sender_destinations(const struct op25b_sender_row *row)
{
	/* by the number of bits that are set: 128 * ln(128 / (128 - bits)) */
	static const u8 estimates[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 24,
		25, 27, 28, 29, 30, 32, 33, 34, 35, 37, 38, 40, 41, 42, 44, 45, 47, 48, 49, 51,
		52, 54, 55, 57, 59, 60, 62, 63, 65, 67, 68, 70, 72, 74, 75, 77, 79, 81, 83, 85,
		87, 89, 91, 93, 95, 97, 99, 101, 104, 106, 108, 110, 113, 115, 118, 120, 123, 126,
		128, 131, 134, 137, 140, 143, 146, 149, 152, 155, 159, 162, 166, 170, 174, 177,
		182, 186, 190, 195, 199, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200,
		200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200,
	};

	static_assert(ARRAY_SIZE(estimates) == OP25B_SENDER_SEEN_BITS + 1);
	static_assert(OP25B_SENDER_SEEN_MAX <= U8_MAX);
	return estimates[hweight64(row->seen[0]) + hweight64(row->seen[1])];
}
