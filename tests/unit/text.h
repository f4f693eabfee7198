/* SPDX-License-Identifier: GPL-2.0 */
/* Prefixes as text. text.c is a file of its own: <arpa/inet.h> conflicts with <linux/in.h>. */
#ifndef _TEXT_H
#define _TEXT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct text_prefix - a prefix that was written as text
 * @ipv6: its family
 * @hi: the first 64 bits of its address, in host byte order; an IPv4 address is in the upper 32
 * @lo: the last 64 bits
 * @len: its length; 32 or 128 if the text has none
 */
struct text_prefix {
	bool ipv6;
	uint64_t hi;
	uint64_t lo;
	unsigned int len;
};

struct text_prefix text_prefix(const char *text);

#endif /* _TEXT_H */
