/* SPDX-License-Identifier: GPL-2.0 */
/* linux/netdevice.h for user space */
#ifndef _SHIM_LINUX_NETDEVICE_H
#define _SHIM_LINUX_NETDEVICE_H

#include <linux/types.h>

struct net_device {
	bool l3_master;
};

static inline bool netif_is_l3_master(const struct net_device *dev)
{
	return dev->l3_master;
}

#endif /* _SHIM_LINUX_NETDEVICE_H */
