// SPDX-License-Identifier: GPL-2.0
/*
 * A line is words separated by blanks. "#" starts a comment. A word in double
 * quotes may hold blanks and "#"; in it, a backslash goes before a double quote
 * or a backslash.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "words.h"

#define LINES_CHUNK	65536

enum kind { PLAIN, BLANK, COMMENT, QUOTE, END, CONTROL };

static const unsigned char kinds[256] = {
	[0 ... '\t' - 1] = CONTROL,
	['\t'] = BLANK,
	['\n'] = END,
	['\n' + 1 ... '\r' - 1] = CONTROL,
	['\r'] = BLANK,
	['\r' + 1 ... ' ' - 1] = CONTROL,
	[' '] = BLANK,
	['#'] = COMMENT,
	['"'] = QUOTE,
	[127] = CONTROL,
};

static enum kind kind(const char *c)
{
	return kinds[(unsigned char)*c];
}

/**
 * lines_open() - start to read a file
 * @lines: the reader, closed with lines_close(); nothing to close if this fails
 * @name: the file's name, "-" for standard input; must outlive @lines
 * @keep: lines_rewind() will be called
 *
 * Return: DONE or, reported, USAGE.
 */
int lines_open(struct lines *lines, const char *name, bool keep)
{
	*lines = (struct lines) { .name = name, .keep = keep, .fd = STDIN_FILENO };
	if (strcmp(name, "-")) {
		lines->fd = open(name, O_RDONLY | O_CLOEXEC);
		if (lines->fd < 0)
			return report_usage("cannot open \"%s\": %s", name, strerror(errno));
	}
	/* What can be read again need not be kept. */
	if (keep && !lseek(lines->fd, 0, SEEK_CUR))
		lines->keep = false;
	lines->outer = report_place();
	return DONE;
}

/**
 * lines_rewind() - start again with the first line
 * @lines: the reader, opened with keep
 *
 * Return: DONE or, reported, USAGE.
 */
int lines_rewind(struct lines *lines)
{
	if (!lines->keep) {
		if (lseek(lines->fd, 0, SEEK_SET))
			return report_usage("cannot read \"%s\": %s", lines->name, strerror(errno));
		lines->end = 0;
		lines->eof = false;
	}
	lines->at = 0;
	lines->number = 0;
	return DONE;
}

/**
 * lines_close() - close the file; errors speak of the place before it again
 * @lines: the reader
 */
void lines_close(struct lines *lines)
{
	report_at(lines->outer);
	if (lines->fd != STDIN_FILENO)
		close(lines->fd);
	free(lines->data);
}

/* Reads on, once: a terminal or a pipe gives a line at a time. */
static int lines_fill(struct lines *lines)
{
	ssize_t got;

	if (!lines->keep && lines->at) {
		lines->end -= lines->at;
		memmove(lines->data, lines->data + lines->at, lines->end);
		lines->at = 0;
	}
	lines->data = memory_grow(lines->data, &lines->size, lines->end + LINES_CHUNK, 1);
	do {
		got = read(lines->fd, lines->data + lines->end, lines->size - lines->end);
	} while (got < 0 && errno == EINTR);
	if (got < 0) {
		report_at(lines->outer);
		return report_usage("cannot read \"%s\": %s", lines->name, strerror(errno));
	}
	lines->end += got;
	lines->eof = !got;
	return DONE;
}

/* Reads a quoted word in place, behind its opening quote. Returns its end, or NULL: reported. */
static char *words_quoted(char *p)
{
	char *out = p;

	for (; *p != '"'; p++) {
		if (*p == '\\' && *++p != '"' && *p != '\\') {
			report_usage("in quotes, a backslash goes before a quote or a backslash only");
			return NULL;
		}
		if (kind(p) == END) {
			report_usage("a quote is not closed");
			return NULL;
		}
		if (kind(p) == CONTROL) {
			report_usage("a word holds a control character");
			return NULL;
		}
		*out++ = *p;
	}
	*out = '\0';
	return p + 1;
}

