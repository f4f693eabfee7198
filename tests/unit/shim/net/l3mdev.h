/* SPDX-License-Identifier: GPL-2.0 */
/* net/l3mdev.h for user space: three devices, a VRF, a port of it, and one in no VRF */
#ifndef _SHIM_NET_L3MDEV_H
#define _SHIM_NET_L3MDEV_H

#include <net/netns/generic.h>

enum { SHIM_LINK = 4, SHIM_LINK_OF_VRF, SHIM_VRF };

static inline int l3mdev_master_ifindex_by_index(struct net *net, int ifindex)
{
	return ifindex == SHIM_LINK_OF_VRF || ifindex == SHIM_VRF ? SHIM_VRF : 0;
}

#endif /* _SHIM_NET_L3MDEV_H */
