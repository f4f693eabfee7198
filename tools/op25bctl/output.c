// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "report.h"

static bool coloured;

/* As in ip(8) for an interface, an IPv4 and an IPv6 address, "up" and "down". */
static const char *const escapes[] = {
	[POOL_COLOUR] = "\033[36m",
	[IPV4_COLOUR] = "\033[35m",
	[IPV6_COLOUR] = "\033[34m",
	[GOOD_COLOUR] = "\033[32m",
	[BAD_COLOUR] = "\033[31m",
};

/* Applies --color, as in ip(8): @when is always or NULL, auto, or never. */
int output_colour_option(const char *when)
{
	if (!when || !strcmp(when, "always"))
		coloured = true;
	else if (!strcmp(when, "auto"))
		coloured = isatty(STDOUT_FILENO);
	else if (!strcmp(when, "never"))
		coloured = false;
	else
		return report_usage("unknown colour \"%s\", expected one of: auto, always, never",
				    when);
	return DONE;
}

/* Prints a text, in colour if colours are on. */
void output_coloured(enum colour colour, const char *text)
{
	if (coloured && colour != NO_COLOUR)
		printf("%s%s\033[0m", escapes[colour], text);
	else
		fputs(text, stdout);
}

enum colour prefix_colour(const struct prefix *prefix)
{
	return prefix->family == AF_INET ? IPV4_COLOUR : IPV6_COLOUR;
}

/* Widens the columns of a table for a row. */
void row_fit(struct column *columns, int count, const char *const *cells)
{
	int i;

	for (i = 0; i < count; i++) {
		int width = strlen(cells[i]);

		if (columns[i].width < width)
			columns[i].width = width;
	}
}

/* Prints a row of a table, without trailing blanks. The columns must have been fitted. */
void row_print(const struct column *columns, int count, const char *const *cells)
{
	int owed = 0;
	int i;

	for (i = 0; i < count; i++) {
		int blanks = columns[i].width - strlen(cells[i]);

		if (columns[i].right)
			owed += blanks;
		if (*cells[i]) {
			printf("%*s", owed, "");
			output_coloured(columns[i].colour, cells[i]);
			owed = 0;
		}
		owed += columns[i].right ? 2 : blanks + 2;
	}
	putchar('\n');
}

static void json_write(json_t *json)
{
	/* With memory_begin(), there is no other reason. */
	if (!json)
		exit(report_refusal("the module's answer is not UTF-8"));
	/* streams_end() reports what could not be written. */
	json_dumpf(json, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(json);
}

/* Prints a JSON document and releases it. */
void json_print(json_t *json)
{
	json_write(json);
	putchar('\n');
}

/* Prints the next element of an array and releases it: a whole array may not fit in memory. */
void json_print_element(json_t *json, bool first)
{
	putchar(first ? '[' : ',');
	json_write(json);
}

/* Ends an array of json_print_element(). */
void json_print_end(bool empty)
{
	puts(empty ? "[]" : "]");
}

/* A new JSON string, or null for NULL. */
json_t *json_text(const char *text)
{
	return text ? json_string(text) : json_null();
}

/* A new JSON string, or null for NULL. */
json_t *json_prefix(const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];

	return json_text(prefix ? prefix_format(prefix, text) : NULL);
}
