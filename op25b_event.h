/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events: what happens to a policy, for whoever listens
 */
#ifndef _OP25B_EVENT_H
#define _OP25B_EVENT_H

#include <linux/op25b.h>
#include <linux/types.h>

struct net;
struct op25b_policy;
struct op25b_table;
struct sk_buff;

/**
 * struct op25b_change_event - what has happened to the policy in force
 * @kind: what
 * @command: OP25B_EVENT_CHANGED: the operation that has changed it, OP25B_CMD_...
 * @count: how many prefixes it was about; OP25B_EVENT_EXPIRED: how many exempts
 * @seconds: OP25B_EVENT_PENDING: in which it has to be confirmed
 * @pool: the name of the pool that it was about; empty if it was about none, or about several
 */
struct op25b_change_event {
	enum op25b_event kind;
	u8 command;
	u32 count;
	u32 seconds;
	char pool[OP25B_POOL_NAME_MAX + 1];
};

int op25b_event_put_process(struct sk_buff *skb, const struct net *net);
void op25b_event_send(struct op25b_table *table, const struct op25b_change_event *event,
		      const struct op25b_policy *policy, const struct op25b_policy *old);

#endif /* _OP25B_EVENT_H */
