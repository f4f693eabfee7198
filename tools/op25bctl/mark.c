// SPDX-License-Identifier: GPL-2.0
/*
 * A saved file that was cut behind a line holds valid commands only, and without
 * its last lines, the exempts are lost. So save prints a comment as its first
 * and its last line, and where the first one is, the last one has to follow.
 *
 * Lines before the first mark and after the last one are like those of a file
 * that was written by hand, which needs no marks: whoever appends a line to a
 * saved file has seen its end. Two saved files may follow each other.
 */
#include <string.h>

#include "mark.h"
#include "report.h"

static bool is_mark(const char *text, size_t length, const char *mark)
{
	/* An editor may have made it end with a carriage return. */
	while (length && strchr(" \t\r", text[length - 1]))
		length--;
	return length == strlen(mark) && !memcmp(text, mark, length);
}

/**
 * mark_read() - follow the marks in a file
 * @mark: the state, zeroed before the first line
 * @lines: the reader
 * @text: the line that was read last
 * @length: its length without the newline
 *
 * Return: DONE; or USAGE if this mark has no place here.
 */
int mark_read(struct mark *mark, const struct lines *lines, const char *text, size_t length)
{
	if (*text != '#')
		return DONE;
	if (is_mark(text, length, MARK_BEGIN)) {
		if (mark->begin)
			return report_usage("the saved policy that begins in line %u was cut off: expected the line \"" MARK_END "\" before this one",
					    mark->begin);
		mark->begin = lines->number;
	} else if (is_mark(text, length, MARK_END)) {
		if (!mark->begin)
			return report_usage("the beginning of this saved policy is missing: expected the line \"" MARK_BEGIN "\" before this one");
		mark->begin = 0;
	}
	return DONE;
}

/* After the last line, which errors have to name still: USAGE if the file was cut. */
int mark_finish(const struct mark *mark)
{
	if (!mark->begin)
		return DONE;
	return report_usage("the saved policy that begins in line %u was cut off: expected the line \"" MARK_END "\" after this one",
			    mark->begin);
}
