/* SPDX-License-Identifier: GPL-2.0 */
/* linux/netlink.h for user space: the message of an extack; the notifier of sockets */
#ifndef _SHIM_LINUX_NETLINK_H
#define _SHIM_LINUX_NETLINK_H

#include_next <linux/netlink.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <stdio.h>

struct netlink_ext_ack {
	const char *_msg;
};

#define NL_SET_ERR_MSG(extack, msg) do {		\
	struct netlink_ext_ack *_extack = (extack);	\
							\
	if (_extack)					\
		_extack->_msg = (msg);			\
} while (0)

/* Set the plain message, and let the compiler check the formatted one. */
#define op25b_err_msg(extack, plain, fmt, ...) do {	\
	(void)sizeof(printf(fmt, __VA_ARGS__));		\
	NL_SET_ERR_MSG(extack, plain);			\
} while (0)

/* The event that a socket was released, and the port id that it had */
#define NETLINK_URELEASE 1

struct netlink_notify {
	struct net *net;
	u32 portid;
	int protocol;
};

struct notifier_block;

int netlink_register_notifier(struct notifier_block *block);
int netlink_unregister_notifier(struct notifier_block *block);

#endif /* _SHIM_LINUX_NETLINK_H */
