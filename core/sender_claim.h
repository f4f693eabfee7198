/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Claiming a row for a packet: what the packet path does with a set; sender.c explains how it works
 *
 * Inline, to save packets of new senders the calls: a flood of spoofed sources consists of them.
 * Nearly all of these are lost, in a set that has a row of weight 1.
 */
#ifndef _OP25B_CORE_SENDER_CLAIM_H
#define _OP25B_CORE_SENDER_CLAIM_H

#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/types.h>

#include <asm/byteorder.h>

#include "sender.h"

void op25b_sender_find_least(struct op25b_sender_set *set);
unsigned int op25b_sender_end_idle(struct op25b_sender_set *set, u32 now);

/**
 * struct op25b_sender_claim - where a packet is to be noted
 * @outcome: what has become of it
 * @row: the index of its sender's row, unless it is lost
 */
struct op25b_sender_claim {
	enum op25b_sender_outcome outcome;
	unsigned int row;
};

static __always_inline u8 op25b_sender_tag_of_hash(u64 hash)
{
	return hash >> 56;
}

/**
 * op25b_sender_tagged() - find the rows that may be of a sender, or have it as the candidate
 * @set: the set that @hash chooses
 * @hash: of the key of the sender
 *
 * Return: for each row that may, the highest bit of its byte; for others only by chance.
 */
static __always_inline u64 op25b_sender_tagged(const struct op25b_sender_set *set, u64 hash)
{
	const u64 each = 0x0101010101010101ULL;
	u64 differs = le64_to_cpu(set->tags) ^ each * op25b_sender_tag_of_hash(hash);

	static_assert(sizeof(set->tag) == sizeof(set->tags));
	/* Mycroft's test for a byte that is zero: exact for the lowest one */
	return (differs - each) & ~differs & each << 7;
}

/**
 * op25b_sender_look_up() - find the row of a sender
 * @set: the set that the hash of @key chooses
 * @key: the sender
 * @tagged: as op25b_sender_tagged() returns it
 *
 * Return: the index of the row, or OP25B_SENDER_ROWS.
 */
static __always_inline unsigned int op25b_sender_look_up(const struct op25b_sender_set *set,
							 const struct op25b_sender_key *key,
							 u64 tagged)
{
	unsigned int i;

	for (; tagged; tagged &= tagged - 1) {
		i = __ffs64(tagged) / 8;
		if (op25b_sender_is(&set->row[i], *key))
			return i;
	}
	return OP25B_SENDER_ROWS;
}

/* The index of the row that a sender is the candidate for, or OP25B_SENDER_ROWS */
static __always_inline unsigned int op25b_sender_find_candidate(const struct op25b_sender_set *set,
								u64 hash, u64 tagged)
{
	unsigned int i;

	for (; tagged; tagged &= tagged - 1) {
		i = __ffs64(tagged) / 8;
		if (!set->row[i].pool && set->weight[i] && set->row[i].candidate == hash)
			return i;
	}
	return OP25B_SENDER_ROWS;
}

/* The row whose turn it is to be worn down */
static __always_inline unsigned int op25b_sender_next_row(const struct op25b_sender_set *set)
{
	return set->turns % OP25B_SENDER_ROWS;
}

static __always_inline void op25b_sender_begin_row(struct op25b_sender_set *set, unsigned int i,
						   const struct op25b_sender_key *key, u64 hash,
						   u64 error, u32 now)
{
	struct op25b_sender_row *row = &set->row[i];

	row->subscriber = key->subscriber;
	row->pool = key->pool;
	row->noted = 0;
	row->logged = false;
	row->packets = 0;
	row->error = error;
	row->seen[0] = 0;
	row->seen[1] = 0;
	row->first = now;
	set->tag[i] = op25b_sender_tag_of_hash(hash);
	set->weight[i]++;
	op25b_sender_find_least(set);
}

/**
 * op25b_sender_contested() - find the row that a sender without one becomes the candidate for
 * @set: the set of the sender, for which op25b_sender_tagged() has found nothing
 *
 * Return: the index of the row, for op25b_sender_lose(); OP25B_SENDER_ROWS if there may be none, or
 * it is time to look for one that is idle: then it is for op25b_sender_claim() to decide.
 */
static __always_inline unsigned int op25b_sender_contested(const struct op25b_sender_set *set)
{
	unsigned int i = op25b_sender_next_row(set);

	if (likely(set->weight[i] == 1 && set->lost % OP25B_SENDER_LOOK))
		return i;
	return OP25B_SENDER_ROWS;
}

/**
 * op25b_sender_lose() - lose a packet, and make its sender the candidate for a row
 * @set: the set that @hash chooses
 * @i: the index of the row, whose weight is 1; it ends
 * @hash: of the key of the sender
 */
static __always_inline void op25b_sender_lose(struct op25b_sender_set *set, unsigned int i,
					      u64 hash)
{
	set->lost++;
	set->row[i].pool = 0;
	set->row[i].candidate = hash;
	set->tag[i] = op25b_sender_tag_of_hash(hash);
	set->turns = ror32(set->turns, 4);
}

/**
 * op25b_sender_claim() - find or make a row for a packet
 * @set: the set that @hash chooses; nobody else writes to it meanwhile
 * @key: its sender
 * @hash: of @key
 * @now: the time, as in struct op25b_sender_packet
 *
 * Return: what has become of the packet, and the row of its sender, where the caller has to note
 * it.
 */
static __always_inline struct op25b_sender_claim
op25b_sender_claim(struct op25b_sender_set *set, const struct op25b_sender_key *key, u64 hash,
		   u32 now)
{
	u64 tagged = op25b_sender_tagged(set, hash), error = set->lost;
	unsigned int i = op25b_sender_look_up(set, key, tagged);

	if (i != OP25B_SENDER_ROWS) {
		op25b_sender_strengthen(set, i);
		return (struct op25b_sender_claim){ OP25B_SENDER_KNOWN, i };
	}
	i = op25b_sender_find_candidate(set, hash, tagged);
	if (i == OP25B_SENDER_ROWS) {
		/* the weights of the others can only have grown */
		if (set->weight[op25b_sender_next_row(set)] > set->bound)
			op25b_sender_find_least(set);
		i = op25b_sender_next_row(set);
		if (set->weight[i] && now - set->oldest > OP25B_SENDER_IDLE)
			i = op25b_sender_end_idle(set, now);
		if (set->weight[i]) {
			if (set->weight[i] == 1) {
				op25b_sender_lose(set, i, hash);
			} else {
				set->lost++;
				set->weight[i]--;
			}
			return (struct op25b_sender_claim){ OP25B_SENDER_LOST, i };
		}
	}
	op25b_sender_begin_row(set, i, key, hash, error, now);
	return (struct op25b_sender_claim){ OP25B_SENDER_BEGUN, i };
}

#endif /* _OP25B_CORE_SENDER_CLAIM_H */
