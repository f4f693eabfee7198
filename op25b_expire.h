/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Exempts that expire
 */
#ifndef _OP25B_EXPIRE_H
#define _OP25B_EXPIRE_H

struct op25b_table;

void op25b_expire_init(struct op25b_table *table);
void op25b_expire_stop(struct op25b_table *table);

#endif /* _OP25B_EXPIRE_H */
