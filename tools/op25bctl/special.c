// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel accepts prefixes whose addresses have a special purpose (RFC 6890): they do no harm.
 * But no connection through a router has such an address, so whoever adds one means another, and is
 * told.
 */
#include <linux/op25b.h>
#include <stddef.h>
#include <string.h>

#include "report.h"
#include "special.h"

/* The most warnings of one run: a file may have a million such lines. */
#define WARNINGS_MAX	5

static const struct {
	struct prefix prefix;
	const char *what;
} ranges[] = {
	{ { AF_INET, 8, { 0 } }, "unspecified" },
	{ { AF_INET, 8, { 127 } }, "loopback" },
	{ { AF_INET, 16, { 169, 254 } }, "link-local" },
	{ { AF_INET, 4, { 224 } }, "multicast" },
	{ { AF_INET, 32, { 255, 255, 255, 255 } }, "broadcast" },
	{ { AF_INET6, 128, { 0 } }, "unspecified" },
	{ { AF_INET6, 128, { [15] = 1 } }, "loopback" },
	{ { AF_INET6, 10, { 0xfe, 0x80 } }, "link-local" },
	{ { AF_INET6, 8, { 0xff } }, "multicast" },
};

/* The bytes that addresses in the ranges begin with: of a million prefixes, most begin with another */
static bool begins_range[256];

/* Is @prefix within @range? */
static bool is_within(const struct prefix *prefix, const struct prefix *range)
{
	unsigned int bytes = range->length / 8, bits = range->length % 8;

	if (prefix->family != range->family || prefix->length < range->length ||
	    memcmp(prefix->address, range->address, bytes))
		return false;
	return !bits || !((prefix->address[bytes] ^ range->address[bytes]) >> (8 - bits));
}

/* What a command adds, or NULL */
static const char *noun_added(uint8_t command)
{
	switch (command) {
	case OP25B_CMD_POOL_ADD:
	case OP25B_CMD_PREFIX_ADD:
		return "prefix";
	case OP25B_CMD_EXEMPT_ADD:
		return "exempt";
	case OP25B_CMD_RELAY_ADD:
		return "relay";
	case OP25B_CMD_TARGET_ADD:
		return "target";
	default:
		return NULL;
	}
}

/* The number of warnings, and the place of the last one */
static unsigned int warnings;
static struct place last;

/*
 * Is this place before the last one that was warned about, or the same? A file may be read again, to
 * find the line that the kernel has refused.
 */
static bool was_here(void)
{
	struct place here = report_place();
	bool was = here.file && last.file && here.line <= last.line && !strcmp(here.file, last.file);

	if (!was)
		last = here;
	return was;
}

/* Begins a run, before special_warn() is called, and forgets the warnings of an earlier one. */
void special_begin(void)
{
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		memset(&begins_range[ranges[i].prefix.address[0]], true,
		       ranges[i].prefix.length < 8 ? 1 << (8 - ranges[i].prefix.length) : 1);
	warnings = 0;
	last = (struct place) {};
}

/**
 * special_warn() - warn if a command adds a prefix with only addresses of a special purpose
 * @command: the command, OP25B_CMD_…
 * @prefix: the prefix
 */
void special_warn(uint8_t command, const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];
	const char *noun;
	size_t i;

	if (!begins_range[prefix->address[0]])
		return;
	noun = noun_added(command);
	if (!noun || warnings > WARNINGS_MAX)
		return;
	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (is_within(prefix, &ranges[i].prefix))
			break;
	if (i == sizeof(ranges) / sizeof(ranges[0]) || was_here())
		return;
	if (warnings++ < WARNINGS_MAX)
		report_warning("%s %s has only %s addresses, which no connection through a router has",
			       noun, prefix_format(prefix, text), ranges[i].what);
	else
		report_warning("further prefixes of this kind are not named");
}
