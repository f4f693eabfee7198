// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "report.h"

/**
 * prefix_looks_like() - does a word mean to be a prefix, well written or not?
 * @text: the word
 *
 * No keyword looks like a prefix, so that a list of prefixes ends at the first word that does not.
 *
 * Return: true if it does; also for "-", the list on standard input.
 */
bool prefix_looks_like(const char *text)
{
	return (*text >= '0' && *text <= '9') || *text == '-' || strpbrk(text, ".:/");
}

/*
 * Four decimal numbers without leading zeros, and "/" or the end behind them: what inet_pton() takes
 * in a third of its time, which counts for a million of them. Returns their end, or NULL.
 */
static const char *address4_read(struct prefix *prefix, const char *text)
{
	int i;

	for (i = 0; i < 4; i++) {
		unsigned int number = *text - '0';

		if (number > 9)
			return NULL;
		for (text++; number && *text >= '0' && *text <= '9' && number < 256; text++)
			number = number * 10 + (*text - '0');
		if (number > 255 || (i < 3 && *text++ != '.'))
			return NULL;
		prefix->address[i] = number;
	}
	prefix->family = AF_INET;
	prefix->length = 32;
	return *text == '/' || !*text ? text : NULL;
}

static const char *address6_read(struct prefix *prefix, const char *text)
{
	const char *end = strchrnul(text, '/');
	char copy[INET6_ADDRSTRLEN];

	if (end - text >= (ssize_t)sizeof(copy))
		return NULL;
	*(char *)mempcpy(copy, text, end - text) = '\0';
	prefix->family = AF_INET6;
	prefix->length = 128;
	return inet_pton(AF_INET6, copy, prefix->address) == 1 ? end : NULL;
}

/* Reads an address. Returns its end, which is at "/" or the text's, or NULL. */
static const char *address_read(struct prefix *prefix, const char *text)
{
	const char *end;

	memset(prefix->address, 0, sizeof(prefix->address));
	end = address4_read(prefix, text);
	return end ? end : address6_read(prefix, text);
}

/* One to three decimal digits without a leading zero, at most the address's bits. */
static bool length_read(struct prefix *prefix, const char *text)
{
	unsigned int length = 0;
	const char *p;

	for (p = text; *p >= '0' && *p <= '9' && p < text + 3; p++)
		length = length * 10 + (*p - '0');
	if (*p || p == text || (*text == '0' && p > text + 1) || length > prefix_bits(prefix))
		return false;
	prefix->length = length;
	return true;
}

/* Clears the bits behind the length. Returns whether one was set. */
static bool host_bits_clear(struct prefix *prefix)
{
	uint8_t *byte = prefix->address + prefix->length / 8;
	uint8_t *end = prefix->address + prefix_bits(prefix) / 8;
	uint8_t mask = 0xff >> prefix->length % 8;
	bool found = false;

	for (; byte < end; byte++, mask = 0xff) {
		found |= *byte & mask;
		*byte &= ~mask;
	}
	return found;
}

/**
 * prefix_parse() - read a prefix, or an address, which is a prefix of full length
 * @prefix: the result
 * @text: its text
 *
 * Return: DONE or, reported, USAGE.
 */
int prefix_parse(struct prefix *prefix, const char *text)
{
	const char *slash = address_read(prefix, text);
	char meant[PREFIX_TEXT_MAX];

	if (!slash)
		return report_usage("\"%s\" is not a prefix", text);
	if (*slash && !length_read(prefix, slash + 1))
		return report_usage("prefix %s has a bad length, expected 0 to %u", text,
				    prefix_bits(prefix));
	if (host_bits_clear(prefix))
		return report_usage("prefix %s has host bits set, did you mean %s?", text,
				    prefix_format(prefix, meant));
	return DONE;
}

/**
 * address_parse() - read an address
 * @prefix: the result, of full length
 * @text: its text
 *
 * Return: DONE or, reported, USAGE.
 */
int address_parse(struct prefix *prefix, const char *text)
{
	const char *end = address_read(prefix, text);

	if (!end || *end)
		return report_usage("\"%s\" is not an address", text);
	return DONE;
}

/**
 * address_format() - write a prefix's address
 * @prefix: the prefix
 * @text: room for it
 *
 * Return: @text.
 */
const char *address_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX])
{
	return inet_ntop(prefix->family, prefix->address, text, PREFIX_TEXT_MAX);
}

/**
 * prefix_format() - write a prefix, with its length
 * @prefix: the prefix
 * @text: room for it
 *
 * Return: @text.
 */
const char *prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX])
{
	sprintf(strchr(address_format(prefix, text), '\0'), "/%u", prefix->length);
	return text;
}

/**
 * prefix_compare() - order prefixes: IPv4 first, then by address, then the shorter first
 * @a: a prefix
 * @b: another
 *
 * Return: less than, equal to or greater than zero, as for memcmp().
 */
int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	int order;

	if (a->family != b->family)
		return a->family == AF_INET ? -1 : 1;
	order = memcmp(a->address, b->address, sizeof(a->address));
	return order ? order : a->length - b->length;
}
