/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sessions that end by themselves
 */
#ifndef _OP25B_SESSION_END_H
#define _OP25B_SESSION_END_H

struct op25b_sessions;

int op25b_session_end_register(void);
void op25b_session_end_unregister(void);
void op25b_session_end_init(struct op25b_sessions *sessions);
void op25b_session_end_stop(struct op25b_sessions *sessions);

#endif /* _OP25B_SESSION_END_H */
