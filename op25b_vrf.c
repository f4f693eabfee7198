// SPDX-License-Identifier: GPL-2.0
/*
 * VRFs that pools or sessions belong to
 *
 * A VRF is a name, which a device may have now, later, or not any more. Each one that pools or
 * sessions belong to is known here while they do. A notifier keeps it bound to the device of its
 * name, so that packets find it by the index of their device's master, without looking at names.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/hashtable.h>
#include <linux/idr.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <linux/op25b.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/l3mdev.h>

#include "core/memory.h"
#include "op25b_extra.h"
#include "op25b_net.h"
#include "op25b_table.h"
#include "op25b_vrf.h"

/* Taken under RTNL, and under the locks of tables and of sessions */
static DEFINE_MUTEX(vrf_lock);

/* For the policy in force, the last confirmed one, one that is staged, and the sessions */
#define VRF_IDS (4 * OP25B_VRF_MAX)

/* Those of all namespaces; packets read the first one */
static DEFINE_HASHTABLE(vrfs_by_device, 8);
static DEFINE_HASHTABLE(vrfs_by_name, 8);

/* --- packets --- */

/* Find the VRF that is bound to a device, under RCU or the lock, or NULL. */
static __always_inline struct op25b_vrf *find_bound(const struct op25b_table *table, int ifindex)
{
	struct op25b_vrf *vrf;

	hash_for_each_possible_rcu(vrfs_by_device, vrf, by_device, ifindex,
				   lockdep_is_held(&vrf_lock))
		if (READ_ONCE(vrf->ifindex) == ifindex && vrf->table == table)
			return vrf;
	return NULL;
}

/**
 * op25b_vrf_of_device() - find the VRF of a device
 * @table: the table of its namespace
 * @dev: a device in a VRF, or that of a VRF; read under RCU
 *
 * Return: the VRF, as long-lived as the RCU read lock, or NULL if no pool or session belongs to it.
 */
const struct op25b_vrf *op25b_vrf_of_device(const struct op25b_table *table,
					    const struct net_device *dev)
{
	dev = l3mdev_master_dev_rcu(dev);
	return dev ? find_bound(table, dev->ifindex) : NULL;
}

/* --- names and devices --- */

static struct op25b_vrf *find_name(const struct op25b_table *table, const char *name)
{
	struct op25b_vrf *vrf;

	lockdep_assert_held(&vrf_lock);
	hash_for_each_possible(vrfs_by_name, vrf, by_name, op25b_name_hash(name))
		if (vrf->table == table && !strcmp(vrf->name, name))
			return vrf;
	return NULL;
}

static void vrf_unbind(struct op25b_vrf *vrf)
{
	if (!vrf || !vrf->ifindex)
		return;
	hash_del_rcu(&vrf->by_device);
	vrf->unbound = get_state_synchronize_rcu();
	WRITE_ONCE(vrf->ifindex, 0);
}

/*
 * Have packets find a VRF by the index of its device. Some may still be walking over it in the hash
 * chain of the device before: it moves to another chain only after a grace period.
 */
static void vrf_bind(struct op25b_vrf *vrf, int ifindex)
{
	if (!vrf || !ifindex || vrf->ifindex == ifindex)
		return;
	vrf_unbind(vrf);
	if (vrf->unbound)
		cond_synchronize_rcu(vrf->unbound);
	WRITE_ONCE(vrf->ifindex, ifindex);
	hash_add_rcu(vrfs_by_device, &vrf->by_device, ifindex);
}

/* The index of the device of a name, not an alternative one, if that is a VRF; otherwise 0 */
static int find_master(const struct op25b_table *table, const char *name)
{
	const struct net_device *dev;
	int ifindex = 0;

	rcu_read_lock();
	dev = dev_get_by_name_rcu(table->net, name);
	if (dev && netif_is_l3_master(dev) && !strcmp(dev->name, name))
		ifindex = dev->ifindex;
	rcu_read_unlock();
	return ifindex;
}

