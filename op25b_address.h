/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the router knows of an address, by its own addresses and routes
 */
#ifndef _OP25B_ADDRESS_H
#define _OP25B_ADDRESS_H

#include "op25b_policy.h"

struct net;
struct net_device;

/**
 * enum op25b_address - whose an address is
 * @OP25B_ADDRESS_OTHER: not one host's: broadcast, multicast, unspecified, or a loopback address
 * @OP25B_ADDRESS_OWN: the router's own
 * @OP25B_ADDRESS_HOST: another host's
 */
enum op25b_address {
	OP25B_ADDRESS_OTHER,
	OP25B_ADDRESS_OWN,
	OP25B_ADDRESS_HOST,
};

enum op25b_address op25b_address_find(struct net *net, const struct net_device *dev,
				      enum op25b_family family, const void *addr);

#endif /* _OP25B_ADDRESS_H */
