/* SPDX-License-Identifier: GPL-2.0 */
/* Splitting lines into words, and taking the words of a command one by one. */
#ifndef OP25BCTL_WORDS_H
#define OP25BCTL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "report.h"

/**
 * struct words - the words of one command
 * @word: the words
 * @count: the number of words
 * @at: the index of the next word to take
 * @in_file: they are from a file, where "-" cannot mean standard input
 * @size: the number of elements allocated for @word; 0: it is not ours to free
 * @text: the characters of the words of a line; freed by words_free()
 * @text_size: the number of bytes allocated for @text
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
 * @name: its name, "-" for standard input; owned by the caller
 * @number: the number of the line read last
 * @fd: the open file
 * @keep: keep all that was read in @data, for lines_rewind()
 * @eof: the end of the file was reached
 * @data: what was read; freed by lines_close()
 * @at: the offset of the next line in @data
 * @end: the offset of the end of what was read
 * @size: the number of bytes allocated
 * @outer: the place that errors name again after this file
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
void words_print(const char *word);
void words_free(struct words *words);

/* Returns the next word, or NULL. */
static inline const char *words_peek(const struct words *words)
{
	return words->at < words->count ? words->word[words->at] : NULL;
}

/* Takes the next word. Returns NULL if there is none. */
static inline const char *words_next(struct words *words)
{
	return words->at < words->count ? words->word[words->at++] : NULL;
}

#endif /* OP25BCTL_WORDS_H */
