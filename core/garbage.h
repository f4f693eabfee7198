/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory that a change has replaced, until no reader can see it any more
 */
#ifndef _OP25B_GARBAGE_H
#define _OP25B_GARBAGE_H

#include <linux/types.h>

/**
 * struct op25b_garbage - a list of memory to be freed later
 * @head: its newest chunk
 *
 * Empty when all zero. The caller has to lock it.
 */
struct op25b_garbage {
	struct op25b_garbage_chunk *head;
};

int op25b_garbage_add(struct op25b_garbage *garbage, void *p);
size_t op25b_garbage_size(const struct op25b_garbage *garbage);
void op25b_garbage_forget(struct op25b_garbage *garbage);
void op25b_garbage_free(struct op25b_garbage *garbage);

#endif /* _OP25B_GARBAGE_H */
