/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The workqueues that all namespaces share
 */
#ifndef _OP25B_WORKQUEUE_H
#define _OP25B_WORKQUEUE_H

#include <linux/workqueue.h>

extern struct workqueue_struct *op25b_workqueue;
extern struct workqueue_struct *op25b_rollback_workqueue;

int op25b_workqueue_init(void);
void op25b_workqueue_exit(void);

#endif /* _OP25B_WORKQUEUE_H */
