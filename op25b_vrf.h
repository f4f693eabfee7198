/* SPDX-License-Identifier: GPL-2.0 */
/*
 * VRFs that pools or sessions belong to
 */
#ifndef _OP25B_VRF_H
#define _OP25B_VRF_H

#include <linux/if.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct net_device;
struct op25b_table;

/**
 * struct op25b_vrf - a VRF: a name, and the device that has it now
 * @table: of which namespace
 * @id: its number, unique among those of @table; tables of domains are indexed by it
 * @ifindex: the index of its device, 0 if there is none
 * @by_device: where packets find it, while it has a device
 * @name: its name
 * @refs: how often pools of policies, in force or being made, and sessions have it; under the lock
 *	  of op25b_vrf.c
 * @by_name: where changes find it; under that lock
 * @unbound: what get_state_synchronize_rcu() returned when it lost its last device; under that lock
 * @rcu: for freeing it a grace period after the last reference went
 */
struct op25b_vrf {
	const struct op25b_table *table;
	u32 id;
	int ifindex;
	struct hlist_node by_device;
	char name[IFNAMSIZ];
	unsigned int refs;
	struct hlist_node by_name;
	unsigned long unbound;
	struct rcu_head rcu;
};

int op25b_vrf_register(void);
void op25b_vrf_unregister(void);

struct op25b_vrf *op25b_vrf_get(struct op25b_table *table, const char *name);
void op25b_vrf_hold(struct op25b_vrf *vrf);
void op25b_vrf_put(struct op25b_table *table, struct op25b_vrf *vrf);

/* packets */
const struct op25b_vrf *op25b_vrf_of_device(const struct op25b_table *table,
					    const struct net_device *dev);

#endif /* _OP25B_VRF_H */
