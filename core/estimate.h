/* SPDX-License-Identifier: GPL-2.0 */
/*
 * About how many different things were seen; estimate.c explains how it works
 */
#ifndef _OP25B_ESTIMATE_H
#define _OP25B_ESTIMATE_H

#include <linux/compiler.h>
#include <linux/types.h>

#define OP25B_ESTIMATE_BITS		13
#define OP25B_ESTIMATE_REGISTERS	(1U << OP25B_ESTIMATE_BITS)

/**
 * struct op25b_estimate - which different things were seen, in 8 KiB
 * @rank: the registers
 * @word: four of them in each word
 *
 * All zero if nothing was. May be shared by all processors.
 */
struct op25b_estimate {
	union {
		u8 rank[OP25B_ESTIMATE_REGISTERS];
		__le32 word[OP25B_ESTIMATE_REGISTERS / 4];
	};
};

void op25b_estimate_grow(struct op25b_estimate *estimate, u64 hash);
void op25b_estimate_reset(struct op25b_estimate *estimate);
u64 op25b_estimate_read(const struct op25b_estimate *estimate);

/**
 * op25b_estimate_add() - note that something was seen
 * @estimate: the registers
 * @hash: of the thing, all its bits random
 *
 * Several may call it at once.
 */
static __always_inline void op25b_estimate_add(struct op25b_estimate *estimate, u64 hash)
{
	u8 rank = READ_ONCE(estimate->rank[hash % OP25B_ESTIMATE_REGISTERS]);

	/* only if as many of the highest bits are 0 can there be more zeros, plus one */
	if (unlikely(!(hash >> 1 >> (~rank & 63))))
		op25b_estimate_grow(estimate, hash);
}

#endif /* _OP25B_ESTIMATE_H */
