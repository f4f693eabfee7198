// SPDX-License-Identifier: GPL-2.0
/*
 * op25b - Outbound Port 25 Blocking
 *
 * Init and exit, of the module and of a network namespace, in order.
 */
#include <linux/module.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "op25b_confirm.h"
#include "op25b_expire.h"
#include "op25b_hook.h"
#include "op25b_log.h"
#include "op25b_net.h"
#include "op25b_netlink.h"
#include "op25b_directory.h"
#include "op25b_reject.h"
#include "op25b_restore.h"
#include "op25b_session.h"
#include "op25b_session_end.h"
#include "op25b_sysfs.h"
#include "op25b_table.h"
#include "op25b_vrf.h"
#include "op25b_watch.h"
#include "op25b_workqueue.h"

unsigned int op25b_net_id __read_mostly;

static int __net_init op25b_net_init(struct net *net)
{
	struct op25b_net *pernet = op25b_net(net);
	int err;

	err = op25b_table_init(&pernet->table, net);
	if (err)
		return err;
	op25b_pin_init(&pernet->table);
	op25b_hook_init(&pernet->table);
	op25b_expire_init(&pernet->table);
	op25b_directory_init(&pernet->table);
	op25b_watch_init(&pernet->table);
	op25b_confirm_init(&pernet->table);
	op25b_session_init(&pernet->table.sessions);
	op25b_session_end_init(&pernet->table.sessions);
	op25b_restore_net_init(net);
	err = op25b_sysfs_net_init(net);
	if (err)
		op25b_table_free(&pernet->table);
	return err;
}

/* No change, packet or work starts to use the table after this; a grace period follows. */
static void __net_exit op25b_net_pre_exit(struct net *net)
{
	struct op25b_net *pernet = op25b_net(net);

	op25b_restore_net_exit(net);
	op25b_confirm_stop(&pernet->table);
	op25b_directory_stop(&pernet->table);
	op25b_watch_stop(&pernet->table);
	op25b_expire_stop(&pernet->table);
	op25b_pin_stop(&pernet->table);
	op25b_hook_stop(&pernet->table);
	op25b_session_close(&pernet->table.sessions);
	op25b_session_end_stop(&pernet->table.sessions);
}

static void __net_exit op25b_net_exit(struct net *net)
{
	op25b_sysfs_net_exit(net);
	op25b_session_exit(&op25b_net(net)->table);
	op25b_table_free(&op25b_net(net)->table);
}

static struct pernet_operations op25b_net_ops = {
	.init = op25b_net_init,
	.pre_exit = op25b_net_pre_exit,
	.exit = op25b_net_exit,
	.id = &op25b_net_id,
	.size = sizeof(struct op25b_net),
};

static int __init op25b_init(void)
{
	int err;

	err = op25b_workqueue_init();
	if (err)
		return err;
	err = op25b_sysfs_init();
	if (err)
		goto err_workqueue;
	err = register_pernet_subsys(&op25b_net_ops);
	if (err)
		goto err_sysfs;
	err = op25b_session_end_register();
	if (err)
		goto err_net;
	err = op25b_vrf_register();
	if (err)
		goto err_session;
	err = op25b_restore_init();
	if (err)
		goto err_vrf;
	err = op25b_netlink_init();
	if (err)
		goto err_restore;
	return 0;

err_restore:
	op25b_restore_exit();
err_vrf:
	op25b_vrf_unregister();
err_session:
	op25b_session_end_unregister();
err_net:
	unregister_pernet_subsys(&op25b_net_ops);
err_sysfs:
	op25b_sysfs_exit();
err_workqueue:
	op25b_workqueue_exit();
	return err;
}

static void __exit op25b_exit(void)
{
	op25b_netlink_exit();
	op25b_restore_exit();
	op25b_vrf_unregister();
	op25b_session_end_unregister();
	unregister_pernet_subsys(&op25b_net_ops);
	op25b_sysfs_exit();
	op25b_workqueue_exit();
	op25b_reject_exit();
	op25b_log_exit();
}

module_init(op25b_init);
module_exit(op25b_exit);

MODULE_DESCRIPTION("Outbound Port 25 Blocking");
MODULE_AUTHOR("The op25b authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(OP25B_VERSION);
MODULE_ALIAS_GENL_FAMILY(OP25B_FAMILY_NAME);
