// SPDX-License-Identifier: GPL-2.0
/*
 * Restores: a whole policy that a socket stages step by step
 *
 * A restore is a change that began with an empty policy and belongs to a netlink socket. The socket
 * adds steps to it, message by message, until it commits. A restore that has not been committed
 * goes with its socket.
 *
 * A client sends many steps before it reads the answer to the first. So a restore that has failed
 * stays in the list, without its change: the steps after the failed one find it and are refused,
 * rather than applied to the policy in force.
 *
 * The lock is released while a change is committed or aborted, and others may use the socket, too.
 * So the restore gives its change away before.
 */
#include <linux/errno.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <net/sock.h>

#include "core/memory.h"
#include "op25b_restore.h"

static struct op25b_restore *find_socket(struct op25b_net *pernet, const struct sock *sk)
	__must_hold(&pernet->table.lock)
{
	struct op25b_restore *restore;

	lockdep_assert_held(&pernet->table.lock);
	list_for_each_entry(restore, &pernet->restores, list)
		if (restore->sk == sk)
			return restore;
	return NULL;
}

/**
 * op25b_restore_begin() - begin a restore
 * @pernet: the namespace, its table locked
 * @sk: the socket
 * @portid: its port id
 * @extack: takes the reason of a failure
 *
 * Return: 0, -EALREADY or -ENOMEM. After -ENOMEM the socket has no restore, or one that has failed.
 */
int op25b_restore_begin(struct op25b_net *pernet, const struct sock *sk, u32 portid,
			struct netlink_ext_ack *extack)
{
	struct op25b_restore *restore = find_socket(pernet, sk);

	if (restore && (restore->change || restore->committing)) {
		NL_SET_ERR_MSG(extack, "a restore has begun already on this socket");
		return -EALREADY;
	}
	if (!restore) {
		restore = kzalloc(sizeof(*restore), OP25B_GFP);
		if (!restore)
			return -ENOMEM;
		restore->sk = sk;
		restore->portid = portid;
		list_add(&restore->list, &pernet->restores);
	}
	op25b_restore_touch(pernet, restore);
	restore->change = op25b_change_begin_empty(&pernet->table);
	return restore->change ? 0 : -ENOMEM;
}

/**
 * op25b_restore_find() - find the restore of a socket
 * @pernet: the namespace, its table locked
 * @sk: the socket
 * @required: the socket must have one
 * @restore: set to the restore, which has a change; NULL if the socket has none
 * @extack: takes the reason of a failure
 *
 * Return: 0; -EINVAL if there is none and one is required; -EBUSY if it is being committed;
 * -ECANCELED if it has failed.
 */
int op25b_restore_find(struct op25b_net *pernet, const struct sock *sk, bool required,
		       struct op25b_restore **restore, struct netlink_ext_ack *extack)
{
	*restore = find_socket(pernet, sk);
	if (!*restore && required) {
		NL_SET_ERR_MSG(extack, "no restore has begun on this socket");
		return -EINVAL;
	}
	if (*restore && (*restore)->committing) {
		NL_SET_ERR_MSG(extack, "the restore is being committed");
		return -EBUSY;
	}
	if (*restore && !(*restore)->change) {
		NL_SET_ERR_MSG(extack, "the restore has failed");
		return -ECANCELED;
	}
	return 0;
}

/**
 * op25b_restore_touch() - note that the staged policy changes
 * @pernet: the namespace, its table locked
 * @restore: the restore
 */
void op25b_restore_touch(struct op25b_net *pernet, struct op25b_restore *restore)
{
	pernet->restore_seq = pernet->restore_seq + 1 ?: 1;
	restore->seq = pernet->restore_seq;
}

/**
 * op25b_restore_clear() - let a restore begin again with an empty policy
 * @pernet: the namespace, its table locked; the lock may be released and taken again
 * @restore: the restore; if this fails, it has failed. The caller must not use it any more
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_restore_clear(struct op25b_net *pernet, struct op25b_restore *restore)
{
	struct op25b_change *change = restore->change;
	int err;

	op25b_restore_touch(pernet, restore);
	restore->change = op25b_change_begin_empty(&pernet->table);
	err = restore->change ? 0 : -ENOMEM;
	op25b_change_abort(change);
	return err;
}

/**
 * op25b_restore_fail() - end a restore so that nothing has happened
 * @restore: the restore, the table locked; it refuses further steps. The lock may be released and
 *	     taken again, and the caller must not use the restore any more
 */
