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

/* Is a text printable UTF-8? */
bool comment_is_text(const char *text)
{
	size_t length;

	for (; *text; text += length) {
		length = character_length(text);
		if (!length)
			return false;
	}
	return true;
}

/* Refuses a comment that is too long, or is not printable UTF-8. */
int comment_check(const char *text)
{
	if (strlen(text) > OP25B_COMMENT_MAX)
		return report_usage("the comment is longer than %u bytes", OP25B_COMMENT_MAX);
	if (!comment_is_text(text))
		return report_usage("the comment contains a control character or is not UTF-8");
	return DONE;
}

/*
 * Makes a comment, or the name of a device, safe to print. Another client may have set one for which
 * comment_is_text() does not hold: the bytes at fault become "?".
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
