// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>

#include "report.h"

static struct place here;

/**
 * report_place() - what place do errors speak of?
 *
 * Return: the place.
 */
struct place report_place(void)
{
	return here;
}

/**
 * report_at() - make errors speak of another place from now on
 * @place: the place the words come from
 */
void report_at(struct place place)
{
	here = place;
}

static void report(const char *format, va_list values)
{
	fflush(stdout);
	if (here.file)
		fprintf(stderr, "%s:%u: ", here.file, here.line);
	else
		fputs("Error: ", stderr);
	vfprintf(stderr, format, values);
	fputc('\n', stderr);
}

/**
 * report_usage() - report words that are wrong
 * @format: the reason, without a newline
 *
 * Return: USAGE.
 */
int report_usage(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	report(format, values);
	va_end(values);
	return USAGE;
}

/**
 * report_refusal() - report that the kernel, or the state of things, refuses
 * @format: the reason, without a newline
 *
 * Return: REFUSED.
 */
int report_refusal(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	report(format, values);
	va_end(values);
	return REFUSED;
}
