/* SPDX-License-Identifier: GPL-2.0 */
/* What is said on standard error, and the exit codes. */
#ifndef OP25BCTL_REPORT_H
#define OP25BCTL_REPORT_H

/* Exit codes, as in ip(8). Functions that report return them: zero is success. */
enum {
	DONE = 0,
	USAGE = 1,	/* bad words: nothing was sent */
	REFUSED = 2,	/* by the kernel, or by what is there */
	DIFFERS = 3,	/* no error, but what diff found; the exit code is that of diff(1) */
};

/**
 * struct place - where the words in hand come from
 * @file: the name of the file, or NULL for the command line
 * @line: the line's number, from 1
 */
struct place {
	const char *file;
	unsigned int line;
};

struct place report_place(void);
void report_at(struct place place);

int report_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
int report_refusal(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* OP25BCTL_REPORT_H */
