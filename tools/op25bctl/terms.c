// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "terms.h"

const char *const mode_terms[] = {
	[OP25B_MODE_ENFORCE] = "enforce",
	[OP25B_MODE_OBSERVE] = "observe",
	[OP25B_MODE_OFF] = "off",
};

const char *const action_terms[] = {
	[OP25B_ACTION_DROP] = "drop",
	[OP25B_ACTION_TCP_RESET] = "tcp-reset",
	[OP25B_ACTION_ADMIN_PROHIBITED] = "admin-prohibited",
};

const char *const guard_terms[] = { "synack", "inbound" };

const char *const verdict_terms[] = {
	[OP25B_VERDICT_PASSED] = "passed",
	[OP25B_VERDICT_BLOCKED] = "blocked",
	[OP25B_VERDICT_OBSERVED] = "observed",
	[OP25B_VERDICT_RELAYED] = "relayed",
	[OP25B_VERDICT_EXEMPTED] = "exempted",
};

const char *const class_terms[] = {
	[OP25B_A_PACKETS_SYN - 1] = "syn",
	[OP25B_A_PACKETS_MALFORMED - 1] = "malformed",
	[OP25B_A_PACKETS_SYNACK - 1] = "synack",
	[OP25B_A_PACKETS_INBOUND - 1] = "inbound",
};

/**
 * term_number() - find a word in a list
 * @terms: the list
 * @count: its length
 * @word: the word
 *
 * Return: its number, or -1 if it is not in the list.
 */
int term_number(const char *const *terms, int count, const char *word)
{
	int i;

	for (i = 0; i < count; i++)
		if (!strcmp(terms[i], word))
			return i;
	return -1;
}

/**
 * term_name() - the word for a number
 * @terms: the list of words
 * @count: its length
 * @number: the number
 *
 * Return: the word, "unknown" for what a newer kernel has and this command does not.
 */
const char *term_name(const char *const *terms, int count, unsigned int number)
{
	return number < (unsigned int)count ? terms[number] : "unknown";
}

/**
 * terms_append() - append a word to a text that lists words
 * @text: the text, "" before the first word
 * @size: the room that it has
 * @separator: what stands between two words
 * @word: the word
 */
void terms_append(char *text, size_t size, const char *separator, const char *word)
{
	size_t length = strlen(text);

	snprintf(text + length, size - length, "%s%s", length ? separator : "", word);
}
