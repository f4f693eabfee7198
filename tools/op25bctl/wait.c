// SPDX-License-Identifier: GPL-2.0
/*
 * op25b-reload replaces the module, and nothing is blocked from the removal of the old one until the
 * policy is in force again. So the file is read and its messages are built before. The socket is opened
 * afterwards: the family of another module has another number.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "streams.h"
#include "wait.h"

/**
 * wait_check() - check the words of a command that may wait
 * @control: the run
 * @file: the file that the command reads
 *
 * Return: DONE or USAGE.
 */
int wait_check(const struct control *control, const char *file)
{
	if (control->wait && control->dry_run)
		return report_usage("--wait and --dry-run exclude each other");
	if (control->wait && !strcmp(file, "-"))
		return report_usage("--wait takes a file: on standard input it waits for a line");
	return DONE;
}

/**
 * wait_for_line() - with --wait, say that all is ready, and wait for a line on standard input
 * @control: the run, without a socket
 *
 * What follows the line is not read.
 *
 * Return: DONE, at once without --wait; or REFUSED: no line has come.
 */
int wait_for_line(const struct control *control)
{
	char c = '\0';
	ssize_t got = 1;

	if (!control->wait)
		return DONE;
	puts("ready");
	fflush(stdout);
	while (got > 0 && c != '\n')
		got = streams_read(STDIN_FILENO, &c, 1);
	if (got < 0)
		return report_refusal("cannot read standard input, and nothing was changed: %s",
				      strerror(errno));
	if (!got)
		return report_refusal("standard input has ended without a line: nothing was changed");
	return DONE;
}
