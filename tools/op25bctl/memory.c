// SPDX-License-Identifier: GPL-2.0
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "report.h"

static void *memory_check(void *memory)
{
	if (!memory)
		exit(report_refusal("out of memory"));
	return memory;
}

static void *allocate(size_t size)
{
	return memory_check(malloc(size));
}

/* Has jansson allocate like this, too: most callers do not look whether it could. */
void memory_begin(void)
{
	json_set_alloc_funcs(allocate, free);
}

void *memory_enlarge(void *array, size_t *size, size_t need, size_t each)
{
	size_t more = *size ? *size : 8;

	while (more < need)
		more *= 2;
	array = memory_check(reallocarray(array, more, each));
	*size = more;
	return array;
}

/* Copies a string, or NULL. The caller frees the copy. */
char *memory_copy(const char *text)
{
	return text ? memory_check(strdup(text)) : NULL;
}
