/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A keyed hash of a few words: SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input
 * PRF", 2012), without the block that has the length of the input
 *
 * That block tells inputs of different lengths apart. Here all inputs under one key are equally
 * long. Without it, and inline, a hash of one word takes two thirds of the instructions of the
 * kernel's hsiphash(), and has 64 bits.
 */
#ifndef _OP25B_SIPHASH_H
#define _OP25B_SIPHASH_H

#include <linux/bitops.h>
#include <linux/types.h>

/**
 * struct op25b_siphash - the state of SipHash
 * @v: as the paper names it, but in the middle of a round, where the next word is due: a hash of
 *     one word then begins with a part of its first round done
 */
struct op25b_siphash {
	u64 v[4];
};

/* The part of a round in which the next word has no part */
static __always_inline void op25b_siphash_begin_round(struct op25b_siphash *s)
{
	s->v[0] += s->v[1];
	s->v[1] = rol64(s->v[1], 13) ^ s->v[0];
	s->v[0] = rol64(s->v[0], 32);
}

static __always_inline void op25b_siphash_end_round(struct op25b_siphash *s)
{
	s->v[2] += s->v[3];
	s->v[3] = rol64(s->v[3], 16) ^ s->v[2];
	s->v[0] += s->v[3];
	s->v[3] = rol64(s->v[3], 21) ^ s->v[0];
	s->v[2] += s->v[1];
	s->v[1] = rol64(s->v[1], 17) ^ s->v[2];
	s->v[2] = rol64(s->v[2], 32);
}

/* The state for a key of 128 random bits */
static inline struct op25b_siphash op25b_siphash_init(u64 k0, u64 k1)
{
	struct op25b_siphash s = { {
		k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL,
		k0 ^ 0x6c7967656e657261ULL, k1 ^ 0x7465646279746573ULL,
	} };

	op25b_siphash_begin_round(&s);
	return s;
}

/* Add a word of the input. */
static __always_inline void op25b_siphash_add(struct op25b_siphash *s, u64 word)
{
	s->v[3] ^= word;
	op25b_siphash_end_round(s);
	s->v[0] ^= word;
	op25b_siphash_begin_round(s);
}

/* The hash of the words that were added */
static __always_inline u64 op25b_siphash_end(struct op25b_siphash *s)
{
	s->v[2] ^= 0xff;
	op25b_siphash_end_round(s);
	op25b_siphash_begin_round(s);
	op25b_siphash_end_round(s);
	op25b_siphash_begin_round(s);
	op25b_siphash_end_round(s);
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

#endif /* _OP25B_SIPHASH_H */
