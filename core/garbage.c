// SPDX-License-Identifier: GPL-2.0
/*
 * What a change took out of the policy, until no reader can see it any more
 */
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/types.h>

#include "garbage.h"
#include "memory.h"

#define CHUNK_ITEMS 30	/* a chunk fits in 256 bytes */

struct op25b_garbage_chunk {
	struct op25b_garbage_chunk *next;
	unsigned int n;
	void *item[CHUNK_ITEMS];
};

/**
 * op25b_garbage_add() - put memory into the bag
 * @garbage: the bag
 * @p: from kmalloc(); stays readable until op25b_garbage_free()
 *
 * Return: 0, or -ENOMEM: @p is not in the bag then.
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

static void empty(struct op25b_garbage *garbage, bool free_items)
{
	struct op25b_garbage_chunk *chunk;

	while ((chunk = garbage->head)) {
		garbage->head = chunk->next;
		while (free_items && chunk->n)
			kfree(chunk->item[--chunk->n]);
		kfree(chunk);
		cond_resched();
	}
}

/**
 * op25b_garbage_forget() - empty the bag, but keep what was in it: the change did not happen
 * @garbage: the bag
 */
void op25b_garbage_forget(struct op25b_garbage *garbage)
{
	empty(garbage, false);
}

/**
 * op25b_garbage_free() - free all that is in the bag
 * @garbage: the bag; a grace period has passed since its last item went out of sight
 */
void op25b_garbage_free(struct op25b_garbage *garbage)
{
	empty(garbage, true);
}
