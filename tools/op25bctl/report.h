/* SPDX-License-Identifier: GPL-2.0 */
/* Errors and warnings on standard error, and the exit codes. */
#ifndef OP25BCTL_REPORT_H
#define OP25BCTL_REPORT_H

#include <stdbool.h>

/*
 * Exit codes, as in ip(8). A function that returns one has reported the error already, unless its
 * comment says otherwise.
 */
enum {
	DONE = 0,
	USAGE = 1,	/* wrong words or files: nothing was sent */
	REFUSED = 2,	/* by the kernel, or for lack of a resource */
	DIFFERS = 3,	/* not an error: diff found a difference, and the exit code becomes 1 */
};

/* The place that errors name. */
struct place {
	const char *file;	/* NULL: the command line */
	unsigned int line;	/* from 1 */
};

struct place report_place(void);
void report_at(struct place place);

/* Both take a message without a newline, and return USAGE or REFUSED. */
int report_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
int report_refusal(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Warns of a command that succeeded but is probably a mistake. No newline here, either. */
void report_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Keeps the last of the errors to come, escaped, for report_kept(). They are printed nevertheless. */
void report_keep(bool keep);
const char *report_kept(void);

#endif /* OP25BCTL_REPORT_H */
