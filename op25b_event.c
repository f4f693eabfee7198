// SPDX-License-Identifier: GPL-2.0
/*
 * Events: what happens to a policy, for whoever listens
 *
 * Events go to the multicast group "policy" of the netlink family. Without a listener, nothing is
 * built. An event that is lost, because memory is short or a listener reads too slowly, does not
 * hold up what it tells of: the listener's next recv() fails with ENOBUFS.
 */
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/uidgid.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "core/memory.h"
#include "op25b_event.h"
#include "op25b_netlink.h"
#include "op25b_policy.h"
#include "op25b_table.h"

/* Of how many pools that come or go with one change there are events */
#define POOLS_MAX 1024

/**
 * op25b_event_put_process() - put into an event who has done it
 * @skb: the message
 * @net: the namespace
 *
 * That is the process that makes a system call, but no work of the kernel's own.
 *
 * Return: 0 or -EMSGSIZE.
 */
int op25b_event_put_process(struct sk_buff *skb, const struct net *net)
{
	if (current->flags & PF_KTHREAD)
		return 0;
	if (nla_put_u32(skb, OP25B_A_UID, from_kuid_munged(net->user_ns, current_uid())) ||
	    nla_put_u32(skb, OP25B_A_PID, task_tgid_nr(current)))
		return -EMSGSIZE;
	return 0;
}

static int put_event(struct sk_buff *skb, const struct net *net,
		     const struct op25b_change_event *event, u64 generation)
{
	if (nla_put_u32(skb, OP25B_A_EVENT, event->kind) ||
	    nla_put_u64_64bit(skb, OP25B_A_GENERATION, generation, OP25B_A_PAD) ||
	    (event->command && nla_put_u32(skb, OP25B_A_COMMAND, event->command)) ||
	    (event->count && nla_put_u32(skb, OP25B_A_CHANGE_COUNT, event->count)) ||
	    (event->seconds && nla_put_u32(skb, OP25B_A_CONFIRM, event->seconds)) ||
	    (*event->pool && nla_put_string(skb, OP25B_A_POOL, event->pool)))
		return -EMSGSIZE;
	return op25b_event_put_process(skb, net);
}

/* Returns false if there was no memory for the event. Listeners without room for it lose it. */
static bool multicast_event(struct op25b_table *table, const struct op25b_change_event *event,
			    u64 generation)
{
	struct net *net = table->net;
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, OP25B_GFP);
	void *header;

	if (!skb)
		return false;
	header = genlmsg_put(skb, 0, 0, &op25b_nl_family, 0, OP25B_CMD_POLICY_NTF);
	if (!header || put_event(skb, net, event, generation)) {
		nlmsg_free(skb);
		return false;
	}
	genlmsg_end(skb, header);
	/* A listener whose socket is full is told so. The lock is held, so do not wait for it. */
	genlmsg_multicast_netns(&op25b_nl_family, net, skb, 0, OP25B_NL_GROUP_POLICY,
				GFP_NOWAIT | __GFP_NOWARN);
	return true;
}

/* The argument of a walk over the pools that have come or gone */
struct pool_walk {
	struct op25b_table *table;
	struct op25b_change_event event;
	u64 generation;
	unsigned int sent;
	unsigned int lost;
	bool failed;
};

static int send_pool(const struct op25b_pool_conf *conf, void *arg)
{
	struct pool_walk *walk = arg;

	/* without memory for one, do not ask for more: the lock is held */
	if (walk->failed || walk->sent == POOLS_MAX) {
		walk->lost++;
		return 0;
	}
	strscpy(walk->event.pool, conf->pool->name, sizeof(walk->event.pool));
	walk->failed = !multicast_event(walk->table, &walk->event, walk->generation);
	walk->sent += !walk->failed;
	walk->lost += walk->failed;
	return 0;
}

/**
 * op25b_event_send() - send the events of a change
 * @table: the table, locked
 * @event: what has happened
 * @policy: the policy in force
 * @old: the one before; NULL if no pool has come or gone
 */
void op25b_event_send(struct op25b_table *table, const struct op25b_change_event *event,
		      const struct op25b_policy *policy, const struct op25b_policy *old)
{
	struct pool_walk walk = { .table = table, .generation = policy->generation };

	if (!genl_has_listeners(&op25b_nl_family, table->net, OP25B_NL_GROUP_POLICY))
		return;
	walk.failed = !multicast_event(table, event, policy->generation);
	walk.lost = walk.failed;
	if (old) {
		walk.event.kind = OP25B_EVENT_POOL_NEW;
		op25b_policy_for_each_added(policy, old, send_pool, &walk);
		walk.sent = 0;
		walk.event.kind = OP25B_EVENT_POOL_GONE;
		op25b_policy_for_each_added(old, policy, send_pool, &walk);
	}
	if (!walk.lost)
		return;
	atomic64_add(walk.lost, &table->lost);
	genl_set_err(&op25b_nl_family, table->net, 0, OP25B_NL_GROUP_POLICY, -ENOBUFS);
}
