/* SPDX-License-Identifier: GPL-2.0 */
/* net/netns/generic.h for user space */
#ifndef _SHIM_NET_NETNS_GENERIC_H
#define _SHIM_NET_NETNS_GENERIC_H

struct net {
	void *generic;
};

static inline void *net_generic(const struct net *net, unsigned int id)
{
	return net->generic;
}

#endif /* _SHIM_NET_NETNS_GENERIC_H */
