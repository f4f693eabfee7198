// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

/* What is longer is cut. */
#define REPORT_MAX	4096

static struct place here;

static bool keeping;
static struct place kept_at;
static char kept[REPORT_MAX];

struct place report_place(void)
{
	return here;
}

void report_at(struct place place)
{
	here = place;
}

void report_keep(bool keep)
{
	keeping = keep;
	kept_at = here;
	*kept = '\0';
}

const char *report_kept(void)
{
	return kept;
}

/*
 * Errors quote words of files and of the command line. All that is not printable ASCII is escaped:
 * a zero-width space, or a letter that only looks like a Latin one, can then be seen, and no
 * terminal obeys what it is shown.
 */
static void write_escaped(FILE *stream, const char *text)
{
	for (; *text; text++)
		if (*text >= ' ' && *text <= '~')
			fputc(*text, stream);
		else
			fprintf(stream, "\\x%02x", (unsigned char)*text);
}

static void write_error(FILE *stream, struct place place, const char *kind, const char *text)
{
	if (place.file) {
		write_escaped(stream, place.file);
		fprintf(stream, ":%u: ", place.line);
	}
	fputs(kind, stream);
	write_escaped(stream, text);
}

/*
 * The last error counts. A file that it is in is named, unless it is the one that was read when
 * keeping began, of which the number of the line is known.
 */
static void keep_error(const char *text)
{
	FILE *stream = fmemopen(kept, sizeof(kept) - 1, "w");
	struct place place = here;

	if (!stream)
		return;
	if (here.file && kept_at.file && !strcmp(here.file, kept_at.file))
		place = (struct place) {};
	write_error(stream, place, "", text);
	fclose(stream);
}

static void report(const char *kind, bool error, const char *format, va_list values)
{
	char text[REPORT_MAX];
	int length = vsnprintf(text, sizeof(text), format, values);

	if (error && keeping)
		keep_error(text);
	fflush(stdout);
	write_error(stderr, here, kind, text);
	/* A word can be as long as a line. Needing no memory, this reports that there is none, too. */
	fputs(length >= (int)sizeof(text) ? "...\n" : "\n", stderr);
}

int report_usage(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	report(here.file ? "" : "Error: ", true, format, values);
	va_end(values);
	return USAGE;
}

int report_refusal(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	report(here.file ? "" : "Error: ", true, format, values);
	va_end(values);
	return REFUSED;
}

void report_warning(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	report("Warning: ", false, format, values);
	va_end(values);
}
