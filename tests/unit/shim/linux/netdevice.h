/* SPDX-License-Identifier: GPL-2.0 */
/* linux/netdevice.h for user space */
#ifndef _SHIM_LINUX_NETDEVICE_H
#define _SHIM_LINUX_NETDEVICE_H

#include <linux/if.h>
#include <linux/if_packet.h>

struct net;
struct notifier_block;

struct net_device {
	int ifindex;
	unsigned int flags;
	struct net *net;
};

static inline struct net *dev_net(const struct net_device *dev)
{
	return dev->net;
}

/* What happens to a device; the data of a notifier is the device itself. */
enum { NETDEV_UP = 1, NETDEV_DOWN, NETDEV_UNREGISTER = 6, NETDEV_CHANGENAME = 10 };

static inline struct net_device *netdev_notifier_info_to_dev(void *data)
{
	return data;
}

int register_netdevice_notifier(struct notifier_block *block);
int unregister_netdevice_notifier(struct notifier_block *block);

#endif /* _SHIM_LINUX_NETDEVICE_H */
