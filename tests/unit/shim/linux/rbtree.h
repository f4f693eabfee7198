/* SPDX-License-Identifier: GPL-2.0 */
/* linux/rbtree.h for user space: a search tree that nothing balances */
#ifndef _SHIM_LINUX_RBTREE_H
#define _SHIM_LINUX_RBTREE_H

#include <assert.h>
#include <stddef.h>

#include <linux/kernel.h>
#include <linux/sched.h>

struct rb_node {
	struct rb_node *rb_parent;
	struct rb_node *rb_left;
	struct rb_node *rb_right;
};

struct rb_root {
	struct rb_node *rb_node;
};

#define RB_ROOT			((struct rb_root){ NULL })
#define rb_entry(p, type, member)	container_of(p, type, member)

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent, struct rb_node **link)
{
	assert(!*link);
	shim_work++;
	*node = (struct rb_node){ .rb_parent = parent };
	*link = node;
}

static inline void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
}

static inline struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *node = root->rb_node;

	while (node && node->rb_left)
		node = node->rb_left;
	return node;
}

static inline struct rb_node *rb_next(const struct rb_node *node)
{
	const struct rb_root right = { node->rb_right };

	if (node->rb_right)
		return rb_first(&right);
	while (node->rb_parent && node == node->rb_parent->rb_right)
		node = node->rb_parent;
	return node->rb_parent;
}

/* Put @other, which may be NULL, into the place of @node below its parent. */
static inline void shim_rb_replace(struct rb_root *root, struct rb_node *node, struct rb_node *other)
{
	if (!node->rb_parent)
		root->rb_node = other;
	else if (node->rb_parent->rb_left == node)
		node->rb_parent->rb_left = other;
	else
		node->rb_parent->rb_right = other;
	if (other)
		other->rb_parent = node->rb_parent;
}

static inline void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *next;

	assert(node->rb_parent != node);	/* erased already */
	shim_work++;
	if (!node->rb_left || !node->rb_right) {
		shim_rb_replace(root, node, node->rb_left ?: node->rb_right);
	} else {
		next = rb_next(node);
		if (next != node->rb_right) {
			shim_rb_replace(root, next, next->rb_right);
			next->rb_right = node->rb_right;
			next->rb_right->rb_parent = next;
		}
		shim_rb_replace(root, node, next);
		next->rb_left = node->rb_left;
		next->rb_left->rb_parent = next;
	}
	node->rb_parent = node;
}

#endif /* _SHIM_LINUX_RBTREE_H */
