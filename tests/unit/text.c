// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/**
 * text_prefix() - read a prefix
 * @text: ADDRESS or ADDRESS/LEN; anything after a space is ignored
 *
 * Ends the program if the text is not a prefix: the test or its data is wrong.
 *
 * Return: the prefix.
 */
struct text_prefix text_prefix(const char *text)
{
	struct text_prefix prefix = { .ipv6 = strchr(text, ':') };
	size_t n = strcspn(text, "/ \n");
	unsigned char address[16] = { 0 };
	char buf[64] = "";
	int i;

	if (n < sizeof(buf))
		memcpy(buf, text, n);
	prefix.len = prefix.ipv6 ? 128 : 32;
	if (inet_pton(prefix.ipv6 ? AF_INET6 : AF_INET, buf, address) != 1 ||
	    (text[n] == '/' && (sscanf(text + n + 1, "%3u", &prefix.len) != 1 ||
				prefix.len > (prefix.ipv6 ? 128 : 32)))) {
		fprintf(stderr, "not a prefix: %s\n", text);
		exit(1);
	}
	for (i = 0; i < 8; i++) {
		prefix.hi = prefix.hi << 8 | address[i];
		prefix.lo = prefix.lo << 8 | address[i + 8];
	}
	return prefix;
}
