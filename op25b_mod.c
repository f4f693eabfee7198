// SPDX-License-Identifier: GPL-2.0
/*
 * op25b - Outbound Port 25 Blocking
 *
 * The module and its namespaces: what comes up, in which order.
 */
#include <linux/module.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "op25b_net.h"
#include "op25b_netlink.h"
#include "op25b_reject.h"
#include "op25b_sysfs.h"
#include "op25b_table.h"

unsigned int op25b_net_id __read_mostly;

static int __net_init net_init(struct net *net)
{
	struct op25b_net *on = op25b_net(net);
	int err;

	INIT_LIST_HEAD(&on->restores);
	err = op25b_table_init(&on->table, net);
	if (err)
		return err;
	err = op25b_sysfs_net_init(net);
	if (err) {
		op25b_table_stop(&on->table);
		op25b_table_free(&on->table);
	}
	return err;
}

static void __net_exit net_pre_exit(struct net *net)
{
	struct op25b_net *on = op25b_net(net);

	op25b_netlink_net_exit(net);
	op25b_table_stop(&on->table);
}

static void __net_exit net_exit(struct net *net)
{
	struct op25b_net *on = op25b_net(net);

	op25b_sysfs_net_exit(net);
	op25b_table_free(&on->table);
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.pre_exit = net_pre_exit,
	.exit = net_exit,
	.id = &op25b_net_id,
	.size = sizeof(struct op25b_net),
};

static int __init op25b_init(void)
{
	int err;

	err = op25b_table_workqueue_init();
	if (err)
		return err;
	err = op25b_sysfs_init();
	if (err)
		goto err_workqueue;
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto err_sysfs;
	err = op25b_netlink_init();
	if (err)
		goto err_net;
	return 0;

err_net:
	unregister_pernet_subsys(&net_ops);
err_sysfs:
	op25b_sysfs_exit();
err_workqueue:
	op25b_table_workqueue_exit();
	return err;
}

static void __exit op25b_exit(void)
{
	op25b_netlink_exit();
	unregister_pernet_subsys(&net_ops);
	op25b_sysfs_exit();
	op25b_table_workqueue_exit();
	op25b_reject_exit();
}

module_init(op25b_init);
module_exit(op25b_exit);

MODULE_DESCRIPTION("Outbound Port 25 Blocking");
MODULE_AUTHOR("The op25b authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(OP25B_VERSION);
MODULE_ALIAS_GENL_FAMILY(OP25B_FAMILY_NAME);
