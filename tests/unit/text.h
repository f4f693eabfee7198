/* SPDX-License-Identifier: GPL-2.0 */
/* Prefixes as text; text.c stands alone because <arpa/inet.h> does not go with <linux/in.h> */
#ifndef _TEXT_H
#define _TEXT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct text_prefix - a prefix that was written as text
 * @ipv6: its family
 * @hi: the first 64 bits of its address, in the processor's byte order; of IPv4 in the upper half
 * @lo: the last 64 bits
 * @len: its length; if the text has none, that of an address
 */
struct text_prefix {
	bool ipv6;
	uint64_t hi;
	uint64_t lo;
	unsigned int len;
};

struct text_prefix text_prefix(const char *text);

#endif /* _TEXT_H */
