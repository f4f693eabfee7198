/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The read-only files in /sys/kernel/op25b
 */
#ifndef _OP25B_SYSFS_H
#define _OP25B_SYSFS_H

#include <linux/kobject.h>

struct net;
struct op25b_pool;
struct op25b_table;

/**
 * struct op25b_sysfs - the files of a namespace in /sys/kernel/op25b
 * @version: the file version
 * @generation: the file generation
 * @pools: the directory pools/
 */
struct op25b_sysfs {
	struct kobj_attribute version;
	struct kobj_attribute generation;
	struct kobject *pools;
};

int op25b_sysfs_init(void);
void op25b_sysfs_exit(void);
int op25b_sysfs_net_init(struct net *net);
void op25b_sysfs_net_exit(struct net *net);
int op25b_sysfs_pool_add(struct op25b_table *table, struct op25b_pool *pool);
void op25b_sysfs_pool_del(struct op25b_pool *pool);

#endif /* _OP25B_SYSFS_H */
