// SPDX-License-Identifier: GPL-2.0
/*
 * The read-only files in /sys/kernel/op25b
 *
 * There is one directory, but what is in it belongs to network namespaces, as in /sys/class/net: a
 * mount of sysfs shows the files of the namespace in which it was mounted. Reading a file takes no
 * lock: the removal of a directory waits for its readers, and is done with the table locked.
 */
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <net/net_namespace.h>

#include "core/memory.h"
#include "op25b_net.h"
#include "op25b_policy.h"
#include "op25b_sysfs.h"

/**
 * struct op25b_sysfs_pool - the directory of a pool
 * @kobj: the directory
 * @table: the table whose policy in force has the pool
 * @pool: the pool, which outlives the directory
 */
struct op25b_sysfs_pool {
	struct kobject kobj;
	struct op25b_table *table;
	const struct op25b_pool *pool;
};

/* The directory pools/ of a namespace */
struct pools_dir {
	struct kobject kobj;
	const struct net *net;
};

static struct kobject *root;

/* A file of a pool: shows either a word or a number */
struct pool_attribute {
	struct attribute attr;
	const char *(*word)(const struct op25b_pool_conf *conf);
	u64 (*number)(const struct op25b_pool_conf *conf);
};

static const char *show_mode(const struct op25b_pool_conf *conf)
{
	static const char * const words[] = {
		[OP25B_MODE_ENFORCE] = "enforce",
		[OP25B_MODE_OBSERVE] = "observe",
		[OP25B_MODE_OFF] = "off",
	};

	static_assert(ARRAY_SIZE(words) == OP25B_MODE_MAX + 1);
	return words[conf->settings.mode];
}

static const char *show_action(const struct op25b_pool_conf *conf)
{
	static const char * const words[] = {
		[OP25B_ACTION_DROP] = "drop",
		[OP25B_ACTION_TCP_RESET] = "tcp-reset",
		[OP25B_ACTION_ADMIN_PROHIBITED] = "admin-prohibited",
	};

	static_assert(ARRAY_SIZE(words) == OP25B_ACTION_MAX + 1);
	return words[conf->settings.action];
}

static u64 show_prefixes(const struct op25b_pool_conf *conf)
{
	return conf->prefixes;
}

/* The packets with a verdict, over all classes */
static u64 sum_classes(const struct op25b_pool_conf *conf, enum op25b_verdict verdict)
{
	struct op25b_totals totals;
	enum op25b_class class;
	u64 n = 0;

	op25b_stats_read(&conf->pool->stats, &totals);
	for (class = 0; class < OP25B_CLASSES; class++)
		n += totals.packets[class][op25b_stats_column(verdict)];
	return n;
}

static u64 show_blocked(const struct op25b_pool_conf *conf)
{
	return sum_classes(conf, OP25B_VERDICT_BLOCKED);
}

static u64 show_observed(const struct op25b_pool_conf *conf)
{
	return sum_classes(conf, OP25B_VERDICT_OBSERVED);
}

static u64 show_relayed(const struct op25b_pool_conf *conf)
{
	return sum_classes(conf, OP25B_VERDICT_RELAYED);
}

static u64 show_exempted(const struct op25b_pool_conf *conf)
{
	return sum_classes(conf, OP25B_VERDICT_EXEMPTED);
}

#define POOL_ATTRIBUTE(_name, _kind)					\
static struct pool_attribute _name##_attribute = {			\
	.attr = { .name = #_name, .mode = 0444 },			\
	._kind = show_##_name,						\
}

POOL_ATTRIBUTE(mode, word);
POOL_ATTRIBUTE(action, word);
POOL_ATTRIBUTE(prefixes, number);
POOL_ATTRIBUTE(blocked, number);
POOL_ATTRIBUTE(observed, number);
POOL_ATTRIBUTE(relayed, number);
POOL_ATTRIBUTE(exempted, number);

static struct attribute *pool_attrs[] = {
	&mode_attribute.attr,
	&action_attribute.attr,
	&prefixes_attribute.attr,
	&blocked_attribute.attr,
	&observed_attribute.attr,
	&relayed_attribute.attr,
	&exempted_attribute.attr,
	NULL
};
ATTRIBUTE_GROUPS(pool);

static ssize_t pool_show(struct kobject *kobj, struct attribute *attr, char *buf)
{
	const struct op25b_sysfs_pool *dir = container_of(kobj, struct op25b_sysfs_pool, kobj);
	const struct pool_attribute *file = container_of(attr, struct pool_attribute, attr);
	const struct op25b_pool_conf *conf;
	ssize_t n = -ENODEV;	/* just before the policy is in force, or just after it was */

	rcu_read_lock();
	conf = op25b_policy_conf(rcu_dereference(dir->table->policy), dir->pool->id);
	if (conf && conf->pool == dir->pool) {
		if (file->word)
			n = sysfs_emit(buf, "%s\n", file->word(conf));
		else
			n = sysfs_emit(buf, "%llu\n", file->number(conf));
	}
	rcu_read_unlock();
	return n;
}

static const struct sysfs_ops pool_sysfs_ops = {
	.show = pool_show,
};

static void pool_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct op25b_sysfs_pool, kobj));
}

static struct kobj_type pool_type = {
	.release = pool_release,
	.sysfs_ops = &pool_sysfs_ops,
	.default_groups = pool_groups,
};

