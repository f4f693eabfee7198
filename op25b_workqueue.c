// SPDX-License-Identifier: GPL-2.0
/*
 * The workqueue that all namespaces share: it frees what changes have replaced, and deletes exempts
 * that have expired
 */
#include <linux/errno.h>
#include <linux/rcupdate.h>

#include "op25b_workqueue.h"

struct workqueue_struct *op25b_workqueue;

/**
 * op25b_workqueue_init() - allocate the workqueue
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_workqueue_init(void)
{
	op25b_workqueue = alloc_workqueue("op25b", WQ_UNBOUND, 0);
	return op25b_workqueue ? 0 : -ENOMEM;
}

/**
 * op25b_workqueue_exit() - wait until all that was to be freed is freed, and free the workqueue
 */
void op25b_workqueue_exit(void)
{
	rcu_barrier();
	destroy_workqueue(op25b_workqueue);
}
