/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of sessions, for whoever listens
 */
#ifndef _OP25B_SESSION_EVENT_H
#define _OP25B_SESSION_EVENT_H

#include <linux/op25b.h>
#include <linux/types.h>

struct op25b_session;
struct op25b_table;

/**
 * struct op25b_session_events - the events of one change
 * @table: the table of the namespace
 * @listened: somebody listens
 * @failed: memory is short: no more are tried
 * @sent: how many were sent
 * @lost: how many were not
 */
struct op25b_session_events {
	struct op25b_table *table;
	bool listened;
	bool failed;
	unsigned int sent;
	unsigned int lost;
};

void op25b_session_events_begin(struct op25b_session_events *events);
void op25b_session_event(struct op25b_session_events *events, enum op25b_event kind,
			 const struct op25b_session *session);
void op25b_session_events_end(struct op25b_session_events *events);

#endif /* _OP25B_SESSION_EVENT_H */
