// SPDX-License-Identifier: GPL-2.0
/*
 * Events of sessions, for whoever listens to the multicast group "sessions"
 *
 * As with those of a policy (op25b_event.c), nothing is built without a listener, and one that
 * cannot be sent holds nothing up: the listener's next recv() fails with ENOBUFS.
 */
#include <linux/errno.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "op25b_event.h"
#include "op25b_netlink.h"
#include "op25b_session_event.h"
#include "op25b_table.h"

/* Of how many sessions of one change there are events: a listener's buffer holds about as many */
#define SESSIONS_MAX 1024

static bool multicast_session(struct op25b_table *table, enum op25b_event kind,
			      const struct op25b_session *session)
{
	struct net *net = table->net;
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL | __GFP_NOWARN);
	unsigned int at = 0;
	void *header;

	if (!skb)
		return false;
	header = genlmsg_put(skb, 0, 0, &op25b_nl_family, 0, OP25B_CMD_SESSION_NTF);
	if (!header || nla_put_u32(skb, OP25B_A_EVENT, kind) ||
	    op25b_event_put_process(skb, net) || op25b_nl_put_session(skb, net, session, &at)) {
		nlmsg_free(skb);
		return false;
	}
	genlmsg_end(skb, header);
	/* A listener whose socket is full is told so. The lock is held, so do not wait for it. */
	genlmsg_multicast_netns(&op25b_nl_family, net, skb, 0, OP25B_NL_GROUP_SESSIONS,
				GFP_NOWAIT | __GFP_NOWARN);
	return true;
}

/**
 * op25b_session_events_begin() - begin to send the events of a change
 * @events: its @table is set, and the rest 0
 */
void op25b_session_events_begin(struct op25b_session_events *events)
{
	events->listened = genl_has_listeners(&op25b_nl_family, events->table->net,
					      OP25B_NL_GROUP_SESSIONS);
}

/**
 * op25b_session_event() - send an event
 * @events: those of the change
 * @kind: what has happened to the session
 * @session: the session; if it has so many prefixes that not all fit, the first ones are sent
 */
void op25b_session_event(struct op25b_session_events *events, enum op25b_event kind,
			 const struct op25b_session *session)
{
	if (!events->listened)
		return;
	if (events->failed || events->sent == SESSIONS_MAX ||
	    !multicast_session(events->table, kind, session)) {
		events->failed |= events->sent < SESSIONS_MAX;
		events->lost++;
		return;
	}
	events->sent++;
}

/**
 * op25b_session_events_end() - tell listeners of events that were lost
 * @events: those of the change
 */
void op25b_session_events_end(struct op25b_session_events *events)
{
	if (!events->lost)
		return;
	atomic64_add(events->lost, &events->table->lost);
	genl_set_err(&op25b_nl_family, events->table->net, 0, OP25B_NL_GROUP_SESSIONS, -ENOBUFS);
}
