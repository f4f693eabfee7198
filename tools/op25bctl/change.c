// SPDX-License-Identifier: GPL-2.0
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "comment.h"
#include "duration.h"
#include "memory.h"
#include "netmask.h"
#include "report.h"
#include "special.h"

/* Resets a change that is zeroed or was used before. */
void change_begin(struct change *change, uint8_t command)
{
	change->command = command;
	change->force = false;
	change->restore = false;
	change->pool = (struct name) {};
	change->mode = -1;
	change->action = -1;
	change->guard = -1;
	change->senders = -1;
	change->subscriber = -1;
	change->log = LOG_NOT_GIVEN;
	change->vrf = NULL;
	change->exempt = (struct exempt_options) {};
	change->commented = false;
	change->listed = false;
	change->count = 0;
}

/* A list on standard input may have no lines; then there is nothing to send. */
bool change_is_empty(const struct change *change)
{
	return change->listed && !change->count;
}

void change_free(struct change *change)
{
	free(change->prefixes);
}

static struct change_prefix *change_new_prefix(struct change *change, uint32_t line)
{
	struct change_prefix *added;

	change->prefixes = memory_grow(change->prefixes, &change->size, change->count + 1,
				       sizeof(*change->prefixes));
	added = &change->prefixes[change->count++];
	added->line = line;
	return added;
}

/**
 * device_take() - take the name of a device
 * @device: the result, which belongs to the words; not NULL if it was given before, an error
 * @what: the word before it
 * @words: the words, the name is next
 *
 * Return: DONE or USAGE.
 */
int device_take(const char **device, const char *what, struct words *words)
{
	const char *word = words_next(words);

	if (*device)
		return report_usage("%s is given twice", what);
	if (!word || !*word || strlen(word) >= IF_NAMESIZE || !comment_is_text(word))
		return report_usage("%s takes the name of a device%s%s%s", what,
				    word ? ", not \"" : "", word ? word : "", word ? "\"" : "");
	*device = word;
	return DONE;
}

/* Takes a prefix, which is the next word. A netmask after it could be taken for another prefix. */
int prefix_take(struct prefix *prefix, struct words *words)
{
	const char *word = words_next(words), *mask;
	int status = prefix_parse(prefix, word);

	if (status)
		return status;
	mask = netmask_after(word, words);
	return mask ? prefix_refuse_netmask(prefix, netmask_length(mask), word) : DONE;
}

static int change_take_prefix(struct change *change, uint32_t line, struct words *words)
{
	struct prefix *prefix = &change_new_prefix(change, line)->prefix;
	int status = prefix_take(prefix, words);

	if (!status)
		special_warn(change->command, prefix);
	return status;
}

