/* SPDX-License-Identifier: GPL-2.0 */
/* A word that has to be one of several: shortened, misspelt or unknown. */
#ifndef OP25BCTL_CHOICES_H
#define OP25BCTL_CHOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define CHOICES_MAX	24

/**
 * struct choices - the words to choose from
 * @what: what they are, for errors: "object" or "command"
 * @object: the object that a command belongs to, or NULL
 * @name: the words
 * @count: the number of words
 */
struct choices {
	const char *what;
	const char *object;
	const char *name[CHOICES_MAX];
	size_t count;
};

void choices_add(struct choices *choices, const char *name);
int choices_find(const struct choices *choices, const char *word, bool shorten);

/* Is a word the start of a name, or all of it? */
static inline bool choices_is_short(const char *word, const char *name)
{
	return *word && !strncmp(word, name, strlen(word));
}

#endif /* OP25BCTL_CHOICES_H */
