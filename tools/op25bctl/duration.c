// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include <linux/op25b.h>

#include "duration.h"
#include "report.h"

/* The seconds in a unit, of which the text is the whole name; 0 if there is none. */
static unsigned int unit_seconds(const char *text)
{
	static const struct {
		const char *name;
		unsigned int seconds;
	} units[] = {
		{ "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 },
	};
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(text, units[i].name))
			return units[i].seconds;
	return 0;
}

/**
 * duration_parse() - parse a time: a number of seconds, or a number with its unit
 * @seconds: the result, from 1 to OP25B_TIMEOUT_MAX
 * @what: what the time is for, for errors
 * @word: the text, or NULL if it is missing
 *
 * Return: DONE or USAGE.
 */
int duration_parse(uint32_t *seconds, const char *what, const char *word)
{
	unsigned long long number = 0;
	const char *c = word;

	for (; c && *c >= '0' && *c <= '9' && number <= OP25B_TIMEOUT_MAX; c++)
		number = number * 10 + (*c - '0');
	if (c && c > word)
		number *= unit_seconds(c);
	if (!number || number > OP25B_TIMEOUT_MAX)
		return report_usage("%s takes a time from 1 to %d seconds, such as 3600, 45s, 30m, 2h or 1d%s%s%s",
				    what, OP25B_TIMEOUT_MAX, word ? ", not \"" : "",
				    word ? word : "", word ? "\"" : "");
	*seconds = number;
	return DONE;
}
