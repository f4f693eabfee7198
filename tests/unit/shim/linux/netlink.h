/* SPDX-License-Identifier: GPL-2.0 */
/* linux/netlink.h for user space: the message of an extack */
#ifndef _SHIM_LINUX_NETLINK_H
#define _SHIM_LINUX_NETLINK_H

#include_next <linux/netlink.h>
#include <linux/mutex.h>
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

#endif /* _SHIM_LINUX_NETLINK_H */
