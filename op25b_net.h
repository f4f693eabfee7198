/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that the module has in one network namespace
 */
#ifndef _OP25B_NET_H
#define _OP25B_NET_H

#include <linux/list.h>
#include <net/netns/generic.h>

#include "op25b_sysfs.h"
#include "op25b_table.h"

/**
 * struct op25b_net - all that the module has in one network namespace
 * @table: the policy
 * @sysfs: its view in sysfs
 * @restores: the restores under way; under the table's lock
 */
struct op25b_net {
	struct op25b_table table;
	struct op25b_sysfs sysfs;
	struct list_head restores;
};

extern unsigned int op25b_net_id;

static inline struct op25b_net *op25b_net(const struct net *net)
{
	return net_generic(net, op25b_net_id);
}

#endif /* _OP25B_NET_H */
