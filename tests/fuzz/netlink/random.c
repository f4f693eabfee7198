// SPDX-License-Identifier: GPL-2.0
#include "random.h"

static uint64_t state;

/**
 * random_seed() - start the sequence of a seed
 * @seed: any number
 */
void random_seed(uint64_t seed)
{
	state = seed;
}

/**
 * random_bits() - the sequence's next number (splitmix64)
 *
 * Return: the number.
 */
uint64_t random_bits(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}
