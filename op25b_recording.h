/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Recording: which recorder a pool has, from one policy to the next
 */
#ifndef _OP25B_RECORDING_H
#define _OP25B_RECORDING_H

#include <linux/list.h>

#include "op25b_policy.h"
#include "op25b_table.h"

int op25b_recording_set(struct op25b_table *table, struct op25b_pool_conf *conf)
	__must_hold(&table->lock);
void op25b_recording_drop(struct op25b_table *table, struct op25b_pool_conf *conf)
	__must_hold(&table->lock);
void op25b_recording_keep(struct op25b_table *table, struct op25b_policy *policy,
			  const struct op25b_policy *old, const struct op25b_policy *kept)
	__must_hold(&table->lock);
void op25b_recording_retire(struct op25b_table *table, const struct op25b_policy *old,
			    const struct op25b_policy *kept, struct list_head *retired)
	__must_hold(&table->lock);

#endif /* _OP25B_RECORDING_H */
