// SPDX-License-Identifier: GPL-2.0
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "keywords.h"

#define KEYWORDS(words)	{ words, sizeof(words) / sizeof((words)[0]) }

static const char *const mode_words[] = {
	[OP25B_MODE_ENFORCE] = "enforce",
	[OP25B_MODE_OBSERVE] = "observe",
	[OP25B_MODE_OFF] = "off",
};

static const char *const action_words[] = {
	[OP25B_ACTION_DROP] = "drop",
	[OP25B_ACTION_TCP_RESET] = "tcp-reset",
	[OP25B_ACTION_ADMIN_PROHIBITED] = "admin-prohibited",
};

static const char *const guard_words[] = {
	[__builtin_ctz(OP25B_GUARD_SYNACK)] = "synack",
	[__builtin_ctz(OP25B_GUARD_INBOUND)] = "inbound",
	[__builtin_ctz(OP25B_GUARD_SPOOFED)] = "spoofed",
	[__builtin_ctz(OP25B_GUARD_SOFTWIRE)] = "softwire",
};

static const char *const switch_words[] = { "off", "on" };

static const char *const verdict_words[] = {
	[OP25B_VERDICT_PASSED] = "passed",
	[OP25B_VERDICT_BLOCKED] = "blocked",
	[OP25B_VERDICT_OBSERVED] = "observed",
	[OP25B_VERDICT_RELAYED] = "relayed",
	[OP25B_VERDICT_EXEMPTED] = "exempted",
};

static const char *const class_words[] = {
	[OP25B_A_PACKETS_SYN - 1] = "syn",
	[OP25B_A_PACKETS_MALFORMED - 1] = "malformed",
	[OP25B_A_PACKETS_SYNACK - 1] = "synack",
	[OP25B_A_PACKETS_INBOUND - 1] = "inbound",
	[OP25B_A_PACKETS_SPOOFED - 1] = "spoofed",
};

/* What a user writes for an operation. */
static const char *const command_words[] = {
	[OP25B_CMD_POOL_ADD] = "pool add", [OP25B_CMD_POOL_SET] = "pool set",
	[OP25B_CMD_POOL_DEL] = "pool del", [OP25B_CMD_POOL_GET] = "pool show",
	[OP25B_CMD_POOL_RESET] = "pool reset", [OP25B_CMD_PREFIX_ADD] = "prefix add",
	[OP25B_CMD_PREFIX_DEL] = "prefix del", [OP25B_CMD_PREFIX_GET] = "prefix show",
	[OP25B_CMD_EXEMPT_ADD] = "exempt add", [OP25B_CMD_EXEMPT_DEL] = "exempt del",
	[OP25B_CMD_EXEMPT_GET] = "exempt show", [OP25B_CMD_RELAY_ADD] = "relay add",
	[OP25B_CMD_RELAY_DEL] = "relay del", [OP25B_CMD_RELAY_GET] = "relay show",
	[OP25B_CMD_TEST] = "test", [OP25B_CMD_STATUS_GET] = "status",
	[OP25B_CMD_FLUSH] = "flush", [OP25B_CMD_RESTORE_BEGIN] = "restore",
	[OP25B_CMD_RESTORE_COMMIT] = "restore", [OP25B_CMD_POLICY_GET] = "save",
	[OP25B_CMD_PREFIX_MOVE] = "prefix move", [OP25B_CMD_TARGET_ADD] = "target add",
	[OP25B_CMD_TARGET_DEL] = "target del", [OP25B_CMD_TARGET_GET] = "target show",
	[OP25B_CMD_SENDER_GET] = "sender show", [OP25B_CMD_SENDER_RESET] = "sender reset",
	[OP25B_CMD_CONFIRM] = "confirm", [OP25B_CMD_ROLLBACK] = "rollback",
	[OP25B_CMD_SESSION_ADD] = "session add", [OP25B_CMD_SESSION_DEL] = "session del",
	[OP25B_CMD_SESSION_GET] = "session show", [OP25B_CMD_SESSION_SYNC] = "session sync",
	[OP25B_CMD_POLICY_NTF] = "monitor", [OP25B_CMD_SENDER_NTF] = "monitor",
	[OP25B_CMD_SESSION_NTF] = "monitor",
};

