// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>

#include "report.h"

static struct place here;

struct place report_place(void)
{
	return here;
}

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

int report_usage(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	report(format, values);
	va_end(values);
	return USAGE;
}

int report_refusal(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	report(format, values);
	va_end(values);
	return REFUSED;
}
