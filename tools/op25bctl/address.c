// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <endian.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "address.h"
#include "netmask.h"
#include "report.h"

/* The values of hexadecimal digits, plus 1: 0 is for all other characters. */
static const unsigned char hex_digits[256] = {
	['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	['A'] = 11, 12, 13, 14, 15, 16,
	['a'] = 11, 12, 13, 14, 15, 16,
};

/*
 * Is a word meant as a prefix, well-formed or not? "-", the list on standard input, is. No keyword
 * looks like a prefix, so a list of prefixes ends at the first word that does not.
 */
bool prefix_looks_like(const char *text)
{
	return (*text >= '0' && *text <= '9') || *text == '-' || strpbrk(text, ".:/");
}

/* Parses up to three digits without leading zeros. Returns UINT_MAX if there is no digit. */
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
 * address4_read() and address6_read() do what inet_pton() does in a third of the time, which matters
 * for a million addresses. They return the end of the address, or NULL. IPv6 addresses that end with
 * an IPv4 address are left to inet_pton(), by address64_read().
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
	/* "::" stands for at least one group of zeros. */
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

/* Parses an address, which ends with the text or at a "/". Returns its end, or NULL. */
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

/* Parses a length. Returns its end, or NULL; NULL also if the address has fewer bits. */
static const char *length_read(struct prefix *prefix, const char *text)
{
	unsigned int length = decimal_read(&text);

	if (length > prefix_bits(prefix))
		return NULL;
	prefix->length = length;
	return text;
}

/* Clears the bits after the prefix length, 64 at a time. Returns true if one of them was set. */
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

/* Only where "-" can be used; there is no list in a folder. */
static bool is_list(const char *text)
{
	struct stat info;

	return !report_place().file && !stat(text, &info) && !S_ISDIR(info.st_mode);
}

static bool is_range(const char *text)
{
	const char *dash = text + strspn(text, "0123456789abcdefABCDEF.:/");

	return *dash == '-' && dash > text && dash[-1] != '/' &&
	       strcspn(text, ".:") < (size_t)(dash - text);
}

/* Reports a word that does not start with an address or has something after the prefix. */
static int not_a_prefix(const char *text)
{
	if (strchr(text, ','))
		return report_usage("\"%s\" is not a prefix, expected blanks between prefixes, not commas",
				    text);
	if (is_range(text))
		return report_usage("\"%s\" is not a prefix, expected prefixes such as 10.0.0.0/24, not a range",
				    text);
	if (is_list(text))
		return report_usage("\"%s\" is not a prefix, did you mean the list: - < %s", text,
				    text);
	return report_usage("\"%s\" is not a prefix", text);
}

/* Reports an address with a netmask, instead of with a length. @text is the word or words. */
int prefix_refuse_netmask(const struct prefix *address, int length, const char *text)
{
	struct prefix prefix = *address;
	char meant[PREFIX_TEXT_MAX];

	prefix.length = length;
	host_bits_clear(&prefix);
	return report_usage("prefix %s has a netmask, did you mean %s?", text,
			    prefix_format(&prefix, meant));
}

static int bad_length(const struct prefix *prefix, const char *text)
{
	int length = prefix->family == AF_INET ? netmask_length(strchr(text, '/') + 1) : -1;

	if (length >= 0)
		return prefix_refuse_netmask(prefix, length, text);
	if (strchr(text, ',') || is_range(text))
		return not_a_prefix(text);
	return report_usage("prefix %s has a bad length, expected 0 to %u", text,
			    prefix_bits(prefix));
}

/* Is a prefix within ::ffff:0:0/96? Packets do not have such addresses. Sets @ipv4 to what it maps. */
static bool is_mapped(const struct prefix *prefix, struct prefix *ipv4)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };

	if (prefix->family != AF_INET6 || prefix->length < 96 ||
	    memcmp(prefix->address, mapped, sizeof(mapped)))
		return false;
	*ipv4 = (struct prefix) { .family = AF_INET, .length = prefix->length - 96 };
	memcpy(ipv4->address, prefix->address + sizeof(mapped), 4);
	return true;
}

/* Parses a prefix. An address alone is a prefix of full length. */
int prefix_parse(struct prefix *prefix, const char *text)
{
	const char *end = address_read(prefix, text);
	char meant[PREFIX_TEXT_MAX];
	struct prefix ipv4;
	bool host_bits;

	if (!end)
		return not_a_prefix(text);
	if (*end)
		end = length_read(prefix, end + 1);
	if (!end || *end)
		return bad_length(prefix, text);
	host_bits = host_bits_clear(prefix);
	if (is_mapped(prefix, &ipv4))
		return report_usage("prefix %s is IPv4-mapped, did you mean %s?", text,
				    prefix_format(&ipv4, meant));
	if (host_bits)
		return report_usage("prefix %s has host bits set, did you mean %s?", text,
				    prefix_format(prefix, meant));
	return DONE;
}

/* Is a word an address, so that it is hardly the name of a pool? */
bool address_is(const char *text)
{
	struct prefix prefix;

	return address_read(&prefix, text);
}

/**
 * prefix_read_plain() - parse a prefix at the start of a text, without reporting errors
 * @prefix: the result
 * @text: the text; after the prefix it needs a character that no prefix contains
 *
 * Return: the text after the prefix, or NULL. prefix_parse() may still accept it, since it also
 * parses IPv6 addresses that end with an IPv4 address; if not, it says why.
 */
const char *prefix_read_plain(struct prefix *prefix, const char *text)
{
	struct prefix ipv4;
	const char *end;

	memset(prefix->address, 0, sizeof(prefix->address));
	end = address4_read(prefix, text);
	if (!end)
		end = address6_read(prefix, text);
	if (end && *end == '/')
		end = length_read(prefix, end + 1);
	return end && !host_bits_clear(prefix) && !is_mapped(prefix, &ipv4) ? end : NULL;
}

/* Parses an address into a prefix of full length. */
int address_parse(struct prefix *prefix, const char *text)
{
	const char *end = address_read(prefix, text);
	char meant[PREFIX_TEXT_MAX];
	struct prefix ipv4;

	if (!end || *end)
		return report_usage("\"%s\" is not an address", text);
	if (is_mapped(prefix, &ipv4))
		return report_usage("address %s is IPv4-mapped, did you mean %s?", text,
				    address_format(&ipv4, meant));
	return DONE;
}

/* Writes the address of a prefix, without the length. Returns @text. */
const char *address_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX])
{
	return inet_ntop(prefix->family, prefix->address, text, PREFIX_TEXT_MAX);
}

/* Writes a prefix, always with its length. Returns @text. */
const char *prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX])
{
	address_format(prefix, text);
	sprintf(text + strlen(text), "/%u", prefix->length);
	return text;
}

/* Orders prefixes as the kernel dumps them: IPv4 first, then by address, the shorter first. */
int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	int order;

	if (a->family != b->family)
		return a->family == AF_INET ? -1 : 1;
	order = memcmp(a->address, b->address, sizeof(a->address));
	return order ? order : a->length - b->length;
}
