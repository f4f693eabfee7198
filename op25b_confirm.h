/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Confirmed changes: a policy that is rolled back unless it is confirmed in time
 */
#ifndef _OP25B_CONFIRM_H
#define _OP25B_CONFIRM_H

#include <linux/types.h>

#include "op25b_table.h"

struct netlink_ext_ack;

int op25b_confirm_check(struct op25b_table *table, struct netlink_ext_ack *extack)
	__must_hold(&table->lock);
int op25b_confirm(struct op25b_table *table, struct netlink_ext_ack *extack)
	__must_hold(&table->lock);
int op25b_confirm_rollback(struct op25b_table *table, struct netlink_ext_ack *extack)
	__must_hold(&table->lock);
u32 op25b_confirm_left(const struct op25b_table *table);

void op25b_confirm_init(struct op25b_table *table);
void op25b_confirm_stop(struct op25b_table *table);

#endif /* _OP25B_CONFIRM_H */
