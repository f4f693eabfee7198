// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that a change has replaced, until no reader can see it any more
 */
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/types.h>

#include "garbage.h"
#include "memory.h"
#include "pause.h"

#define CHUNK_ITEMS 30	/* a chunk fits in 256 bytes */

struct op25b_garbage_chunk {
	struct op25b_garbage_chunk *next;
	unsigned int n;
	void *item[CHUNK_ITEMS];
};

/**
 * op25b_garbage_add() - add memory
 * @garbage: the list
 * @p: memory from kmalloc(), owned by @garbage from now on; readers may still use it
 *
 * Return: 0, or -ENOMEM; in that case the caller still owns @p.
 */
int op25b_garbage_add(struct op25b_garbage *garbage, void *p)
{
	struct op25b_garbage_chunk *chunk = garbage->head;

	if (!chunk || chunk->n == CHUNK_ITEMS) {
		chunk = kmalloc(sizeof(*chunk), OP25B_GFP);
		if (!chunk)
			return -ENOMEM;
		chunk->next = garbage->head;
		chunk->n = 0;
		garbage->head = chunk;
	}
	chunk->item[chunk->n++] = p;
	return 0;
}

/**
 * op25b_garbage_size() - how much memory will be freed
 * @garbage: the list
 *
 * Return: the size in bytes.
 */
size_t op25b_garbage_size(const struct op25b_garbage *garbage)
{
	const struct op25b_garbage_chunk *chunk;
	size_t size = 0;
	unsigned int i;

	for (chunk = garbage->head; chunk; chunk = chunk->next) {
		size += sizeof(*chunk);
		for (i = 0; i < chunk->n; i++)
			size += ksize(chunk->item[i]);
		op25b_pause();
	}
	return size;
}

static void garbage_empty(struct op25b_garbage *garbage, bool free_items)
{
	struct op25b_garbage_chunk *chunk;

	while ((chunk = garbage->head)) {
		garbage->head = chunk->next;
		while (free_items && chunk->n)
			kfree(chunk->item[--chunk->n]);
		kfree(chunk);
		op25b_pause();
	}
}

/**
 * op25b_garbage_forget() - empty the list without freeing the memory, because it was not replaced
 * @garbage: the list
 */
void op25b_garbage_forget(struct op25b_garbage *garbage)
{
	garbage_empty(garbage, false);
}

/**
 * op25b_garbage_free() - free the memory
 * @garbage: the list; a grace period has passed since readers could last find what is in it
 */
void op25b_garbage_free(struct op25b_garbage *garbage)
{
	garbage_empty(garbage, true);
}
