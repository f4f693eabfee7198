// SPDX-License-Identifier: GPL-2.0
/*
 * The watch: events of senders
 *
 * A packet only writes to the row of its sender. A work looks at all rows once a second while there
 * are any, and somebody listens to the multicast group "senders". The size of a sender is the
 * number of decimal digits of its packets. If that is greater than the size that its row has noted,
 * the sender is new (it has noted none) or has grown, and there is an event.
 *
 * The first look after a time without listeners only notes the sizes, because those senders are not
 * new. In tables that have just been allocated all are new, so there the first look makes events. A
 * row that another sender takes over has noted nothing. So a sender who lost its row, and gets one
 * again, is new again.
 *
 * What is beyond EVENTS_MAX at one look is lost. It is noted, too, so that a flood of spoofed
 * sources is not followed by events for hours.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "core/memory.h"
#include "op25b_netlink.h"
#include "op25b_sender.h"
#include "op25b_table.h"
#include "op25b_watch.h"
#include "op25b_workqueue.h"

/* How many events there are at most at one look, which is one each second */
#define EVENTS_MAX	1000

static u8 size_of(u64 packets)
{
	u8 digits = 1;

	while (packets > 9) {
		packets = div_u64(packets, 10);
		digits++;
	}
	return digits;
}

static int multicast_sender(struct net *net, enum op25b_event kind,
			    const struct op25b_sender *sender)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *header;

	if (!skb)
		return -ENOMEM;
	header = genlmsg_put(skb, 0, 0, &op25b_nl_family, 0, OP25B_CMD_SENDER_NTF);
	if (!header || nla_put_u32(skb, OP25B_A_EVENT, kind) || op25b_nl_put_sender(skb, sender)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	/* a listener who does not receive it is told so */
	genlmsg_multicast_netns(&op25b_nl_family, net, skb, 0, OP25B_NL_GROUP_SENDERS, GFP_KERNEL);
	return 0;
}

/* Look at all senders. @quiet: only note their sizes. Returns how many events were lost. */
static unsigned int look(struct op25b_table *table, struct op25b_sender_reader *reader, bool quiet)
{
	unsigned int sent = 0, lost = 0;
	struct op25b_sender sender;
	enum op25b_event kind;
	u8 size;

	for (; op25b_sender_reader_read(reader, &sender); op25b_sender_reader_next(reader)) {
		size = size_of(sender.row.packets);
		if (size <= sender.row.noted)
			continue;
		op25b_sender_reader_note(reader, size);
		if (quiet)
			continue;
		kind = sender.row.noted ? OP25B_EVENT_SENDER_GROWN : OP25B_EVENT_SENDER_NEW;
		if (sent == EVENTS_MAX || multicast_sender(table->net, kind, &sender))
			lost++;
		else
			sent++;
	}
	return lost;
}

/* Look at all senders. Returns false if that was not possible. */
static bool look_at_all(struct op25b_table *table, bool quiet)
{
	const struct op25b_sender_filter filter = { .any = true, .kept = quiet };
	struct op25b_sender_reader *reader = op25b_sender_reader_get(table, &filter);
	unsigned int lost;

	if (!reader)
		return false;
	lost = look(table, reader, quiet);
	atomic64_add(lost, &table->lost);
	if (lost)
		genl_set_err(&op25b_nl_family, table->net, 0, OP25B_NL_GROUP_SENDERS, -ENOBUFS);
	op25b_sender_reader_put(reader);
	return true;
}

static void watch_work(struct work_struct *work)
{
	struct op25b_table *table = container_of(to_delayed_work(work), struct op25b_table, watch);
	bool watched, recorded, listened;

	mutex_lock(&table->lock);
	recorded = table->senders;
	watched = table->watched;
	listened = recorded &&
		   genl_has_listeners(&op25b_nl_family, table->net, OP25B_NL_GROUP_SENDERS);
	table->watched = listened;
	mutex_unlock(&table->lock);
	if (listened && !look_at_all(table, !watched)) {
		mutex_lock(&table->lock);
		table->watched = watched;
		mutex_unlock(&table->lock);
	}
	/* the first recorder starts it again */
	if (recorded)
		queue_delayed_work(op25b_workqueue, &table->watch, HZ);
}

/**
 * op25b_watch_init() - initialize the work of a table
 * @table: the table, which nobody else has yet
 */
void op25b_watch_init(struct op25b_table *table)
{
	INIT_DELAYED_WORK(&table->watch, watch_work);
}

/**
 * op25b_watch_stop() - stop the work, for good
 * @table: the table, which nothing else changes any more
 */
void op25b_watch_stop(struct op25b_table *table)
{
	cancel_delayed_work_sync(&table->watch);
}
