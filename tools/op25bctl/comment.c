// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/op25b.h>

#include "comment.h"
#include "report.h"

/*
 * The length of the character at @text, or 0 if it is not well-formed UTF-8
 * (overlong forms, surrogates and what is past U+10FFFF are not) or a control
 * character, which a terminal could take for a command.
 */
static size_t character_length(const char *text)
{
	static const uint32_t least[] = { 0x20, 0xa0, 0x800, 0x10000 };
	const unsigned char *byte = (const unsigned char *)text;
	size_t more = (*byte >= 0xc0) + (*byte >= 0xe0) + (*byte >= 0xf0);
	uint32_t code = more ? *byte & (0x3f >> more) : *byte;
	size_t i;

	if (*byte == 0x7f || (*byte >= 0x80 && *byte < 0xc0) || *byte >= 0xf8)
		return 0;
	for (i = 1; i <= more; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (byte[i] & 0x3f);
	}
	if (code < least[more] || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff)
		return 0;
	return more + 1;
}

/**
 * comment_check() - check a comment that a user gives
 * @text: the comment
 *
 * Return: DONE or, reported, USAGE.
 */
int comment_check(const char *text)
{
	const char *c = text;
	size_t length;

	if (strlen(text) > OP25B_COMMENT_MAX)
		return report_usage("the comment is longer than %u bytes", OP25B_COMMENT_MAX);
	while (*c) {
		length = character_length(c);
		if (!length)
			return report_usage("the comment holds a control character or no UTF-8");
		c += length;
	}
	return DONE;
}

/**
 * comment_clean() - make a comment that another client may have given fit to print
 * @text: the comment; bytes that comment_check() would refuse become "?"
 */
void comment_clean(char *text)
{
	size_t length;

	while (*text) {
		length = character_length(text);
		if (!length)
			*text = '?';
		text += length ? length : 1;
	}
}
