/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_LINUX_NETLINK_H
#define _OP25B_COMPAT_LINUX_NETLINK_H

#include_next <linux/netlink.h>

/*
 * Linux 6.2 has a buffer for the text of an error. NL_SET_ERR_MSG_FMT() logs a warning if the text
 * is longer than that. This does not, because the module writes nothing to the log: its texts are
 * shorter than NETLINK_MAX_FMTMSG_LEN (80) bytes. On older kernels, the text is the string @plain.
 */
#ifdef NETLINK_MAX_FMTMSG_LEN
#define op25b_err_msg(extack, plain, fmt, ...)				\
	do {								\
		struct netlink_ext_ack *_ack = (extack);		\
									\
		if (_ack) {						\
			snprintf(_ack->_msg_buf, sizeof(_ack->_msg_buf), \
				 fmt, __VA_ARGS__);			\
			_ack->_msg = _ack->_msg_buf;			\
			do_trace_netlink_extack(_ack->_msg);		\
		}							\
	} while (0)
#else
#define op25b_err_msg(extack, plain, fmt, ...)				\
	do {								\
		NL_SET_ERR_MSG(extack, plain);				\
		no_printk(fmt "\n", __VA_ARGS__);			\
	} while (0)
#endif

/* Since Linux 6.1, an extended ACK can have the type of a missing attribute. */
#ifndef NL_SET_ERR_ATTR_MISS
#define NL_SET_ERR_ATTR_MISS(extack, nest, type) do { } while (0)
#endif

#endif /* _OP25B_COMPAT_LINUX_NETLINK_H */
