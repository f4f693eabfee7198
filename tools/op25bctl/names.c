// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "names.h"

/* FNV-1a: names are short. */
static uint32_t hash(const char *name)
{
	uint32_t value = 2166136261U;

	while (*name)
		value = (value ^ (unsigned char)*name++) * 16777619U;
	return value;
}

/* The place in the table where a name is, or would be. */
static uint32_t *names_slot(const struct names *names, const char *name)
{
	size_t at = hash(name);

	for (;; at++) {
		uint32_t *slot = &names->table[at & (names->table_size - 1)];

		if (*slot == NO_NAME || !strcmp(names->name[*slot], name))
			return slot;
	}
}

static void names_enlarge(struct names *names)
{
	uint32_t i;

	names->table = memory_grow(names->table, &names->table_size, names->table_size * 2 + 1,
				   sizeof(*names->table));
	memset(names->table, 0xff, names->table_size * sizeof(*names->table));
	for (i = 0; i < names->count; i++)
		*names_slot(names, names->name[i]) = i;
}

/**
 * names_number() - the number of a name
 * @names: the set
 * @name: a valid name; it is added if it is new
 *
 * Return: its number.
 */
uint32_t names_number(struct names *names, const char *name)
{
	uint32_t *slot;

	if (names->count && !strcmp(names->name[names->last], name))
		return names->last;
	if (names->count * 2 >= names->table_size)
		names_enlarge(names);
	slot = names_slot(names, name);
	if (*slot == NO_NAME) {
		names->name = memory_grow(names->name, &names->size, names->count + 1,
					  sizeof(*names->name));
		strncpy(names->name[names->count], name, OP25B_POOL_NAME_MAX);
		names->name[names->count][OP25B_POOL_NAME_MAX] = '\0';
		*slot = names->count++;
	}
	names->last = *slot;
	return names->last;
}

/**
 * names_free() - free what a set holds
 * @names: the set
 */
void names_free(struct names *names)
{
	free(names->name);
	free(names->table);
}
