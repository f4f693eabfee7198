/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Restores: a whole policy that a socket stages step by step
 */
#ifndef _OP25B_RESTORE_H
#define _OP25B_RESTORE_H

#include "op25b_change.h"
#include "op25b_net.h"

struct netlink_ext_ack;
struct sock;

/**
 * struct op25b_restore - a restore under way
 * @list: in the list of its namespace
 * @sk: the socket that it belongs to; valid while the restore is in the list, because the
 *	notifier takes it out before the socket is freed
 * @portid: the port id of that socket, which may be given to another one once that is released
 * @seq: the number of its last step, unique in the namespace and never 0: tells dumps of the staged
 *	 policy that it has changed
 * @change: the staged policy; NULL once a step has failed, and during the commit
 * @committing: it is being committed, which releases the lock, and ends with the commit
 *
 * All under the lock of the namespace's table.
 */
struct op25b_restore {
	struct list_head list;
	const struct sock *sk;
	u32 portid;
	u32 seq;
	struct op25b_change *change;
	bool committing;
};

int op25b_restore_begin(struct op25b_net *pernet, const struct sock *sk, u32 portid,
			struct netlink_ext_ack *extack)
	__must_hold(&pernet->table.lock);
int op25b_restore_find(struct op25b_net *pernet, const struct sock *sk, bool required,
		       struct op25b_restore **restore, struct netlink_ext_ack *extack)
	__must_hold(&pernet->table.lock);
void op25b_restore_touch(struct op25b_net *pernet, struct op25b_restore *restore);
int op25b_restore_clear(struct op25b_net *pernet, struct op25b_restore *restore);
void op25b_restore_fail(struct op25b_restore *restore);
int op25b_restore_commit(struct op25b_restore *restore, u32 seconds);

int op25b_restore_init(void);
void op25b_restore_exit(void);
void op25b_restore_net_init(struct net *net);
void op25b_restore_net_exit(struct net *net);

#endif /* _OP25B_RESTORE_H */
