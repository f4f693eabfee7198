// SPDX-License-Identifier: GPL-2.0
/*
 * The workqueues that all namespaces share: one for what can wait, such as freeing what changes
 * have replaced, or deleting exempts that have expired; one that rolls back
 */
#include <linux/errno.h>
#include <linux/rcupdate.h>

#include "op25b_workqueue.h"

struct workqueue_struct *op25b_workqueue;
/* Has a thread of its own: a rollback must not wait for memory for one. */
struct workqueue_struct *op25b_rollback_workqueue;

/**
 * op25b_workqueue_init() - allocate the workqueues
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_workqueue_init(void)
{
	op25b_workqueue = alloc_workqueue("op25b", WQ_UNBOUND, 0);
	if (!op25b_workqueue)
		return -ENOMEM;
	op25b_rollback_workqueue = alloc_workqueue("op25b_rollback", WQ_UNBOUND | WQ_MEM_RECLAIM,
						   0);
	if (op25b_rollback_workqueue)
		return 0;
	destroy_workqueue(op25b_workqueue);
	return -ENOMEM;
}

/**
 * op25b_workqueue_exit() - wait until all that was to be freed is freed, and free the workqueues
 */
void op25b_workqueue_exit(void)
{
	destroy_workqueue(op25b_rollback_workqueue);
	rcu_barrier();
	destroy_workqueue(op25b_workqueue);
}
