/* SPDX-License-Identifier: GPL-2.0 */
/* net/sock.h for user space: sockets that were released or not */
#ifndef _SHIM_NET_SOCK_H
#define _SHIM_NET_SOCK_H

#include <linux/types.h>

enum sock_flags { SOCK_DEAD };

struct sock {
	bool dead;
};

static inline bool sock_flag(const struct sock *sk, enum sock_flags flag)
{
	return sk->dead;
}

#endif /* _SHIM_NET_SOCK_H */
