/* SPDX-License-Identifier: GPL-2.0 */
/* The names of pools, numbered from 0 as they come. */
#ifndef OP25BCTL_NAMES_H
#define OP25BCTL_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include <linux/op25b.h>

/*
 * The name of a pool, padded with zeros. All zeros are no name. The fixed size makes comparing and
 * hashing a matter of a few instructions.
 */
struct name {
	char text[OP25B_POOL_NAME_MAX + 1];
} __attribute__((aligned(8)));

#define NO_NAME		UINT32_MAX	/* for a relay or target of every pool */

/**
 * struct names - a set of names, each with a number
 * @name: the names, by number
 * @count: the number of names
 * @size: the number of elements allocated for @name
 * @table: a hash table with open addressing: numbers, or NO_NAME where it is free
 * @table_size: a power of two, at least twice @count
 * @last: the number returned last: consecutive lookups are often of the same name
 */
struct names {
	struct name *name;
	size_t count;
	size_t size;
	uint32_t *table;
	size_t table_size;
	uint32_t last;
};

struct name name_make(const char *text);
uint32_t names_number(struct names *names, const struct name *name);
void names_free(struct names *names);

#endif /* OP25BCTL_NAMES_H */
