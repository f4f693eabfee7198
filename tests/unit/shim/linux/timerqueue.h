/* SPDX-License-Identifier: GPL-2.0 */
/* linux/timerqueue.h for user space: a list sorted by time */
#ifndef _SHIM_LINUX_TIMERQUEUE_H
#define _SHIM_LINUX_TIMERQUEUE_H

#include <assert.h>

#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/types.h>

struct timerqueue_node {
	struct timerqueue_node *next;	/* itself while it is in no queue, as an rb_node's parent is */
	ktime_t expires;
};

struct timerqueue_head {
	struct timerqueue_node *first;
};

static inline void timerqueue_init_head(struct timerqueue_head *head)
{
	head->first = NULL;
}

static inline void timerqueue_init(struct timerqueue_node *node)
{
	node->next = node;
}

static inline struct timerqueue_node *timerqueue_getnext(struct timerqueue_head *head)
{
	return head->first;
}

static inline struct timerqueue_node *timerqueue_iterate_next(struct timerqueue_node *node)
{
	return node->next;
}

static inline bool timerqueue_add(struct timerqueue_head *head, struct timerqueue_node *node)
{
	struct timerqueue_node **link = &head->first;

	assert(node->next == node);
	shim_work++;
	while (*link && (*link)->expires <= node->expires)
		link = &(*link)->next;
	node->next = *link;
	*link = node;
	return head->first == node;
}

static inline bool timerqueue_del(struct timerqueue_head *head, struct timerqueue_node *node)
{
	struct timerqueue_node **link = &head->first;

	assert(node->next != node);
	while (*link != node) {
		assert(*link);
		link = &(*link)->next;
	}
	*link = node->next;
	node->next = node;
	return head->first;
}

#endif /* _SHIM_LINUX_TIMERQUEUE_H */
