/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who sends most: a set of rows for senders; sender.c explains how it works
 */
#ifndef _OP25B_SENDER_H
#define _OP25B_SENDER_H

#include <linux/types.h>

#include "lpm.h"

/* The number of rows of a set */
#define OP25B_SENDER_ROWS	8

/* The number of bits that stand for destinations, and the most of these that they can tell */
#define OP25B_SENDER_SEEN_BITS	128
#define OP25B_SENDER_SEEN_MAX	200

/* For how many seconds a row may be untouched before others come first */
#define OP25B_SENDER_IDLE	(24 * 60 * 60)

/**
 * struct op25b_sender_key - who a sender is
 * @subscriber: the prefix of the subscriber, bits after its length are zero
 * @pool: the id of the pool, and the address family: whatever tells senders of one prefix apart
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
 * @pool: as in its key
 * @port: the source port of its last packet
 * @packets: its packets since the row began
 * @error: how many it may have sent before
 * @seen: a bit for each destination, or for several
 * @first: when the row began
 * @last: when its last packet came
 */
struct op25b_sender_row {
	struct op25b_key subscriber;
	u32 pool;
	u16 port;
	u64 packets;
	u64 error;
	u64 seen[OP25B_SENDER_SEEN_BITS / 64];
	u32 first;
	u32 last;
};

/**
 * struct op25b_sender_set - the senders whose keys have one hash
 * @lost: the packets that are in no row
 * @weight: what it takes to wear down each row; 0: the row is free
 * @tag: other bits of the hash of each row's key, so that few rows have to be read
 * @oldest: no row was touched last before this
 * @version: for the caller, who lets others read the set while packets are counted
 * @row: the rows
 *
 * All zero when it is empty. The first cache line decides, and one row is written to.
 */
struct op25b_sender_set {
	u64 lost;
	u32 weight[OP25B_SENDER_ROWS];
	u16 tag[OP25B_SENDER_ROWS];
	u32 oldest;
	u32 version;
	struct op25b_sender_row row[OP25B_SENDER_ROWS];
};

/**
 * enum op25b_sender_outcome - what became of a packet
 * @OP25B_SENDER_KNOWN: its sender has a row
 * @OP25B_SENDER_BEGUN: a row began with it
 * @OP25B_SENDER_LOST: it is in no row
 */
enum op25b_sender_outcome {
	OP25B_SENDER_KNOWN,
	OP25B_SENDER_BEGUN,
	OP25B_SENDER_LOST,
};

enum op25b_sender_outcome op25b_sender_count(struct op25b_sender_set *set,
					     const struct op25b_sender_key *key, u16 tag,
					     const struct op25b_sender_packet *packet);
const struct op25b_sender_row *op25b_sender_find(const struct op25b_sender_set *set,
						 const struct op25b_sender_key *key, u16 tag);
void op25b_sender_reset(struct op25b_sender_set *set, unsigned int i);
void op25b_sender_merge(struct op25b_sender_row *row, const struct op25b_sender_row *other);
unsigned int op25b_sender_destinations(const struct op25b_sender_row *row);

#endif /* _OP25B_SENDER_H */
