/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The netfilter hooks: from a packet to what becomes of it
 */
#ifndef _OP25B_HOOK_H
#define _OP25B_HOOK_H

#include "op25b_table.h"

void op25b_hook_init(struct op25b_table *table);
int op25b_hook_register(struct op25b_table *table) __must_hold(&table->lock);
void op25b_hook_unregister(struct op25b_table *table) __must_hold(&table->lock);
void op25b_hook_stop(struct op25b_table *table);

#endif /* _OP25B_HOOK_H */
