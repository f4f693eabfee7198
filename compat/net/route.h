/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _OP25B_COMPAT_NET_ROUTE_H
#define _OP25B_COMPAT_NET_ROUTE_H

#include_next <net/route.h>

/*
 * The bits of an IPv4 packet's type of service that choose its route: those of RFC 1349, and since
 * Linux 6.12 all of DSCP.
 */
#ifndef IPTOS_RT_MASK
#define IPTOS_RT_MASK	INET_DSCP_MASK
#endif

#endif /* _OP25B_COMPAT_NET_ROUTE_H */
