/* SPDX-License-Identifier: GPL-2.0 */
/* net/l3mdev.h for user space: three devices, a VRF, a port of it, and one in no VRF */
#ifndef _SHIM_NET_L3MDEV_H
#define _SHIM_NET_L3MDEV_H

#include <string.h>
#include <linux/netdevice.h>
#include <net/netns/generic.h>

enum { SHIM_LINK = 4, SHIM_LINK_OF_VRF, SHIM_VRF };

static inline bool netif_is_l3_master(const struct net_device *dev)
{
	return dev->ifindex == SHIM_VRF;
}

static inline bool netif_is_l3_slave(const struct net_device *dev)
{
	return dev->ifindex == SHIM_LINK_OF_VRF;
}

static inline const struct net_device *l3mdev_master_dev_rcu(const struct net_device *dev)
{
	static const struct net_device vrf = { .ifindex = SHIM_VRF };

	assert(shim_atomic_depth);
	return dev->ifindex == SHIM_LINK_OF_VRF || dev->ifindex == SHIM_VRF ? &vrf : NULL;
}

/* The only name that can be found is that of the VRF. */
/* The device of the VRF has an alternative name. */
#define SHIM_ALTNAME "altname"

static inline const struct net_device *dev_get_by_name_rcu(struct net *net, const char *name)
{
	static struct net_device vrf = { .ifindex = SHIM_VRF };

	assert(shim_atomic_depth);
	if (!shim_vrf_name || (strcmp(shim_vrf_name, name) && strcmp(SHIM_ALTNAME, name)))
		return NULL;
	strcpy(vrf.name, shim_vrf_name);
	return &vrf;
}

static inline int l3mdev_master_ifindex_by_index(struct net *net, int ifindex)
{
	return ifindex == SHIM_LINK_OF_VRF || ifindex == SHIM_VRF ? SHIM_VRF : 0;
}

#endif /* _SHIM_NET_L3MDEV_H */
