/* SPDX-License-Identifier: GPL-2.0 */
/* linux/bitops.h for user space */
#ifndef _SHIM_LINUX_BITOPS_H
#define _SHIM_LINUX_BITOPS_H

#include <linux/types.h>

#define BIT(n)		(1UL << (n))
#define BIT_ULL(n)	(1ULL << (n))

static inline unsigned int hweight64(u64 x)
{
	return __builtin_popcountll(x);
}

static inline u32 ror32(u32 x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

static inline u64 rol64(u64 x, unsigned int n)
{
	return x << n | x >> (64 - n);
}

static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

/* Undefined if @x is 0 */
static inline unsigned int __fls(unsigned long x)
{
	return 8 * sizeof(long) - 1 - __builtin_clzl(x);
}

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

static inline unsigned int __ffs64(u64 x)
{
	return __builtin_ctzll(x);
}

#define BITS_TO_LONGS(n)	(((n) + 8 * sizeof(long) - 1) / (8 * sizeof(long)))

static inline bool test_bit(unsigned int n, const unsigned long *bits)
{
	return bits[n / (8 * sizeof(long))] >> n % (8 * sizeof(long)) & 1;
}

static inline void __set_bit(unsigned int n, unsigned long *bits)
{
	bits[n / (8 * sizeof(long))] |= 1UL << n % (8 * sizeof(long));
}

#endif /* _SHIM_LINUX_BITOPS_H */
