/* SPDX-License-Identifier: GPL-2.0 */
/* The words of a command, from the command line or from the lines of a file. */
#ifndef OP25BCTL_WORDS_H
#define OP25BCTL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "report.h"

/**
 * struct words - the words of one command
 * @word: the words
 * @count: how many there are
 * @at: the next one to read
 * @in_file: they stand in a file, where "-" cannot mean standard input
 * @size: room in @word, if it is our own
 * @text: the characters of the words, if they are our own
 * @text_size: room in @text
 */
struct words {
	char **word;
	size_t count;
	size_t at;
	bool in_file;
	size_t size;
	char *text;
	size_t text_size;
};

/**
 * struct lines - a file that is read line by line
 * @name: its name, "-" for standard input; borrowed
 * @number: the number of the line last read
 * @fd: the open file
 * @keep: keep what was read, for lines_rewind()
 * @eof: nothing more can be read from @fd
 * @data: what was read and is kept
 * @at: where the next line starts in @data
 * @end: where @data ends
 * @size: room in @data
 * @outer: the place to speak of when this file is done
 */
struct lines {
	const char *name;
	unsigned int number;
	int fd;
	bool keep;
	bool eof;
	char *data;
	size_t at;
	size_t end;
	size_t size;
	struct place outer;
};

#define LINES_END	(-1)

int lines_open(struct lines *lines, const char *name, bool keep);
int lines_next_text(struct lines *lines, const char **text, size_t *length);
int lines_next(struct lines *lines, struct words *words);
int lines_rewind(struct lines *lines);
void lines_close(struct lines *lines);

int words_split(struct words *words, const char *text, size_t length);
int words_end(struct words *words);
int words_last_file(struct words *words, const char **file);
void words_free(struct words *words);

/**
 * words_peek() - look at the next word
 * @words: the words
 *
 * Return: the word, or NULL if there is none.
 */
static inline const char *words_peek(const struct words *words)
{
	return words->at < words->count ? words->word[words->at] : NULL;
}

/**
 * words_next() - take the next word
 * @words: the words
 *
 * Return: the word, or NULL if there is none.
 */
static inline const char *words_next(struct words *words)
{
	return words->at < words->count ? words->word[words->at++] : NULL;
}

#endif /* OP25BCTL_WORDS_H */
