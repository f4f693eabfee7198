/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic netlink family
 */
#ifndef _OP25B_NETLINK_H
#define _OP25B_NETLINK_H

#include <net/genetlink.h>

#include "op25b_policy.h"

/* For op25b_mod.c */
int op25b_netlink_init(void);
void op25b_netlink_exit(void);
void op25b_netlink_net_exit(struct net *net);

/* Between the parts of the family */
extern struct genl_family op25b_nl_family;

/**
 * struct op25b_nl_prefix - what a nest of prefix attributes says
 * @prefix: the prefix
 * @timeout: exempt: seconds; 0 if there is none
 * @comment: exempt: its comment, in the message; empty if there is none
 */
struct op25b_nl_prefix {
	struct op25b_prefix prefix;
	u32 timeout;
	const char *comment;
};

const char *op25b_nl_pool_name(struct nlattr * const *attrs, struct netlink_ext_ack *extack);
int op25b_nl_no_such_pool(struct nlattr * const *attrs, struct netlink_ext_ack *extack);
int op25b_nl_parse_prefix(const struct nlattr *nest, struct op25b_nl_prefix *attrs,
			  struct netlink_ext_ack *extack);

/*
 * The operations below are for the family's table in op25b_netlink.c: op25b_nl_pool_add() is
 * OP25B_CMD_POOL_ADD, which include/uapi/linux/op25b.h describes. Generic netlink calls them,
 * several at once, each with a message that fits the operation's policy, from a sender that may.
 * A .doit returns 0 or an error, and says why in @info->extack; a .dumpit how much it has put
 * into @skb.
 */

/* op25b_netlink_change.c: operations that change something, under the table's lock; restores */
int op25b_nl_restore_init(void);
void op25b_nl_restore_exit(void);
int op25b_nl_pool_add(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_pool_set(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_pool_del(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_pool_reset(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_prefix_add(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_prefix_del(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_exempt_add(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_exempt_del(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_relay_add(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_relay_del(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_flush(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_restore_begin(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_restore_commit(struct sk_buff *skb, struct genl_info *info);

/* op25b_netlink_read.c: operations that read, under RCU */
int op25b_nl_pool_get(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_test(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_status_get(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_dump_start(struct netlink_callback *cb);
int op25b_nl_pool_dump(struct sk_buff *skb, struct netlink_callback *cb);
int op25b_nl_prefix_dump(struct sk_buff *skb, struct netlink_callback *cb);
int op25b_nl_exempt_dump(struct sk_buff *skb, struct netlink_callback *cb);
int op25b_nl_relay_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* _OP25B_NETLINK_H */
