// SPDX-License-Identifier: GPL-2.0
#include <assert.h>
#include <stdint.h>

#include "choices.h"
#include "keywords.h"
#include "report.h"

/* The words that other commands use for the same. */
static const struct synonym {
	const char *word;
	const char *name;
} synonyms[] = {
	{ "list", "show" },
	{ "lst", "show" },
	{ "ls", "show" },
	{ "get", "show" },
	{ "print", "show" },
	{ "display", "show" },
	{ "remove", "del" },
	{ "rm", "del" },
	{ "delete", "del" },
	{ "destroy", "del" },
	{ "create", "add" },
	{ "new", "add" },
	{ "insert", "add" },
	{ "change", "set" },
	{ "modify", "set" },
	{ "zero", "reset" },
	{ "clear", "reset" },
};

void choices_add(struct choices *choices, const char *name)
{
	assert(choices->count < CHOICES_MAX);
	choices->name[choices->count++] = name;
}

static int find_exact(const struct choices *choices, const char *word)
{
	size_t i;

	for (i = 0; i < choices->count; i++)
		if (!strcmp(choices->name[i], word))
			return i;
	return -1;
}

/* Returns the only name that a word may be short for, or else -1; @count is the number of them. */
static int find_short(const struct choices *choices, const char *word, size_t *count)
{
	int found = -1;
	size_t i;

	*count = 0;
	for (i = 0; i < choices->count; i++)
		if (choices_is_short(word, choices->name[i])) {
			found = i;
			(*count)++;
		}
	return *count == 1 ? found : -1;
}

#define LONGEST		15

/* How many letters were forgotten, added, mistaken or exchanged with the next one? */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int rows[LONGEST + 1][LONGEST + 1];
	size_t i, j, m = strlen(a), n = strlen(b);

	if (m > LONGEST || n > LONGEST)
		return UINT32_MAX;
	for (i = 0; i <= m; i++)
		rows[i][0] = i;
	for (j = 0; j <= n; j++)
		rows[0][j] = j;
	for (i = 1; i <= m; i++)
		for (j = 1; j <= n; j++) {
			unsigned int least = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (least > rows[i - 1][j] + 1)
				least = rows[i - 1][j] + 1;
			if (least > rows[i][j - 1] + 1)
				least = rows[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    least > rows[i - 2][j - 2] + 1)
				least = rows[i - 2][j - 2] + 1;
			rows[i][j] = least;
		}
	return rows[m][n];
}

/* In a word of up to four letters, two that differ make another word. */
static int find_similar(const struct choices *choices, const char *word)
{
	unsigned int nearest = strlen(word) > 4 ? 3 : 2;
	int found = -1;
	size_t i;

	for (i = 0; i < choices->count; i++) {
		unsigned int this = distance(word, choices->name[i]);

		if (this < nearest) {
			nearest = this;
			found = i;
		}
	}
	return found;
}

/* Returns the name that was probably meant, or -1. */
static int find_meant(const struct choices *choices, const char *word)
{
	size_t i, count;
	int found;

	for (i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++) {
		if (strcmp(synonyms[i].word, word))
			continue;
		found = find_exact(choices, synonyms[i].name);
		if (found >= 0)
			return found;
	}
	found = find_short(choices, word, &count);
	return found >= 0 ? found : find_similar(choices, word);
}

/* Lists the names that a word may be short for; all names for "". */
static void list_names(const struct choices *choices, const char *word, char *text, size_t size)
{
	size_t i;

	*text = '\0';
	for (i = 0; i < choices->count; i++)
		if (!*word || choices_is_short(word, choices->name[i]))
			list_append(text, size, ", ", choices->name[i]);
}

/**
 * choices_find() - find the name that a word stands for
 * @choices: the names
 * @word: the word
 * @shorten: it may be short for a name, as far as no other name starts with it
 *
 * Return: the index of the name, or -1, which is reported with the names to choose from.
 */
int choices_find(const struct choices *choices, const char *word, bool shorten)
{
	const char *object = choices->object ? choices->object : "";
	const char *blank = choices->object ? " " : "";
	int found = find_exact(choices, word);
	char expected[256];
	size_t count = 0;

	if (found < 0 && shorten)
		found = find_short(choices, word, &count);
	if (found >= 0)
		return found;
	if (count) {
		list_names(choices, word, expected, sizeof(expected));
		report_usage("%s \"%s%s%s\" is ambiguous, expected one of: %s", choices->what,
			     object, blank, word, expected);
		return -1;
	}
	found = find_meant(choices, word);
	if (found >= 0) {
		report_usage("unknown %s \"%s%s%s\", did you mean \"%s%s%s\"?", choices->what,
			     object, blank, word, object, blank, choices->name[found]);
		return -1;
	}
	list_names(choices, "", expected, sizeof(expected));
	report_usage("unknown %s \"%s%s%s\", expected one of: %s, help", choices->what, object,
		     blank, word, expected);
	return -1;
}
