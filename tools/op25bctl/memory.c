// SPDX-License-Identifier: GPL-2.0
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

/**
 * memory_enlarge() - enlarge an array, by doubling it
 * @array: the array, or NULL
 * @size: how many elements it has room for; updated
 * @need: how many it must have room for
 * @each: the size of an element
 *
 * Return: the array, at its old place or a new one; the caller owns it.
 */
void *memory_enlarge(void *array, size_t *size, size_t need, size_t each)
{
	size_t more = *size ? *size : 8;

	while (more < need)
		more *= 2;
	array = memory_check(reallocarray(array, more, each));
	*size = more;
	return array;
}

/**
 * memory_copy() - copy a string
 * @text: the string, or NULL
 *
 * Return: the copy, which the caller owns, or NULL for NULL.
 */
char *memory_copy(const char *text)
{
	return text ? memory_check(strdup(text)) : NULL;
}
