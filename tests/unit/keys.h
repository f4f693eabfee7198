/* SPDX-License-Identifier: GPL-2.0 */
/* Keys of the lookup as 128-bit numbers; an IPv4 address is in the upper 32 bits */
#ifndef _KEYS_H
#define _KEYS_H

#include "lpm.h"

typedef unsigned __int128 address;

static inline struct op25b_key key_of(address at)
{
	return (struct op25b_key){ .hi = at >> 64, .lo = at };
}

static inline address address_of(struct op25b_key key)
{
	return (address)key.hi << 64 | key.lo;
}

static inline address mask(unsigned int len)
{
	/* clang-tidy 14 takes the shift for one by 128, although @len is not 0 there */
	/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
	return len ? ~(address)0 << (128 - len) : 0;
}

#endif /* _KEYS_H */
