/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a change took out of the policy, until no reader can see it any more
 */
#ifndef _OP25B_GARBAGE_H
#define _OP25B_GARBAGE_H

/**
 * struct op25b_garbage - a bag of memory from kmalloc()
 * @head: its newest chunk
 *
 * All zero is an empty bag. The caller locks.
 */
struct op25b_garbage {
	struct op25b_garbage_chunk *head;
};

int op25b_garbage_add(struct op25b_garbage *garbage, void *p);
void op25b_garbage_forget(struct op25b_garbage *garbage);
void op25b_garbage_free(struct op25b_garbage *garbage);

#endif /* _OP25B_GARBAGE_H */
