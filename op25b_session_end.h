/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sessions that end by themselves
 */
#ifndef _OP25B_SESSION_END_H
#define _OP25B_SESSION_END_H

struct op25b_sessions;
struct op25b_table;

int op25b_session_end_register(void);
void op25b_session_end_unregister(void);
int op25b_session_end_due(struct op25b_table *table);
void op25b_session_end_init(struct op25b_sessions *sessions);
void op25b_session_end_stop(struct op25b_sessions *sessions);

#endif /* _OP25B_SESSION_END_H */
