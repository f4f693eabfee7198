// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <time.h>

#include "timestamp.h"

/* Writes a time in seconds since 1970, as in ISO 8601 and RFC 3339, in UTC. Returns @text. */
const char *timestamp_format(uint64_t seconds, char text[TIMESTAMP_TEXT_MAX])
{
	time_t time = seconds;
	struct tm parts;

	/* only a year that does not fit into an int has no text */
	if (!gmtime_r(&time, &parts) ||
	    !strftime(text, TIMESTAMP_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &parts))
		memcpy(text, "-", sizeof("-"));
	return text;
}
