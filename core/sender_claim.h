/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Claiming a row for a packet: what the packet path does with a set; sender.c explains how it works
 *
 * Inline, to save packets of new senders the calls: a flood of spoofed sources consists of them.
 */
#ifndef _OP25B_CORE_SENDER_CLAIM_H
#define _OP25B_CORE_SENDER_CLAIM_H

#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/types.h>

#include "sender.h"

void op25b_sender_find_least(struct op25b_sender_set *set);
bool op25b_sender_replace_idle(struct op25b_sender_set *set, const struct op25b_sender_key *key,
			       u8 tag, u32 now, unsigned int *i);

/* The rows whose tag is @tag have the highest bit of their byte set; others may have it, too. */
static __always_inline u64 rows_with_tag(const struct op25b_sender_set *set, u8 tag)
{
	const u64 each = 0x0101010101010101ULL;
	u64 differs = set->tags ^ each * tag;

	/* Mycroft's test for a byte that is zero: exact for the lowest one */
	return (differs - each) & ~differs & each << 7;
}

static __always_inline void set_tag(struct op25b_sender_set *set, unsigned int i, u8 tag)
{
	static_assert(sizeof(set->tags) == OP25B_SENDER_ROWS);
	set->tags &= ~(0xffULL << 8 * i);
	set->tags |= (u64)tag << 8 * i;
}

/* The index of a sender's row, or OP25B_SENDER_ROWS */
static __always_inline unsigned int
find_tagged(const struct op25b_sender_set *set, const struct op25b_sender_key *key, u8 tag)
{
	u64 rows;
	unsigned int i;

	for (rows = rows_with_tag(set, tag); rows; rows &= rows - 1) {
		i = __ffs64(rows) / 8;
		if (op25b_sender_is(&set->row[i], *key))
			return i;
	}
	return OP25B_SENDER_ROWS;
}

static __always_inline void begin_row(struct op25b_sender_set *set, unsigned int i,
				      const struct op25b_sender_key *key, u8 tag, u64 error,
				      u32 now)
{
	set->row[i] = (struct op25b_sender_row){
		.subscriber = key->subscriber,
		.pool = key->pool,
		.error = error,
		.first = now,
		.last = now,
	};
	set_tag(set, i, tag);
	set->weight[i] = 1;
}

/**
 * op25b_sender_claim() - find or make a row for a packet
 * @set: the set that the hash of @key chooses; nobody else writes to it meanwhile
 * @key: its sender
 * @tag: other bits of the hash of @key
 * @now: the time, as in struct op25b_sender_packet
 * @i: set to the index of its sender's row, where the caller has to note it, unless it is lost
 *
 * Return: what has become of the packet.
 */
static __always_inline enum op25b_sender_outcome
op25b_sender_claim(struct op25b_sender_set *set, const struct op25b_sender_key *key, u8 tag,
		   u32 now, unsigned int *i)
{
	u64 error = set->lost;

	*i = find_tagged(set, key, tag);
	if (*i != OP25B_SENDER_ROWS) {
		op25b_sender_strengthen(set, *i);
		return OP25B_SENDER_KNOWN;
	}
	/* the weights of the others can only have grown */
	if (unlikely(set->weight[set->least] > set->bound))
		op25b_sender_find_least(set);
	*i = set->least;
	if (likely(set->weight[*i])) {
		if (unlikely(now - set->oldest > OP25B_SENDER_IDLE) &&
		    op25b_sender_replace_idle(set, key, tag, now, i))
			return OP25B_SENDER_BEGUN;
		*i = set->least;
		set->lost++;
		if (--set->weight[*i])
			return OP25B_SENDER_LOST;
	}
	begin_row(set, *i, key, tag, error, now);
	return OP25B_SENDER_BEGUN;
}

#endif /* _OP25B_CORE_SENDER_CLAIM_H */
