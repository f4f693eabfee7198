/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state of the module in one network namespace
 */
#ifndef _OP25B_NET_H
#define _OP25B_NET_H

#include <linux/list.h>
#include <net/netns/generic.h>

#include "op25b_sysfs.h"
#include "op25b_table.h"

/**
 * struct op25b_net - the state of the module in one network namespace
 * @table: its table
 * @sysfs: its files in sysfs
 * @restores: the restores under way; under the table's lock
 * @restore_seq: the number of the last step of any restore; under the table's lock
 */
struct op25b_net {
	struct op25b_table table;
	struct op25b_sysfs sysfs;
	struct list_head restores;
	u32 restore_seq;
};

extern unsigned int op25b_net_id;

static inline struct op25b_net *op25b_net(const struct net *net)
{
	return net_generic(net, op25b_net_id);
}

#endif /* _OP25B_NET_H */
