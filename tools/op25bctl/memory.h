/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocations that exit when memory runs out. A change is sent after all memory for it has been
 * allocated, and a restore is dropped on exit, so the command at hand has then changed nothing. What
 * it has printed may be cut, and the exit status says so.
 */
#ifndef OP25BCTL_MEMORY_H
#define OP25BCTL_MEMORY_H

#include <stddef.h>

void memory_begin(void);
void *memory_enlarge(void *array, size_t *size, size_t need, size_t each);
char *memory_copy(const char *text);

/**
 * memory_grow() - make room in an array, by doubling its size
 * @array: the array, or NULL
 * @size: the number of elements allocated; updated
 * @need: the number of elements needed
 * @each: the size of an element in bytes
 *
 * Return: the array, which may have moved; the caller frees it.
 */
static inline void *memory_grow(void *array, size_t *size, size_t need, size_t each)
{
	return need <= *size ? array : memory_enlarge(array, size, need, each);
}

#endif /* OP25BCTL_MEMORY_H */
