// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "netmask.h"

/*
 * Returns the length that a netmask stands for, or -1 if the text is none. So does a mask of the
 * host's bits, as in the access lists of routers.
 */
int netmask_length(const char *text)
{
	struct in_addr mask;
	uint32_t host;

	if (inet_pton(AF_INET, text, &mask) != 1)
		return -1;
	host = ntohl(mask.s_addr);
	if (!host || host >> 31)
		host = ~host;
	return host & (host + 1) ? -1 : 32 - __builtin_popcount(host);
}

/*
 * Returns the netmask that follows an address, after "netmask" or "mask" or without a word; NULL if
 * none does. Without a word it has to start like one: it could be the next address.
 */
const char *netmask_after(const char *address, const struct words *words)
{
	const char *mask = words_peek(words);

	if (!mask || strpbrk(address, ":/"))
		return NULL;
	if (!strcmp(mask, "netmask") || !strcmp(mask, "mask"))
		mask = words->at + 1 < words->count ? words->word[words->at + 1] : "";
	else if (strncmp(mask, "255.", 4) && strncmp(mask, "0.", 2))
		return NULL;
	return netmask_length(mask) > 0 ? mask : NULL;
}