static const bool in_names[256] = {
	['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['0' ... '9'] = true,
	['_'] = true, ['.'] = true, ['-'] = true,
};

/* Parses the name that a text starts with. Returns the text after it, or NULL. */
static const char *name_read(struct name *name, const char *text)
{
	size_t length = 0;

	*name = (struct name) {};
	if (*text == '.' || *text == '-')
		return NULL;
	while (in_names[(unsigned char)text[length]]) {
		if (length == OP25B_POOL_NAME_MAX)
			return NULL;
		name->text[length] = text[length];
		length++;
	}
	return length ? text + length : NULL;
}

/**
 * change_read_plain() - parse the line that large files are made of: "prefix add NAME PREFIX"
 * @change: the result
 * @text: the line, which ends with a newline
 * @length: its length without the newline
 *
 * Not splitting the line into words saves two thirds of the time.
 *
 * Return: true if this is such a line, valid and with single blanks between its words; special_warn()
 * was called. Otherwise nothing is reported: the line may still be valid.
 */
bool change_read_plain(struct change *change, const char *text, size_t length)
{
	static const char start[] = "prefix add ";
	struct prefix *prefix;
	const char *end;

	if (length < strlen(start) || memcmp(text, start, strlen(start)))
		return false;
	change_begin(change, OP25B_CMD_PREFIX_ADD);
	change->listed = true;
	end = name_read(&change->pool, text + strlen(start));
	if (!end || *end != ' ')
		return false;
	prefix = &change_new_prefix(change, 0)->prefix;
	end = prefix_read_plain(prefix, end + 1);
	if (!end || *end != '\n')
		return false;
	special_warn(change->command, prefix);
	return true;
}

/* Takes a pool's name from the words. */
int pool_name_parse(struct name *name, struct words *words)
{
	const char *word = words_next(words);
	const char *end;

	if (!word)
		return report_usage("the name of a pool is missing");
	end = name_read(name, word);
	if (!end || *end)
		return report_usage("\"%s\" is not a pool's name: 1 to %u of A-Z a-z 0-9 _ . -, not starting with . or -",
				    word, OP25B_POOL_NAME_MAX);
	return DONE;
}

/**
 * change_take_keyword() - take the value of a setting
 * @number: the result; not -1 if the setting was given before, which is an error
 * @what: the name of the setting
 * @keywords: the values
 * @words: the words, the value is next
 *
 * Return: DONE or USAGE.
 */
int change_take_keyword(int *number, const char *what, const struct keywords *keywords,
			struct words *words)
{
	const char *word = words_next(words);
	char expected[80];

	if (*number >= 0)
		return report_usage("%s is given twice", what);
	if (word)
		*number = keyword_number(keywords, word);
	if (*number >= 0)
		return DONE;
	keywords_list(keywords, expected, sizeof(expected));
	if (!word)
		return report_usage("%s takes one of: %s", what, expected);
	return report_usage("unknown %s \"%s\", expected one of: %s", what, word, expected);
}

/* Takes "-" and reads a list of prefixes from standard input, one a line. */
static int change_read_prefixes(struct change *change, struct words *dash)
{
	struct words words = {};
	struct lines lines;
	int status;

	words_next(dash);
	status = lines_open(&lines, "-", false);
	if (status)
		return status;
	while (!(status = lines_next(&lines, &words))) {
		status = change_take_prefix(change, lines.number, &words);
		if (!status)
			status = words_end(&words);
		if (status)
			break;
	}
	lines_close(&lines);
	words_free(&words);
	return status == LINES_END ? DONE : status;
}

/*
 * Takes a list of at least one prefix, which ends at the first word that does not look like a
 * prefix. "-" in the list stands for the lines of standard input, of which there may be none.
 */
int change_take_prefixes(struct change *change, struct words *words)
{
	const char *word = words_peek(words);
	int status;

	if (!word)
		return report_usage("a prefix is missing");
	do {
		if (strcmp(word, "-"))
			status = change_take_prefix(change, 0, words);
		else if (words->in_file)
			status = report_usage("standard input can only be used on the command line, not in a file");
		else
			status = change_read_prefixes(change, words);
		if (status)
			return status;
		word = words_peek(words);
	} while (word && prefix_looks_like(word));
	return DONE;
}

/* Is a word the name of an option that exempts and sessions have? */
bool change_is_option(const char *word)
{
	return !strcmp(word, "timeout") || !strcmp(word, "comment");
}

/* Takes the value of such an option. An empty comment is the same as none. */
int change_take_option(struct change *change, const char *option, struct words *words)
{
	struct exempt_options *options = &change->exempt;
	const char *word;

	if (!strcmp(option, "timeout")) {
		if (options->timeout)
			return report_usage("timeout is given twice");
		return duration_parse(&options->timeout, "timeout", words_next(words));
	}
	if (change->commented)
		return report_usage("comment is given twice");
	change->commented = true;
	word = words_next(words);
	if (!word)
		return report_usage("comment takes a text");
	options->comment = *word ? word : NULL;
	return comment_check(word);
}

/*
 * Was the name of the pool forgotten, so that the first word is a prefix or "-"? An IPv4 address can
 * be a name, if a prefix follows.
 */
static bool pool_is_missing(const struct words *words)
{
	const char *word = words_peek(words);
	const char *next = words->at + 1 < words->count ? words->word[words->at + 1] : NULL;

	if (!word || (strcmp(word, "-") && !address_is(word)))
		return false;
	return strpbrk(word, "-:/") || !next || !prefix_looks_like(next);
}

/* Takes a pool's name and a list of prefixes. */
int change_take_pool_prefixes(struct change *change, struct words *words)
{
	int status;

	if (pool_is_missing(words))
		return report_usage("the name of a pool is missing before \"%s\"",
				    words_peek(words));
	status = pool_name_parse(&change->pool, words);
	change->listed = true;
	return status ? status : change_take_prefixes(change, words);
}

/* Starts the message for a change: all but its prefixes. */
void change_begin_message(const struct change *change, struct message *message)
{
	message_begin(message, change->command, NLM_F_ACK);
	/* The kernel does not take the flag for these two commands. */
	if (change->force && change->command != OP25B_CMD_POOL_SET &&
	    change->command != OP25B_CMD_FLUSH)
		message_put_flag(message, OP25B_A_FORCE);
	if (change->restore)
		message_put_flag(message, OP25B_A_RESTORE);
	if (*change->pool.text)
		message_put_string(message, OP25B_A_POOL, change->pool.text);
	if (change->mode >= 0)
		message_put_u32(message, OP25B_A_MODE, change->mode);
	if (change->action >= 0)
		message_put_u32(message, OP25B_A_ACTION, change->action);
	if (change->guard >= 0)
		message_put_u32(message, OP25B_A_GUARD, change->guard);
	if (change->senders >= 0)
		message_put_u8(message, OP25B_A_SENDERS, change->senders);
	if (change->subscriber >= 0)
		message_put_u8(message, OP25B_A_SUBSCRIBER, change->subscriber);
	if (change->log != LOG_NOT_GIVEN)
		message_put_u32(message, OP25B_A_LOG, change->log);
	if (change->vrf)
		message_put_string(message, OP25B_A_VRF, change->vrf);
}

/* Writes the whole message for a change. */
void change_encode(const struct change *change, struct message *message)
{
	size_t i;

	change_begin_message(change, message);
	for (i = 0; i < change->count; i++)
		message_put_prefix(message, OP25B_A_PREFIX, &change->prefixes[i].prefix,
				   &change->exempt);
}
