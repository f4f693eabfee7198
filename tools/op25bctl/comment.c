// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/op25b.h>

#include "comment.h"
#include "report.h"

/*
 * Returns the length of the character at @text in bytes. Returns 0 if it is not
 * well-formed UTF-8, which excludes overlong forms, surrogates and code points
 * above U+10FFFF; or if it is a control character, which a terminal might obey.
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

/* Refuses a comment that is too long, or is not printable UTF-8. */
int comment_check(const char *text)
{
	const char *c = text;
	size_t length;

	if (strlen(text) > OP25B_COMMENT_MAX)
		return report_usage("the comment is longer than %u bytes", OP25B_COMMENT_MAX);
	while (*c) {
		length = character_length(c);
		if (!length)
			return report_usage("the comment contains a control character or is not UTF-8");
		c += length;
	}
	return DONE;
}

/*
 * Makes a comment safe to print. Another client may have set one that comment_check() would refuse:
 * the bytes at fault become "?".
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
