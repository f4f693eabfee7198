/* SPDX-License-Identifier: GPL-2.0 */
/* The names of pools, numbered from 0 as they come. */
#ifndef OP25BCTL_NAMES_H
#define OP25BCTL_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include <linux/op25b.h>

/**
 * struct name - the name of a pool
 * @text: the name, and zeros up to the end; all zeros: none
 *
 * Compared and hashed as a whole, in a few instructions.
 */
struct name {
	char text[OP25B_POOL_NAME_MAX + 1];
} __attribute__((aligned(8)));

#define NO_NAME		UINT32_MAX	/* a relay's that is of every pool */

/**
 * struct names - a set of names, each with a number
 * @name: the names by number
 * @count: how many there are
 * @size: room in @name
 * @table: numbers by hash, NO_NAME where free
 * @table_size: a power of two, at least twice @count
 * @last: the number last asked for, which is often the next one too
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
