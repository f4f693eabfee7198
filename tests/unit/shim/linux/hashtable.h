/* SPDX-License-Identifier: GPL-2.0 */
/* linux/hashtable.h for user space */
#ifndef _SHIM_LINUX_HASHTABLE_H
#define _SHIM_LINUX_HASHTABLE_H

#include <linux/list.h>

#define DECLARE_HASHTABLE(name, bits)	struct hlist_head name[1 << (bits)]

#define DEFINE_HASHTABLE(name, bits)	struct hlist_head name[1 << (bits)] = { { NULL } }

#define hash_init(table)	memset(table, 0, sizeof(table))

static inline void shim_hash_add(struct hlist_head *head, struct hlist_node *node)
{
	node->next = head->first;
	node->pprev = &head->first;
	if (node->next)
		node->next->pprev = &node->next;
	head->first = node;
}

#define hash_add(table, node, key)	shim_hash_add(&(table)[(key) % ARRAY_SIZE(table)], node)

static inline void hash_del(struct hlist_node *node)
{
	assert(node->pprev && *node->pprev == node);
	*node->pprev = node->next;
	if (node->next)
		node->next->pprev = node->pprev;
	node->pprev = NULL;
}

#define hash_for_each_possible(table, obj, member, key)					\
	for (struct hlist_node *_node = (table)[(key) % ARRAY_SIZE(table)].first;	\
	     _node && ((obj) = container_of(_node, typeof(*(obj)), member), true);	\
	     _node = _node->next)

#define hash_add_rcu(table, node, key)	hash_add(table, node, key)
#define hash_del_rcu(node)		hash_del(node)

/* @c: what makes it safe without RCU */
#define hash_for_each_possible_rcu(table, obj, member, key, c)				\
	assert(shim_atomic_depth || (c));						\
	hash_for_each_possible(table, obj, member, key)

#endif /* _SHIM_LINUX_HASHTABLE_H */
