// SPDX-License-Identifier: GPL-2.0
/*
 * A line consists of words separated by blanks. "#" starts a comment. A word in
 * double quotes may contain blanks and "#". Within the quotes, a backslash
 * escapes a double quote or a backslash.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "streams.h"
#include "words.h"

#define LINES_CHUNK	65536

/* A longer line is none that a person or program wrote: /dev/zero is one line without an end. */
#define LINE_MAX_SIZE	1048576

static const char byte_order_mark[] = "\357\273\277";

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
 * lines_open() - open a file to read it line by line
 * @lines: the reader, for lines_close() unless this fails
 * @name: the file's name, "-" for standard input; must outlive @lines
 * @keep: lines_rewind() will be called
 *
 * Return: DONE or USAGE.
 */
int lines_open(struct lines *lines, const char *name, bool keep)
{
	*lines = (struct lines) { .name = name, .keep = keep, .fd = STDIN_FILENO };
	if (strcmp(name, "-")) {
		lines->fd = open(name, O_RDONLY | O_CLOEXEC);
		if (lines->fd < 0)
			return report_usage("cannot open \"%s\": %s", name, strerror(errno));
	}
	/* A file that can seek can be read again. */
	if (keep && !lseek(lines->fd, 0, SEEK_CUR))
		lines->keep = false;
	lines->outer = report_place();
	return DONE;
}

/* Continues with the first line again. The file must have been opened with @keep. */
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

/* Closes the file. Errors name the place again that they named before. */
void lines_close(struct lines *lines)
{
	report_at(lines->outer);
	if (lines->fd != STDIN_FILENO)
		close(lines->fd);
	free(lines->data);
}

/* Reads once only: a terminal or pipe gives a line at a time. */
static int lines_fill(struct lines *lines)
{
	ssize_t got;

	if (!lines->keep && lines->at) {
		lines->end -= lines->at;
		memmove(lines->data, lines->data + lines->at, lines->end);
		lines->at = 0;
	}
	lines->data = memory_grow(lines->data, &lines->size, lines->end + LINES_CHUNK, 1);
	got = streams_read(lines->fd, lines->data + lines->end, lines->size - lines->end);
	if (got < 0) {
		report_at(lines->outer);
		return report_usage("cannot read \"%s\": %s", lines->name, strerror(errno));
	}
	lines->end += got;
	lines->eof = !got;
	return DONE;
}

/*
 * Unescapes a quoted word in place, starting after its opening quote. Returns the text after the
 * closing quote, or NULL on an error, which is reported.
 */
static char *words_quoted(char *p)
{
	char *out = p;

	for (; *p != '"'; p++) {
		if (*p == '\\' && *++p != '"' && *p != '\\') {
			report_usage("within quotes, a backslash can only escape a quote or a backslash");
			return NULL;
		}
		if (kind(p) == END) {
			report_usage("a quote is not closed");
			return NULL;
		}
		if (kind(p) == CONTROL) {
			report_usage("a word contains a control character");
			return NULL;
		}
		*out++ = *p;
	}
	*out = '\0';
	return p + 1;
}

/**
 * words_split() - split a line into words
 * @words: the result, valid until the next call
 * @text: the line, which ends with a newline
 * @length: its length without the newline
 *
 * Return: DONE or USAGE.
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
				return report_usage("a blank is missing after a quote");
		}
		switch (next) {
		case BLANK:
			*p++ = '\0';
			break;
		case QUOTE:
			return report_usage("a blank is missing before a quote");
		case CONTROL:
			return report_usage("the line contains a control character");
		case PLAIN:	/* taken above */
		case COMMENT:
		case END:
			*p = '\0';
			return DONE;
		}
	}
}

/* Some editors begin a file of UTF-8 with a byte order mark, which is no part of the first line. */
static void lines_skip_mark(struct lines *lines, const char *newline)
{
	const size_t size = strlen(byte_order_mark);
	const char *start = lines->data + lines->at;

	if (!lines->number && (size_t)(newline - start) >= size &&
	    !memcmp(start, byte_order_mark, size))
		lines->at += size;
}

static void report_long_line(const struct lines *lines)
{
	report_at((struct place) { lines->name, lines->number + 1 });
	report_usage("the line is longer than %d bytes, expected a text file with one command or prefix a line",
		     LINE_MAX_SIZE);
}

/**
 * lines_next_text() - read the next line
 * @lines: the reader; from now on, errors name this line
 * @text: the line, valid until the next call; ends with a newline, even if the file does not
 * @length: its length without the newline
 *
 * Return: DONE, LINES_END after the last line, or USAGE.
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
		if (left > LINE_MAX_SIZE) {
			report_long_line(lines);
			return USAGE;
		}
		if (lines->eof && !left)
			return LINES_END;
		if (lines->eof)
			lines->data[lines->end++] = '\n';
		seen = left;
		status = lines->eof ? DONE : lines_fill(lines);
		if (status)
			return status;
	}
	lines_skip_mark(lines, newline);
	*text = lines->data + lines->at;
	*length = newline - *text;
	if (*length > LINE_MAX_SIZE) {
		report_long_line(lines);
		return USAGE;
	}
	lines->at += *length + 1;
	report_at((struct place) { lines->name, ++lines->number });
	return DONE;
}

/**
 * lines_next() - read the words of the next line that is not empty
 * @lines: the reader; from now on, errors name this line
 * @words: the words, valid until the next call with them
 *
 * Return: DONE, LINES_END after the last line, or USAGE.
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

/* Reports an error if words are left. */
int words_end(struct words *words)
{
	const char *word = words_next(words);

	return word ? report_usage("\"%s\" is one word too many", word) : DONE;
}

/* Takes the name of a file, which must be the last word. Without one it is "-". */
int words_last_file(struct words *words, const char **file)
{
	*file = words_next(words);
	if (!*file)
		*file = "-";
	if (words->in_file && !strcmp(*file, "-"))
		return report_usage("standard input can only be used on the command line, not in a file");
	return words_end(words);
}

/* Frees the words of a line. */
void words_free(struct words *words)
{
	free(words->word);
	free(words->text);
}

/* Prints a word so that words_split() reads it again: in quotes, unless it is plain. Nothing for "". */
void words_print(const char *word)
{
	if (!word[strcspn(word, " \t#\"\\")]) {
		fputs(word, stdout);
		return;
	}
	putchar('"');
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			putchar('\\');
		putchar(*word);
	}
	putchar('"');
}