static int master_event(struct notifier_block *block, unsigned long event, void *data)
{
	const struct net_device *dev = netdev_notifier_info_to_dev(data);
	const struct op25b_table *table = &op25b_net(dev_net(dev))->table;
	struct op25b_vrf *vrf;

	if (event != NETDEV_REGISTER && event != NETDEV_CHANGENAME && event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	if (!netif_is_l3_master(dev))
		return NOTIFY_DONE;
	/* When the notifier is unregistered, it is told so of devices that stay. */
	if (event == NETDEV_UNREGISTER && dev->reg_state != NETREG_UNREGISTERING)
		return NOTIFY_DONE;
	mutex_lock(&vrf_lock);
	/* two of them, if a pool with the new name came before this event of a renaming */
	while ((vrf = find_bound(table, dev->ifindex)))
		vrf_unbind(vrf);
	if (event != NETDEV_UNREGISTER)
		vrf_bind(find_name(table, dev->name), dev->ifindex);
	mutex_unlock(&vrf_lock);
	return NOTIFY_DONE;
}

static struct notifier_block master_notifier = { .notifier_call = master_event };

/**
 * op25b_vrf_register() - register the notifier of devices
 *
 * Return: 0 or an error.
 */
int op25b_vrf_register(void)
{
	return register_netdevice_notifier(&master_notifier);
}

/**
 * op25b_vrf_unregister() - unregister the notifier of devices
 */
void op25b_vrf_unregister(void)
{
	unregister_netdevice_notifier(&master_notifier);
}

/* --- references --- */

/* Make the VRF of a name, with one reference. */
static struct op25b_vrf *vrf_make(struct op25b_table *table, const char *name)
{
	struct op25b_vrf *vrf = kzalloc(sizeof(*vrf), OP25B_GFP);
	int id;

	if (!vrf)
		return ERR_PTR(-ENOMEM);
	id = ida_alloc_max(&table->vrf_ids, VRF_IDS - 1, OP25B_GFP);
	if (id < 0) {
		kfree(vrf);
		return ERR_PTR(id);
	}
	vrf->table = table;
	vrf->id = id;
	vrf->refs = 1;
	strscpy(vrf->name, name, sizeof(vrf->name));
	hash_add(vrfs_by_name, &vrf->by_name, op25b_name_hash(name));
	return vrf;
}

/**
 * op25b_vrf_get() - take a reference to the VRF of a name, which is made if need be
 * @table: the table of the namespace; its lock or that of its sessions is held
 * @name: the name, a valid one of a device, which need not exist
 *
 * Return: the VRF, for op25b_vrf_put(), or an error pointer: -ENOMEM, -ENOSPC.
 */
struct op25b_vrf *op25b_vrf_get(struct op25b_table *table, const char *name)
{
	struct op25b_vrf *vrf;

	mutex_lock(&vrf_lock);
	vrf = find_name(table, name);
	if (vrf) {
		vrf->refs++;
		goto out;
	}
	vrf = vrf_make(table, name);
	if (IS_ERR(vrf))
		goto out;
	/*
	 * If a device gets or loses this name right now, the notifier is waiting for this lock, and
	 * binds or unbinds the VRF then.
	 */
	vrf_bind(vrf, find_master(table, name));
	op25b_extra_inc();
out:
	mutex_unlock(&vrf_lock);
	return vrf;
}

/**
 * op25b_vrf_hold() - take another reference to a VRF
 * @vrf: the VRF, to which the caller has a reference; NULL is none
 */
void op25b_vrf_hold(struct op25b_vrf *vrf)
{
	if (!vrf)
		return;
	mutex_lock(&vrf_lock);
	vrf->refs++;
	mutex_unlock(&vrf_lock);
}

/**
 * op25b_vrf_put() - drop a reference to a VRF
 * @table: the table of the namespace
 * @vrf: the VRF, freed a grace period after its last reference went; NULL is none
 */
void op25b_vrf_put(struct op25b_table *table, struct op25b_vrf *vrf)
{
	if (!vrf)
		return;
	mutex_lock(&vrf_lock);
	if (!--vrf->refs) {
		/* Packets that have the policy before the one in force may still look for it. */
		op25b_table_await_packets(table);
		vrf_unbind(vrf);
		hash_del(&vrf->by_name);
		ida_free(&table->vrf_ids, vrf->id);
		op25b_extra_dec();
		kfree_rcu(vrf, rcu);
	}
	mutex_unlock(&vrf_lock);
}
