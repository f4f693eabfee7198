/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic netlink family
 */
#ifndef _OP25B_NETLINK_H
#define _OP25B_NETLINK_H

struct net;

int op25b_netlink_init(void);
void op25b_netlink_exit(void);
void op25b_netlink_net_exit(struct net *net);

#endif /* _OP25B_NETLINK_H */
