// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: who sends
 *
 * It is about people: reading it takes CAP_NET_ADMIN, too.
 */
#include <net/genetlink.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "op25b_net.h"
#include "op25b_netlink.h"
#include "op25b_recorder.h"
#include "op25b_sender.h"

/* Find the pool in force that OP25B_A_POOL names. -ENODATA: it records no senders */
static int filter_pool(struct op25b_table *table, const char *name, struct nlattr * const *attrs,
		       struct op25b_sender_filter *filter, struct netlink_ext_ack *extack)
{
	const struct op25b_pool_conf *conf = NULL;
	const struct op25b_pool *pool;
	int err = 0;

	mutex_lock(&table->lock);
	pool = op25b_table_pool_find(table, name);
	if (pool)
		conf = op25b_policy_conf(op25b_table_policy(table), pool->id);
	if (!conf)
		err = op25b_nl_no_such_pool(attrs, extack);
	else if (!conf->recorder)
		err = -ENODATA;
	else
		filter->number = conf->recorder->number;
	mutex_unlock(&table->lock);
	return err;
}

/* Set @filter to what a message asks for. -ENODATA: there are no such senders */
static int parse_filter(struct op25b_table *table, struct nlattr * const *attrs,
			struct op25b_sender_filter *filter, struct netlink_ext_ack *extack)
{
	struct op25b_nl_prefix prefix;
	const char *name;
	int err;

	*filter = (struct op25b_sender_filter){ .any = !attrs[OP25B_A_PREFIX] };
	if (attrs[OP25B_A_PREFIX]) {
		err = op25b_nl_parse_prefix(attrs[OP25B_A_PREFIX], &prefix, extack);
		if (err)
			return err;
		filter->prefix = prefix.prefix;
	}
	if (!attrs[OP25B_A_POOL])
		return 0;
	name = op25b_nl_pool_name(attrs, extack);
	if (IS_ERR(name))
		return PTR_ERR(name);
	return filter_pool(table, name, attrs, filter, extack);
}

int op25b_nl_sender_reset(struct sk_buff *skb, struct genl_info *info)
{
	struct op25b_table *table = &op25b_net(genl_info_net(info))->table;
	struct op25b_sender_filter filter;
	int err;

	err = parse_filter(table, info->attrs, &filter, info->extack);
	if (!err)
		op25b_senders_reset(table, &filter);
	return err == -ENODATA ? 0 : err;
}

/* The dump's reader; NULL: there is nothing to read */
static struct op25b_sender_reader **sender_reader(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct op25b_sender_reader *) > sizeof(cb->ctx));
	return (struct op25b_sender_reader **)cb->ctx;
}

int op25b_nl_sender_dump_start(struct netlink_callback *cb)
{
	struct op25b_table *table = &op25b_net(sock_net(cb->skb->sk))->table;
	struct op25b_sender_filter filter;
	int err;

	*sender_reader(cb) = NULL;
	err = parse_filter(table, genl_info_dump(cb)->attrs, &filter, cb->extack);
	if (err)
		return err == -ENODATA ? 0 : err;
	*sender_reader(cb) = op25b_sender_reader_get(table, &filter);
	return *sender_reader(cb) ? 0 : -ENOMEM;
}

int op25b_nl_sender_dump_done(struct netlink_callback *cb)
{
	if (*sender_reader(cb))
		op25b_sender_reader_put(*sender_reader(cb));
	return 0;
}

int op25b_nl_sender_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct op25b_sender_reader *reader = *sender_reader(cb);
	struct op25b_sender sender;
	void *header;

	for (; reader && op25b_sender_reader_read(reader, &sender);
	     op25b_sender_reader_next(reader)) {
		header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				     &op25b_nl_family, NLM_F_MULTI, OP25B_CMD_SENDER_GET);
		if (!header)
			break;
		if (op25b_nl_put_sender(skb, &sender)) {
			genlmsg_cancel(skb, header);
			break;
		}
		genlmsg_end(skb, header);
	}
	return skb->len;
}
