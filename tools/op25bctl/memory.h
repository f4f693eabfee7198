/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that grows; running out of it ends the command, which has then changed nothing. */
#ifndef OP25BCTL_MEMORY_H
#define OP25BCTL_MEMORY_H

#include <stddef.h>

void *memory_enlarge(void *array, size_t *size, size_t need, size_t each);
char *memory_copy(const char *text);

/**
 * memory_grow() - make room in an array that grows
 * @array: the array, or NULL
 * @size: how many elements it has room for; updated
 * @need: how many it must have room for
 * @each: the size of an element
 *
 * Return: the array, at its old place or a new one; the caller owns it.
 */
static inline void *memory_grow(void *array, size_t *size, size_t need, size_t each)
{
	return need <= *size ? array : memory_enlarge(array, size, need, each);
}

#endif /* OP25BCTL_MEMORY_H */