/**
 * op25b_sysfs_pool_add() - create the directory of a pool
 * @table: the table, locked
 * @pool: the pool, which does not have one
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_sysfs_pool_add(struct op25b_table *table, struct op25b_pool *pool)
{
	struct op25b_sysfs_pool *dir = kzalloc(sizeof(*dir), OP25B_GFP);
	int err;

	if (!dir)
		return -ENOMEM;
	dir->table = table;
	dir->pool = pool;
	err = kobject_init_and_add(&dir->kobj, &pool_type, op25b_net(table->net)->sysfs.pools, "%s",
				   pool->name);
	if (err) {
		kobject_put(&dir->kobj);
		return err;
	}
	pool->sysfs = dir;
	return 0;
}

/**
 * op25b_sysfs_pool_del() - remove the directory of a pool, and wait for its readers
 * @pool: the pool, whose table is locked
 */
void op25b_sysfs_pool_del(struct op25b_pool *pool)
{
	struct op25b_sysfs_pool *dir = pool->sysfs;

	pool->sysfs = NULL;
	kobject_del(&dir->kobj);
	kobject_put(&dir->kobj);
}

static void pools_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct pools_dir, kobj));
}

static const op25b_ns_tag *pools_namespace(op25b_const_kobject *kobj)
{
	return op25b_net_tag(container_of(kobj, struct pools_dir, kobj)->net);
}

static struct kobj_type pools_type = {
	.release = pools_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.namespace = pools_namespace,
};

static ssize_t version_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", OP25B_VERSION);
}

static ssize_t generation_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct op25b_net *pernet = container_of(attr, struct op25b_net, sysfs.generation);
	u64 generation;

	rcu_read_lock();
	generation = rcu_dereference(pernet->table.policy)->generation;
	rcu_read_unlock();
	return sysfs_emit(buf, "%llu\n", generation);
}

static int file_init(struct kobj_attribute *file, const char *name,
		     ssize_t (*show)(struct kobject *kobj, struct kobj_attribute *attr, char *buf),
		     const struct net *net)
{
	sysfs_attr_init(&file->attr);
	file->attr.name = name;
	file->attr.mode = 0444;
	file->show = show;
	return sysfs_create_file_ns(root, &file->attr, op25b_net_tag(net));
}

/**
 * op25b_sysfs_net_init() - create the files of a namespace
 * @net: the namespace, whose table is initialized
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_sysfs_net_init(struct net *net)
{
	struct op25b_sysfs *sysfs = &op25b_net(net)->sysfs;
	struct pools_dir *pools;
	int err;

	err = file_init(&sysfs->version, "version", version_show, net);
	if (err)
		return err;
	err = file_init(&sysfs->generation, "generation", generation_show, net);
	if (err)
		goto err_version;

	err = -ENOMEM;
	pools = kzalloc(sizeof(*pools), OP25B_GFP);
	if (!pools)
		goto err_generation;
	pools->net = net;
	err = kobject_init_and_add(&pools->kobj, &pools_type, root, "pools");
	if (err) {
		kobject_put(&pools->kobj);
		goto err_generation;
	}
	sysfs->pools = &pools->kobj;
	return 0;

err_generation:
	sysfs_remove_file_ns(root, &sysfs->generation.attr, op25b_net_tag(net));
err_version:
	sysfs_remove_file_ns(root, &sysfs->version.attr, op25b_net_tag(net));
	return err;
}

static int sysfs_pool_del(const struct op25b_pool_conf *conf, void *table)
	__context_unsafe(/* op25b_sysfs_net_exit() holds the lock */)
{
	if (conf->pool->sysfs) {
		op25b_sysfs_pool_del(conf->pool);
		op25b_table_pool_put(table, conf->pool);
	}
	return 0;
}

/**
 * op25b_sysfs_net_exit() - remove the files of a namespace
 * @net: the namespace, whose policy does not change any more
 */
void op25b_sysfs_net_exit(struct net *net)
{
	struct op25b_net *pernet = op25b_net(net);
	struct op25b_sysfs *sysfs = &pernet->sysfs;

	mutex_lock(&pernet->table.lock);
	op25b_policy_for_each_added(op25b_table_policy(&pernet->table), NULL, sysfs_pool_del,
				    &pernet->table);
	mutex_unlock(&pernet->table.lock);
	/* the object may outlive the namespace, its name and tag may not: kobject_del() first */
	kobject_del(sysfs->pools);
	kobject_put(sysfs->pools);
	sysfs_remove_file_ns(root, &sysfs->generation.attr, op25b_net_tag(net));
	sysfs_remove_file_ns(root, &sysfs->version.attr, op25b_net_tag(net));
}

static const struct kobj_ns_type_operations *root_child_ns_type(op25b_const_kobject *kobj)
{
	return &net_ns_type_operations;
}

static void root_release(struct kobject *kobj)
{
	kfree(kobj);
}

static struct kobj_type root_type = {
	.release = root_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.child_ns_type = root_child_ns_type,
};

/**
 * op25b_sysfs_init() - create /sys/kernel/op25b
 *
 * Return: 0 or -ENOMEM.
 */
int op25b_sysfs_init(void)
{
	int err;

	root = kzalloc(sizeof(*root), GFP_KERNEL);
	if (!root)
		return -ENOMEM;
	err = kobject_init_and_add(root, &root_type, kernel_kobj, "op25b");
	if (err)
		kobject_put(root);
	return err;
}

/**
 * op25b_sysfs_exit() - remove /sys/kernel/op25b
 */
void op25b_sysfs_exit(void)
{
	kobject_del(root);
	kobject_put(root);
}