/* What has happened to the policy, but for an operation, or to a sender or session */
static const char *const event_words[] = {
	[OP25B_EVENT_RESTORED] = "restored",
	[OP25B_EVENT_PENDING] = "pending",
	[OP25B_EVENT_CONFIRMED] = "confirmed",
	[OP25B_EVENT_ROLLED_BACK] = "rolled back",
	[OP25B_EVENT_EXPIRED] = "expired",
	[OP25B_EVENT_POOL_NEW] = "pool new",
	[OP25B_EVENT_POOL_GONE] = "pool gone",
	[OP25B_EVENT_SENDER_NEW] = "new",
	[OP25B_EVENT_SENDER_GROWN] = "grown",
	[OP25B_EVENT_SESSION_NEW] = "new",
	[OP25B_EVENT_SESSION_CHANGED] = "changed",
	[OP25B_EVENT_SESSION_DELETED] = "deleted",
	[OP25B_EVENT_SESSION_EXPIRED] = "expired",
	[OP25B_EVENT_SESSION_DOWN] = "down",
};

/* A value that is added to the header needs a word here. */
static_assert(sizeof(event_words) == (OP25B_EVENT_MAX + 1) * sizeof(*event_words), "events");
static_assert(sizeof(command_words) == (OP25B_CMD_MAX + 1) * sizeof(*command_words), "commands");
static_assert(sizeof(mode_words) == (OP25B_MODE_MAX + 1) * sizeof(*mode_words), "mode");
static_assert(sizeof(action_words) == (OP25B_ACTION_MAX + 1) * sizeof(*action_words), "action");
static_assert((1 << sizeof(guard_words) / sizeof(*guard_words)) - 1 == OP25B_GUARD_MASK, "guard");
static_assert(sizeof(verdict_words) == VERDICTS * sizeof(*verdict_words), "verdict");
static_assert(sizeof(class_words) == CLASSES * sizeof(*class_words), "class");

const struct keywords mode_keywords = KEYWORDS(mode_words);
const struct keywords action_keywords = KEYWORDS(action_words);
const struct keywords guard_keywords = KEYWORDS(guard_words);
const struct keywords switch_keywords = KEYWORDS(switch_words);
const struct keywords verdict_keywords = KEYWORDS(verdict_words);
const struct keywords class_keywords = KEYWORDS(class_words);
const struct keywords event_keywords = KEYWORDS(event_words);
const struct keywords command_keywords = KEYWORDS(command_words);

/* Returns -1 if there is no such word. */
int keyword_number(const struct keywords *keywords, const char *word)
{
	unsigned int i;

	for (i = 0; i < keywords->count; i++)
		if (keywords->word[i] && !strcmp(keywords->word[i], word))
			return i;
	return -1;
}

/* Returns the word of a number, or NULL: a newer module may have numbers that are not known here. */
const char *keyword_name(const struct keywords *keywords, unsigned int number)
{
	return number < keywords->count ? keywords->word[number] : NULL;
}

/* Returns the word of a number; or the number, written to @text, if it is not known here. */
const char *keyword_format(const struct keywords *keywords, unsigned int number,
			   char text[KEYWORD_NUMBER_MAX])
{
	const char *word = keyword_name(keywords, number);

	if (word)
		return word;
	sprintf(text, "%u", number);
	return text;
}

/* Writes all of them, for "expected one of". */
void keywords_list(const struct keywords *keywords, char *text, size_t size)
{
	unsigned int i;

	*text = '\0';
	for (i = 0; i < keywords->count; i++)
		list_append(text, size, ", ", keyword_name(keywords, i));
}

/**
 * list_append() - append a word to a text that lists words
 * @text: the text, "" before the first word
 * @size: the size of @text in bytes; what does not fit is cut
 * @separator: written before each word but the first
 * @word: the word
 */
void list_append(char *text, size_t size, const char *separator, const char *word)
{
	size_t length = strlen(text);

	snprintf(text + length, size - length, "%s%s", length ? separator : "", word);
}
