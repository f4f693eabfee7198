/* SPDX-License-Identifier: GPL-2.0 */
/*
 * About how many different things were seen; estimate.c explains how it works
 */
#ifndef _OP25B_ESTIMATE_H
#define _OP25B_ESTIMATE_H

#include <linux/types.h>

#define OP25B_ESTIMATE_BITS		13
#define OP25B_ESTIMATE_REGISTERS	(1U << OP25B_ESTIMATE_BITS)

/**
 * struct op25b_estimate - which different things were seen, in 8 KiB
 * @word: the registers, four in each word
 *
 * All zero if nothing was. May be shared by all processors.
 */
struct op25b_estimate {
	u32 word[OP25B_ESTIMATE_REGISTERS / 4];
};

void op25b_estimate_add(struct op25b_estimate *estimate, u64 hash);
void op25b_estimate_reset(struct op25b_estimate *estimate);
u64 op25b_estimate_read(const struct op25b_estimate *estimate);

#endif /* _OP25B_ESTIMATE_H */
