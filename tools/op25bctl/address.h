/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses and prefixes, and their text. */
#ifndef OP25BCTL_ADDRESS_H
#define OP25BCTL_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define PREFIX_TEXT_MAX		(INET6_ADDRSTRLEN + 4)

struct prefix {
	uint8_t family;		/* AF_INET or AF_INET6 */
	uint8_t length;		/* in bits */
	uint8_t address[16];	/* in network byte order; IPv4: 4 bytes, then zeros */
};

bool prefix_looks_like(const char *text);
const char *prefix_read_plain(struct prefix *prefix, const char *text);
int prefix_parse(struct prefix *prefix, const char *text);
int prefix_refuse_netmask(const struct prefix *address, int length, const char *text);
bool address_is(const char *text);
int address_parse(struct prefix *prefix, const char *text);
const char *prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX]);
const char *address_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX]);
int prefix_compare(const struct prefix *a, const struct prefix *b);

/* The number of bits in an address of the prefix's family. */
static inline unsigned int prefix_bits(const struct prefix *prefix)
{
	return prefix->family == AF_INET ? 32 : 128;
}

#endif /* OP25BCTL_ADDRESS_H */
