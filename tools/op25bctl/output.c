// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "report.h"

static bool coloured;

/* The colours that ip(8) has for an interface, an address, up and down. */
static const char *const escapes[] = {
	[POOL_COLOUR] = "\033[36m",
	[IPV4_COLOUR] = "\033[35m",
	[IPV6_COLOUR] = "\033[34m",
	[GOOD_COLOUR] = "\033[32m",
	[BAD_COLOUR] = "\033[31m",
};

/**
 * output_colour_option() - choose whether to use colours, as ip(8) does
 * @when: "always" or NULL, "auto" or "never"
 *
 * Return: DONE or, reported, USAGE.
 */
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

/**
 * output_coloured() - print in colour, if colours are wanted
 * @colour: the colour
 * @text: what to print
 */
void output_coloured(enum colour colour, const char *text)
{
	if (coloured && colour != NO_COLOUR)
		printf("%s%s\033[0m", escapes[colour], text);
	else
		fputs(text, stdout);
}

/**
 * prefix_colour() - the colour of a prefix
 * @prefix: the prefix
 *
 * Return: the colour.
 */
enum colour prefix_colour(const struct prefix *prefix)
{
	return prefix->family == AF_INET ? IPV4_COLOUR : IPV6_COLOUR;
}

/**
 * row_fit() - make the columns of a table wide enough for a row
 * @columns: the columns
 * @count: how many
 * @cells: the row
 */
void row_fit(struct column *columns, int count, const char *const *cells)
{
	int i;

	for (i = 0; i < count; i++) {
		int width = strlen(cells[i]);

		if (columns[i].width < width)
			columns[i].width = width;
	}
}

/**
 * row_print() - print a row of a table, without blanks at its end
 * @columns: the columns, which fit the row
 * @count: how many
 * @cells: the row
 */
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
	/* What cannot be written is reported when the command ends. */
	json_dumpf(json, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(json);
}

/**
 * json_print() - print a JSON document
 * @json: the document; it is released
 */
void json_print(json_t *json)
{
	json_write(json);
	putchar('\n');
}

/**
 * json_print_element() - print the next element of an array that may be too long to hold
 * @json: the element; it is released
 * @first: it is the first one
 */
void json_print_element(json_t *json, bool first)
{
	putchar(first ? '[' : ',');
	json_write(json);
}

/**
 * json_print_end() - print the end of an array
 * @empty: it had no element
 */
void json_print_end(bool empty)
{
	puts(empty ? "[]" : "]");
}

/**
 * json_text() - a string or null
 * @text: the string, or NULL
 *
 * Return: the value, which the caller owns.
 */
json_t *json_text(const char *text)
{
	return text ? json_string(text) : json_null();
}

/**
 * json_prefix() - a prefix or null
 * @prefix: the prefix, or NULL
 *
 * Return: the value, which the caller owns.
 */
json_t *json_prefix(const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];

	return json_text(prefix ? prefix_format(prefix, text) : NULL);
}
