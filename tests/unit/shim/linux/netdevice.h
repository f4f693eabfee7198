/* SPDX-License-Identifier: GPL-2.0 */
/* linux/netdevice.h for user space */
#ifndef _SHIM_LINUX_NETDEVICE_H
#define _SHIM_LINUX_NETDEVICE_H

#include <linux/if.h>
#include <linux/if_packet.h>

struct net_device {
	int ifindex;
	unsigned int flags;
};

#endif /* _SHIM_LINUX_NETDEVICE_H */
