/* SPDX-License-Identifier: GPL-2.0 */
/* linux/netdevice.h for user space */
#ifndef _SHIM_LINUX_NETDEVICE_H
#define _SHIM_LINUX_NETDEVICE_H

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include <linux/if.h>
#include <linux/if_packet.h>
#include <linux/sched.h>

struct net;
struct notifier_block;

struct net_device {
	char name[IFNAMSIZ];
	int ifindex;
	unsigned int flags;
	enum { NETREG_REGISTERED = 1, NETREG_UNREGISTERING } reg_state;
	struct net *net;
};

static inline struct net *dev_net(const struct net_device *dev)
{
	return dev->net;
}

/* What happens to a device; the data of a notifier is the device itself. */
enum { NETDEV_UP = 1, NETDEV_DOWN, NETDEV_REGISTER = 5, NETDEV_UNREGISTER, NETDEV_CHANGENAME = 10 };

/* The name of the VRF; NULL: it is not there */
extern const char *shim_vrf_name;

static inline struct net_device *netdev_notifier_info_to_dev(void *data)
{
	return data;
}

int register_netdevice_notifier(struct notifier_block *block);
int unregister_netdevice_notifier(struct notifier_block *block);

#endif /* _SHIM_LINUX_NETDEVICE_H */
