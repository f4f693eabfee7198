/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the fuzzers of core/ and of the command */
#ifndef _FUZZ_H
#define _FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition, ...) do {							\
	if (!(condition)) {								\
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);	\
		fprintf(stderr, "  " __VA_ARGS__);					\
		fputc('\n', stderr);							\
		abort();								\
	}										\
} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* _FUZZ_H */
