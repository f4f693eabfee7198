/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions that return a pointer into their first argument, as C23 and newer C libraries have them:
 * into a constant string, the pointer is to a constant. For tests/static/user.
 */
#include <string.h>

#define POINTER_INTO(s, call) _Generic((s), \
	const char *: (const char *)(call), const unsigned char *: (const void *)(call), \
	const void *: (const void *)(call), default: (call))

#define strchr(s, c) POINTER_INTO(s, strchr(s, c))
#define strrchr(s, c) POINTER_INTO(s, strrchr(s, c))
#define strstr(s, part) POINTER_INTO(s, strstr(s, part))
#define strpbrk(s, any) POINTER_INTO(s, strpbrk(s, any))
#define memchr(s, c, n) POINTER_INTO(s, memchr(s, c, n))
#define strchrnul(s, c) POINTER_INTO(s, strchrnul(s, c))
