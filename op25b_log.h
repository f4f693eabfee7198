/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Logging senders to NFLOG
 */
#ifndef _OP25B_LOG_H
#define _OP25B_LOG_H

#include "op25b_policy.h"

struct netlink_ext_ack;
struct nf_hook_state;
struct sk_buff;

int op25b_log_require(struct netlink_ext_ack *extack);
void op25b_log_packet(const struct op25b_pool_conf *conf, const struct sk_buff *skb,
		      const struct nf_hook_state *state, enum op25b_family family,
		      enum op25b_verdict verdict)
	__must_hold_shared(RCU);
void op25b_log_exit(void);

#endif /* _OP25B_LOG_H */
