/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pseudorandom numbers, reproducible by their seed
 */
#ifndef FUZZ_RANDOM_H
#define FUZZ_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

void random_seed(uint64_t seed);
uint64_t random_bits(void);

/* A number from 0 to @n - 1 */
static inline uint32_t below(uint32_t n)
{
	return (random_bits() >> 32) * n >> 32;
}

static inline bool one_in(uint32_t n)
{
	return !below(n);
}

#endif /* FUZZ_RANDOM_H */