void op25b_restore_fail(struct op25b_restore *restore)
{
	struct op25b_change *change = restore->change;

	restore->change = NULL;
	op25b_change_abort(change);
}

static void restore_free(struct op25b_restore *restore)
{
	list_del(&restore->list);
	kfree(restore);
}

/* Drop a restore whose socket nobody uses any more. The lock may be released and taken again. */
static void restore_drop(struct op25b_restore *restore)
{
	struct op25b_change *change = restore->change;

	restore_free(restore);
	if (change)
		op25b_change_abort(change);
}

/**
 * op25b_restore_commit() - put the staged policy into force
 * @restore: the restore, the table locked; gone afterwards, whatever is returned. The lock may be
 *	     released and taken again; meanwhile the socket's steps are refused
 * @seconds: for how long it waits to be confirmed; 0 if it need not be
 *
 * Return: 0; on an error nothing has happened.
 */
int op25b_restore_commit(struct op25b_restore *restore, u32 seconds)
{
	struct op25b_change *change = restore->change;
	int err;

	restore->change = NULL;
	restore->committing = true;
	change->event = (struct op25b_change_event){ .kind = OP25B_EVENT_RESTORED };
	if (seconds)
		err = op25b_change_commit_trial(change, seconds);
	else
		err = op25b_change_commit(change);
	/* still there: nobody else frees it while it is being committed and its socket is in use */
	restore_free(restore);
	return err;
}

/* Find a restore of a socket that was released and had this port id. */
static struct op25b_restore *find_released(struct op25b_net *pernet, u32 portid)
	__must_hold(&pernet->table.lock)
{
	struct op25b_restore *restore;

	list_for_each_entry(restore, &pernet->restores, list)
		if (restore->portid == portid && sock_flag(restore->sk, SOCK_DEAD))
			return restore;
	return NULL;
}

/*
 * A netlink socket was released. The notifier is not told which one, only its port id, which
 * another socket may have by now: SOCK_DEAD tells them apart. The socket's memory is still there,
 * because netlink_release() drops its reference after it has called the notifiers.
 */
static int socket_released(struct notifier_block *block, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;
	struct op25b_restore *restore;
	struct op25b_net *pernet;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	pernet = op25b_net(notify->net);
	/* without the lock: if the socket has begun a restore, the list is not empty */
	if (list_empty_careful(&pernet->restores))
		return NOTIFY_DONE;
	mutex_lock(&pernet->table.lock);
	while ((restore = find_released(pernet, notify->portid)))
		restore_drop(restore);
	mutex_unlock(&pernet->table.lock);
	return NOTIFY_DONE;
}

static struct notifier_block socket_notifier = {
	.notifier_call = socket_released,
};

/**
 * op25b_restore_init() - register the notifier for sockets that are released
 *
 * Return: 0 or an error.
 */
int op25b_restore_init(void)
{
	return netlink_register_notifier(&socket_notifier);
}

/**
 * op25b_restore_exit() - unregister the notifier
 */
void op25b_restore_exit(void)
{
	netlink_unregister_notifier(&socket_notifier);
}

/**
 * op25b_restore_net_init() - initialize the list of restores of a namespace
 * @net: the namespace
 */
void op25b_restore_net_init(struct net *net)
{
	INIT_LIST_HEAD(&op25b_net(net)->restores);
}

/**
 * op25b_restore_net_exit() - drop the restores under way in a namespace
 * @net: the namespace
 */
void op25b_restore_net_exit(struct net *net)
{
	struct op25b_net *pernet = op25b_net(net);

	mutex_lock(&pernet->table.lock);
	while (!list_empty(&pernet->restores))
		restore_drop(list_first_entry(&pernet->restores, struct op25b_restore, list));
	mutex_unlock(&pernet->table.lock);
}
