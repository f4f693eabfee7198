/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who sends most: a set of rows for senders; sender.c explains how it works
 */
#ifndef _OP25B_CORE_SENDER_H
#define _OP25B_CORE_SENDER_H

#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/types.h>

#include "lpm.h"

/* The number of rows of a set */
#define OP25B_SENDER_ROWS	8

/* The number of bits that stand for destinations, and the most of these that they can tell */
#define OP25B_SENDER_SEEN_BITS	128
#define OP25B_SENDER_SEEN_MAX	200

/* For how many seconds a row may be untouched before others come first */
#define OP25B_SENDER_IDLE	(24 * 60 * 60)

/* After how many lost packets a set is looked through for such a row, while it has others to end */
#define OP25B_SENDER_LOOK	64

/**
 * struct op25b_sender_key - who a sender is
 * @subscriber: the prefix of the subscriber, bits after its length are zero
 * @pool: not 0; stands for the pool and whatever else tells senders of one prefix apart
 */
struct op25b_sender_key {
	struct op25b_key subscriber;
	u32 pool;
};

/**
 * struct op25b_sender_packet - what is noted of a packet
 * @now: the time, in seconds of a clock that never goes back
 * @bit: of its destination, below OP25B_SENDER_SEEN_BITS
 * @port: its source port
 */
struct op25b_sender_packet {
	u32 now;
	u8 bit;
	u16 port;
};

/**
 * struct op25b_sender_row - a sender
 * @subscriber: as in its key
 * @pool: as in its key; 0: the row has ended, or never begun
 * @port: the source port of its last packet
 * @noted: for the caller: the size that the sender had when it was noted last; 0: it never was
 * @logged: for the caller: a packet has been logged since the row began
 * @packets: its packets since the row began
 * @error: how many it may have sent before
 * @candidate: instead, if the row has ended: the hash of the key of who was lost here last
 * @seen: a bit for each destination, or for several
 * @first: when the row began
 * @last: when its last packet came
 */
struct op25b_sender_row {
	struct op25b_key subscriber;
	u32 pool;
	u16 port;
	u8 noted;
	bool logged;
	u64 packets;
	union {
		u64 error;
		u64 candidate;
	};
	u64 seen[OP25B_SENDER_SEEN_BITS / 64];
	u32 first;
	u32 last;
};

/**
 * struct op25b_sender_set - the senders whose keys have one hash
 * @lost: the packets that are in no row
 * @weight: what it takes to wear down each row; 0: the row is free
 * @tag: the highest bits of the hash of the key of each row, so that few rows have to be read
 * @tags: all of them
 * @turns: four bits for each turn, the next one in the lowest: a row of the least weight, unless
 *	   its weight is above @bound; if it is 1, all rows of that weight follow
 * @bound: no other row has less weight
 * @oldest: no row was touched last before this
 * @version: for the caller, who lets others read the set while packets are counted
 * @row: the rows
 *
 * All zero when it is empty. The first cache line decides, and one row is written to.
 */
struct op25b_sender_set {
	u64 lost;
	u32 weight[OP25B_SENDER_ROWS];
	union {
		u8 tag[OP25B_SENDER_ROWS];
		__le64 tags;
	};
	u32 turns;
	u32 bound;
	u32 oldest;
	u32 version;
	struct op25b_sender_row row[OP25B_SENDER_ROWS];
};

/**
 * enum op25b_sender_outcome - what became of a packet
 * @OP25B_SENDER_KNOWN: its sender has a row, where it is to be noted
 * @OP25B_SENDER_BEGUN: a row begins with it, where it is to be noted
 * @OP25B_SENDER_LOST: it is in no row
 */
enum op25b_sender_outcome {
	OP25B_SENDER_KNOWN,
	OP25B_SENDER_BEGUN,
	OP25B_SENDER_LOST,
};

const struct op25b_sender_row *op25b_sender_find(const struct op25b_sender_set *set,
						 const struct op25b_sender_key *key);
void op25b_sender_end(struct op25b_sender_set *set, unsigned int i);
void op25b_sender_merge(struct op25b_sender_row *row, const struct op25b_sender_row *other);
unsigned int op25b_sender_destinations(const struct op25b_sender_row *row);

/**
 * op25b_sender_has_subscriber() - whether a row is of a subscriber, in whatever pool
 * @row: the row
 * @subscriber: the prefix of the subscriber
 *
 * Return: true if it is, or was before it ended.
 */
static __always_inline bool op25b_sender_has_subscriber(const struct op25b_sender_row *row,
							struct op25b_key subscriber)
{
	return row->subscriber.hi == subscriber.hi && row->subscriber.lo == subscriber.lo;
}

/**
 * op25b_sender_is() - whether a row is of a sender
 * @row: the row
 * @key: the sender
 *
 * Return: true if it is, and the row has not ended.
 */
static __always_inline bool op25b_sender_is(const struct op25b_sender_row *row,
					    struct op25b_sender_key key)
{
	return op25b_sender_has_subscriber(row, key.subscriber) && row->pool == key.pool;
}

/**
 * op25b_sender_note() - note a packet in the row of its sender
 * @row: the row
 * @packet: the packet
 */
static __always_inline void op25b_sender_note(struct op25b_sender_row *row,
					      struct op25b_sender_packet packet)
{
	row->packets++;
	row->seen[packet.bit / 64] |= 1ULL << (packet.bit % 64);
	row->port = packet.port;
	row->last = packet.now;
}

/**
 * op25b_sender_strengthen() - let it take one packet more to wear down a row
 * @set: its set
 * @i: its index; a packet of its own sender has come
 */
static __always_inline void op25b_sender_strengthen(struct op25b_sender_set *set, unsigned int i)
{
	if (likely(set->weight[i] != U32_MAX))
		set->weight[i]++;
	else
		set->lost++;
}

#endif /* _OP25B_CORE_SENDER_H */
