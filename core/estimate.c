// SPDX-License-Identifier: GPL-2.0
/*
 * About how many different things were seen, in a fixed amount of memory
 *
 * HyperLogLog (Flajolet, Fusy, Gandouet and Meunier, AofA 2007). Some bits of a thing's hash
 * choose a register, which has the largest number of leading zeros, plus one, of all the others'
 * remaining bits. The standard error is 1.04 / sqrt(registers): 1.15%.
 *
 * A register only grows, and does so less and less often, so that processors hardly ever write to
 * the registers that they share. Reading is Ertl's improved estimator ("New cardinality estimation
 * algorithms for HyperLogLog sketches", 2017, algorithm 6): unlike the original one it needs no
 * corrections for small numbers. It is computed with 32 bits after the point. The hash has 64 bits,
 * which do not run out, so that the term for registers at their limit is left out.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/math64.h>

#include <asm/byteorder.h>

#include "estimate.h"

/* The number of bits of a hash that do not choose a register */
#define REST_BITS	(64 - OP25B_ESTIMATE_BITS)

/* Numbers with 32 bits after the point */
#define ONE		(1ULL << 32)

/* registers^2 / (2 * ln 2), and 1 / (2 * ln 2) is 0.7213475204 */
#define SCALE		(7213475204ULL * OP25B_ESTIMATE_REGISTERS * OP25B_ESTIMATE_REGISTERS / \
			 10000000000ULL)

/**
 * op25b_estimate_grow() - let the register of something grow, if it is still too small
 * @estimate: the registers
 * @hash: of the thing
 *
 * Several may call it at once.
 */
void op25b_estimate_grow(struct op25b_estimate *estimate, u64 hash)
{
	u32 n = hash % OP25B_ESTIMATE_REGISTERS, shift = n % 4 * 8;
	u32 rank = REST_BITS - fls64(hash >> OP25B_ESTIMATE_BITS) + 1;
	__le32 *word = &estimate->word[n / 4];
	__le32 old = READ_ONCE(*word), new, found;

	while ((le32_to_cpu(old) >> shift & 0xff) < rank) {
		new = (old & ~cpu_to_le32(0xffU << shift)) | cpu_to_le32(rank << shift);
		found = (__force __le32)cmpxchg((__force u32 *)word, (__force u32)old,
						(__force u32)new);
		if (found == old)
			break;
		old = found;
	}
}

/**
 * op25b_estimate_reset() - note that nothing was seen
 * @estimate: the registers
 *
 * Others may call op25b_estimate_add() meanwhile.
 */
void op25b_estimate_reset(struct op25b_estimate *estimate)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(estimate->word); i++)
		WRITE_ONCE(estimate->word[i], 0);
}

/* x + x^2 + 2 * x^4 + 4 * x^8 + ... for x below 1 */
static u64 sigma(u64 x)
{
	u64 sum = x, before;
	unsigned int k = 0;

	do {
		before = sum;
		x = x * x >> 32;
		sum += x << k++;
	} while (sum != before);
	return sum;
}

/**
 * op25b_estimate_read() - estimate how many different things were seen
 * @estimate: the registers
 *
 * Return: about how many.
 */
u64 op25b_estimate_read(const struct op25b_estimate *estimate)
{
	u32 count[REST_BITS + 2] = { 0 };
	unsigned int i, k;
	u64 z = 0;

	for (i = 0; i < OP25B_ESTIMATE_REGISTERS; i++)
		count[READ_ONCE(estimate->rank[i])]++;
	if (count[0] == OP25B_ESTIMATE_REGISTERS)
		return 0;
	for (k = REST_BITS; k; k--)
		z = (z + count[k] * ONE) / 2;
	z += sigma(count[0] * (ONE / OP25B_ESTIMATE_REGISTERS)) * OP25B_ESTIMATE_REGISTERS;
	return z ? div64_u64(SCALE * ONE + z / 2, z) : U64_MAX;
}
