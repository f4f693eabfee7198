/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses and prefixes, and their text. */
#ifndef OP25BCTL_ADDRESS_H
#define OP25BCTL_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define PREFIX_TEXT_MAX		(INET6_ADDRSTRLEN + 4)

/**
 * struct prefix - an IPv4 or IPv6 prefix
 * @family: AF_INET or AF_INET6
 * @length: its length in bits
 * @address: its address, in network byte order; IPv4: the first 4 bytes, then zeros
 */
struct prefix {
	uint8_t family;
	uint8_t length;
	uint8_t address[16];
};

bool prefix_looks_like(const char *text);
const char *prefix_read_plain(struct prefix *prefix, const char *text);
int prefix_parse(struct prefix *prefix, const char *text);
int address_parse(struct prefix *prefix, const char *text);
const char *prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX]);
const char *address_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX]);
int prefix_compare(const struct prefix *a, const struct prefix *b);

/**
 * prefix_bits() - how many bits an address of the prefix's family has
 * @prefix: the prefix
 *
 * Return: 32 or 128.
 */
static inline unsigned int prefix_bits(const struct prefix *prefix)
{
	return prefix->family == AF_INET ? 32 : 128;
}

#endif /* OP25BCTL_ADDRESS_H */
