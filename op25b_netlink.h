/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic netlink family
 */
#ifndef _OP25B_NETLINK_H
#define _OP25B_NETLINK_H

#include <linux/netlink.h>
#include <net/genetlink.h>

#include "op25b_policy.h"

struct op25b_sender;
struct op25b_session;

int op25b_netlink_init(void);
void op25b_netlink_exit(void);

extern struct genl_family op25b_nl_family;

/* The multicast groups, by their index */
enum {
	OP25B_NL_GROUP_POLICY,
	OP25B_NL_GROUP_SENDERS,
	OP25B_NL_GROUP_SESSIONS,
};

/* op25b_netlink_attr.c: attributes that several operations have */

/**
 * struct op25b_nl_prefix - the contents of a nest of prefix attributes
 * @prefix: the prefix
 * @timeout: of an exempt: seconds; 0 if it has none
 * @comment: of an exempt: its comment, a pointer into the message; empty if it has none
 */
struct op25b_nl_prefix {
	struct op25b_prefix prefix;
	u32 timeout;
	const char *comment;
};

const char *op25b_nl_pool_name(struct nlattr * const *attrs, struct netlink_ext_ack *extack);
int op25b_nl_vrf_name(const struct nlattr *attr, const char **name,
		      struct netlink_ext_ack *extack);
int op25b_nl_no_such_pool(struct nlattr * const *attrs, struct netlink_ext_ack *extack);
int op25b_nl_parse_prefix(const struct nlattr *nest, struct op25b_nl_prefix *attrs,
			  struct netlink_ext_ack *extack);
int op25b_nl_put_sender(struct sk_buff *skb, const struct op25b_sender *sender);
int op25b_nl_put_session(struct sk_buff *skb, struct net *net, const struct op25b_session *session,
			 unsigned int *at);
int op25b_nl_put_prefix(struct sk_buff *skb, int type, const struct op25b_prefix *prefix,
			const struct op25b_exempt *exempt);

/*
 * The operations. Generic netlink calls them, several at a time, each with a message that the
 * policy of its operation has accepted, from a sender with the rights that its flags ask for. A
 * .doit returns 0 or an error with its reason in @info->extack; a .dumpit returns the length of
 * @skb, or an error.
 */

/* op25b_netlink_change.c: what changes something, under the table's lock */
int op25b_nl_change(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_flush(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_pool_reset(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_restore_begin(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_restore_commit(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_confirm(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_rollback(struct sk_buff *skb, struct genl_info *info);

/* op25b_netlink_read.c: what reads */
int op25b_nl_pool_get(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_test(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_status_get(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_dump_start(struct netlink_callback *cb);
int op25b_nl_dump_done(struct netlink_callback *cb);
int op25b_nl_pool_dump(struct sk_buff *skb, struct netlink_callback *cb);
int op25b_nl_prefix_dump(struct sk_buff *skb, struct netlink_callback *cb);
int op25b_nl_exempt_dump(struct sk_buff *skb, struct netlink_callback *cb);
int op25b_nl_relay_dump(struct sk_buff *skb, struct netlink_callback *cb);
int op25b_nl_target_dump(struct sk_buff *skb, struct netlink_callback *cb);
int op25b_nl_policy_dump(struct sk_buff *skb, struct netlink_callback *cb);

/* op25b_netlink_sender.c: who sends */
int op25b_nl_sender_dump_start(struct netlink_callback *cb);
int op25b_nl_sender_dump(struct sk_buff *skb, struct netlink_callback *cb);
int op25b_nl_sender_dump_done(struct netlink_callback *cb);
int op25b_nl_sender_reset(struct sk_buff *skb, struct genl_info *info);

/* op25b_netlink_session.c: the sessions of a BRAS */
int op25b_nl_session_add(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_session_del(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_session_sync(struct sk_buff *skb, struct genl_info *info);
int op25b_nl_session_dump_start(struct netlink_callback *cb);
int op25b_nl_session_dump(struct sk_buff *skb, struct netlink_callback *cb);
int op25b_nl_session_dump_done(struct netlink_callback *cb);

#endif /* _OP25B_NETLINK_H */
