/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Answers to blocked packets
 */
#ifndef _OP25B_REJECT_H
#define _OP25B_REJECT_H

#include "op25b_policy.h"

struct netlink_ext_ack;
struct nf_hook_state;
struct sk_buff;

int op25b_reject_require(enum op25b_action action, struct netlink_ext_ack *extack);
void op25b_reject(struct sk_buff *skb, const struct nf_hook_state *state, enum op25b_family family,
		  enum op25b_action action);
void op25b_reject_exit(void);

#endif /* _OP25B_REJECT_H */