/**
 * words_split() - split a line
 * @words: the result, valid until the next call with it
 * @text: the line, which ends with a newline
 * @length: its length without that
 *
 * Return: DONE or, reported, USAGE.
 */
int words_split(struct words *words, const char *text, size_t length)
{
	char *p;

	words->word = memory_grow(words->word, &words->size, length / 2 + 1, sizeof(*words->word));
	words->text = memory_grow(words->text, &words->text_size, length + 1, 1);
	words->count = 0;
	words->at = 0;
	words->in_file = true;
	p = memcpy(words->text, text, length + 1);

	for (;;) {
		enum kind next = kind(p);

		if (next == PLAIN) {
			words->word[words->count++] = p;
			do {
				next = kind(++p);
			} while (next == PLAIN);
		} else if (next == QUOTE) {
			words->word[words->count++] = ++p;
			p = words_quoted(p);
			if (!p)
				return USAGE;
			next = kind(p);
			if (next == PLAIN || next == QUOTE)
				return report_usage("a blank is missing behind a quote");
		}
		switch (next) {
		case BLANK:
			*p++ = '\0';
			break;
		case QUOTE:
			return report_usage("a blank is missing before a quote");
		case CONTROL:
			return report_usage("the line holds a control character");
		case PLAIN:	/* taken above */
		case COMMENT:
		case END:
			*p = '\0';
			return DONE;
		}
	}
}

/**
 * lines_next_text() - read the next line
 * @lines: the reader; errors speak of the line from now on
 * @text: the line, which ends with a newline, also the last one; valid until the next call
 * @length: its length without that
 *
 * Return: DONE, LINES_END behind the last line or, reported, USAGE.
 */
int lines_next_text(struct lines *lines, const char **text, size_t *length)
{
	const char *newline = NULL;
	size_t seen = 0;
	int status;

	for (;;) {
		size_t left = lines->end - lines->at;

		if (left > seen)
			newline = memchr(lines->data + lines->at + seen, '\n', left - seen);
		if (newline)
			break;
		if (lines->eof && !left)
			return LINES_END;
		if (lines->eof)
			lines->data[lines->end++] = '\n';
		seen = left;
		status = lines->eof ? DONE : lines_fill(lines);
		if (status)
			return status;
	}
	*text = lines->data + lines->at;
	*length = newline - *text;
	lines->at += *length + 1;
	report_at((struct place) { lines->name, ++lines->number });
	return DONE;
}

/**
 * lines_next() - read the words of the next line that has some
 * @lines: the reader; errors speak of the line from now on
 * @words: the words of the line, valid until the next call with them
 *
 * Return: DONE, LINES_END behind the last line or, reported, USAGE.
 */
int lines_next(struct lines *lines, struct words *words)
{
	const char *text;
	size_t length;
	int status;

	do {
		status = lines_next_text(lines, &text, &length);
		if (!status)
			status = words_split(words, text, length);
	} while (!status && !words->count);
	return status;
}

/**
 * words_end() - check that no word is left
 * @words: the words
 *
 * Return: DONE or, reported, USAGE.
 */
int words_end(struct words *words)
{
	const char *word = words_next(words);

	return word ? report_usage("\"%s\" is one word too many", word) : DONE;
}

/**
 * words_last_file() - take the name of a file, the last word, or else standard input
 * @words: the words
 * @file: the name, "-" for standard input
 *
 * Return: DONE or, reported, USAGE.
 */
int words_last_file(struct words *words, const char **file)
{
	*file = words_next(words);
	if (!*file)
		*file = "-";
	if (words->in_file && !strcmp(*file, "-"))
		return report_usage("standard input is for the command line, not for a file");
	return words_end(words);
}

/**
 * words_free() - free the words of lines
 * @words: words filled by lines_next()
 */
void words_free(struct words *words)
{
	free(words->word);
	free(words->text);
}
