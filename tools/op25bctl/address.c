// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <endian.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "report.h"

/* The values of hexadecimal digits, plus 1. */
static const unsigned char hex_digits[256] = {
	['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	['A'] = 11, 12, 13, 14, 15, 16,
	['a'] = 11, 12, 13, 14, 15, 16,
};

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

/* Reads a decimal number without leading zeros, up to three digits of it. UINT_MAX: none. */
static inline unsigned int decimal_read(const char **text)
{
	unsigned int number = *(*text)++ - '0';
	unsigned int digit, left;

	if (number > 9)
		return UINT_MAX;
	for (left = number ? 2 : 0; left; left--) {
		digit = **text - '0';
		if (digit > 9)
			break;
		number = number * 10 + digit;
		(*text)++;
	}
	return number;
}

/*
 * What inet_pton() does, in a third of its time, which counts for a million addresses. It is still
 * asked about an IPv6 address that ends in an IPv4 one. Returns the address's end, or NULL.
 */
static const char *address4_read(struct prefix *prefix, const char *text)
{
	int i;

	for (i = 0; i < 4; i++) {
		unsigned int number = decimal_read(&text);

		if (number > 255 || (i < 3 && *text++ != '.'))
			return NULL;
		prefix->address[i] = number;
	}
	prefix->family = AF_INET;
	prefix->length = 32;
	return text;
}

static const char *address6_read(struct prefix *prefix, const char *text)
{
	uint8_t *bytes = prefix->address;
	int count = 0, gap = -1;

	if (text[0] == ':' && text[1] == ':') {
		gap = 0;
		text += 2;
	}
	while (count < 16) {
		const char *start = text;
		unsigned int group = 0;

		for (; hex_digits[(unsigned char)*text] && text < start + 4; text++)
			group = group << 4 | (hex_digits[(unsigned char)*text] - 1);
		if (text == start)
			break;
		bytes[count++] = group >> 8;
		bytes[count++] = group;
		if (*text != ':')
			break;
		if (text[1] == ':' && gap < 0) {
			gap = count;
			text++;
		} else if (!hex_digits[(unsigned char)text[1]]) {
			return NULL;
		}
		text++;
	}
	/* "::" stands for one group of zeros at least. */
	if (gap < 0 ? count != 16 : count == 16)
		return NULL;
	if (gap >= 0) {
		memmove(bytes + 16 - (count - gap), bytes + gap, count - gap);
		memset(bytes + gap, 0, 16 - count);
	}
	prefix->family = AF_INET6;
	prefix->length = 128;
	return text;
}

/* An IPv6 address that ends in an IPv4 one. */
static const char *address64_read(struct prefix *prefix, const char *text)
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

/* Reads an address that is the whole text, or all of it up to "/". Returns its end, or NULL. */
static const char *address_read(struct prefix *prefix, const char *text)
{
	const char *end;

	memset(prefix->address, 0, sizeof(prefix->address));
	end = address4_read(prefix, text);
	if (!end)
		end = address6_read(prefix, text);
	if (!end || (*end && *end != '/'))
		end = address64_read(prefix, text);
	return end;
}

/* Reads a length, at most the address's bits. Returns its end, or NULL. */
static const char *length_read(struct prefix *prefix, const char *text)
{
	unsigned int length = decimal_read(&text);

	if (length > prefix_bits(prefix))
		return NULL;
	prefix->length = length;
	return text;
}

/* Clears the bits behind the length, 64 at a time. Returns whether one was set. */
static bool host_bits_clear(struct prefix *prefix)
{
	uint64_t half, host, found = 0;
	int i, length = prefix->length;

	for (i = 0; i < 16; i += 8, length -= 64) {
		host = length >= 64 ? 0 : htobe64(~0ULL >> (length > 0 ? length : 0));
		memcpy(&half, prefix->address + i, sizeof(half));
		found |= half & host;
		half &= ~host;
		memcpy(prefix->address + i, &half, sizeof(half));
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
	const char *end = address_read(prefix, text);
	char meant[PREFIX_TEXT_MAX];

	if (!end)
		return report_usage("\"%s\" is not a prefix", text);
	if (*end)
		end = length_read(prefix, end + 1);
	if (!end || *end)
		return report_usage("prefix %s has a bad length, expected 0 to %u", text,
				    prefix_bits(prefix));
	if (host_bits_clear(prefix))
		return report_usage("prefix %s has host bits set, did you mean %s?", text,
				    prefix_format(prefix, meant));
	return DONE;
}

/**
 * prefix_read_plain() - read a prefix that is written well, with its length
 * @prefix: the result
 * @text: its text, and whatever follows it; ends with a character that is of no address
 *
 * Return: what follows it, or NULL: prefix_parse() may still take it, or say what is wrong.
 */
const char *prefix_read_plain(struct prefix *prefix, const char *text)
{
	const char *end;

	memset(prefix->address, 0, sizeof(prefix->address));
	end = address4_read(prefix, text);
	if (!end)
		end = address6_read(prefix, text);
	if (end && *end == '/')
		end = length_read(prefix, end + 1);
	return end && !host_bits_clear(prefix) ? end : NULL;
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
