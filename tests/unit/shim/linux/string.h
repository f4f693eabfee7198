/* SPDX-License-Identifier: GPL-2.0 */
/* linux/string.h for user space */
#ifndef _SHIM_LINUX_STRING_H
#define _SHIM_LINUX_STRING_H

#include <string.h>

#include <linux/err.h>
#include <linux/types.h>

void *kmemdup(const void *p, size_t size, gfp_t gfp);

static inline ssize_t strscpy(char *to, const char *from, size_t size)
{
	size_t n = strnlen(from, size);

	if (!size || n == size)
		return -E2BIG;
	memcpy(to, from, n + 1);
	return n;
}

#endif /* _SHIM_LINUX_STRING_H */
