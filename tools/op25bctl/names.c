// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "names.h"

/* Makes a name from a text, which is cut if it is too long. */
struct name name_make(const char *text)
{
	struct name name = {};

	memcpy(name.text, text, strnlen(text, OP25B_POOL_NAME_MAX));
	return name;
}

static bool name_equal(const struct name *a, const struct name *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static size_t hash(const struct name *name)
{
	uint64_t word, value = 0;
	size_t i;

	for (i = 0; i < sizeof(*name); i += sizeof(word)) {
		memcpy(&word, name->text + i, sizeof(word));
		value = (value ^ word) * 0x9e3779b97f4a7c15ULL;
	}
	return value >> 32;
}

/* Finds the slot of the hash table that has a name, or else the one to put it in. */
static uint32_t *names_slot(const struct names *names, const struct name *name)
{
	size_t at = hash(name);

	for (;; at++) {
		uint32_t *slot = &names->table[at & (names->table_size - 1)];

		if (*slot == NO_NAME || name_equal(&names->name[*slot], name))
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
		*names_slot(names, &names->name[i]) = i;
}

/* Returns the number of a name. A new name, which may be all zeros, is added. */
uint32_t names_number(struct names *names, const struct name *name)
{
	uint32_t *slot;

	if (names->count && name_equal(&names->name[names->last], name))
		return names->last;
	if (names->count * 2 >= names->table_size)
		names_enlarge(names);
	slot = names_slot(names, name);
	if (*slot == NO_NAME) {
		names->name = memory_grow(names->name, &names->size, names->count + 1,
					  sizeof(*names->name));
		names->name[names->count] = *name;
		*slot = names->count++;
	}
	names->last = *slot;
	return names->last;
}

void names_free(struct names *names)
{
	free(names->name);
	free(names->table);
}
