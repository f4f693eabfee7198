/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Publishing pools: directories in sysfs, with the table's lock held only briefly
 */
#ifndef _OP25B_DIRECTORY_H
#define _OP25B_DIRECTORY_H

#include <linux/list.h>
#include <linux/types.h>

#include "op25b_policy.h"
#include "op25b_table.h"

bool op25b_directory_make_early(struct op25b_table *table, const struct op25b_policy *policy,
				u32 *id, struct list_head *leaving)
	__must_hold(&table->lock);
int op25b_directory_make(struct op25b_table *table, struct op25b_pool *pool,
			 struct list_head *leaving)
	__must_hold(&table->lock);
void op25b_directory_enter(struct op25b_pool *pool, bool anew);
void op25b_directory_leave(struct op25b_pool *pool, struct list_head *leaving);
void op25b_directory_settle(struct op25b_table *table, struct list_head *leaving)
	__must_hold(&table->lock);
void op25b_directory_make_missing(struct op25b_table *table) __must_hold(&table->lock);

void op25b_directory_init(struct op25b_table *table);
void op25b_directory_stop(struct op25b_table *table);

#endif /* _OP25B_DIRECTORY_H */
