/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The watch: events of senders
 */
#ifndef _OP25B_WATCH_H
#define _OP25B_WATCH_H

struct op25b_table;

void op25b_watch_init(struct op25b_table *table);
void op25b_watch_stop(struct op25b_table *table);

#endif /* _OP25B_WATCH_H */
