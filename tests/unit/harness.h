/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A namespace's policy under test: the module's own, and the model beside it. What changes one changes
 * the other, and has to give the same.
 */
#ifndef TEST_HARNESS_H
#define TEST_HARNESS_H

#include "model.h"
#include "op25b_net.h"
#include "op25b_table.h"

extern struct op25b_net pernet;
extern struct net net;

extern struct op25b_table *const table;

/**
 * struct seen - what the sources under test have called
 * @hooks: what is registered with netfilter
 * @hooks_memory: what that takes
 * @directories: how many pools have one in sysfs
 * @directory_error: the error to give instead of making one
 * @rejects: how many packets were answered
 * @action: how the last one was
 */
struct seen {
	const struct nf_hook_ops *hooks;
	void *hooks_memory;
	unsigned int directories;
	int directory_error;
	unsigned int rejects;
	enum op25b_action action;
};

extern struct seen seen;

/* What is in force, according to the model */
extern struct model now;

/* One of few addresses, in a block of customers and one of servers */
struct op25b_key random_key(enum op25b_family family);

/* See that it is, in every entry, counter and answer. */
void in_force(void);

/* No reader sees an older policy any more: until then they have to be whole. */
void grace_period(void);

/* Do @n operations in one change, that gives @expected; if @failing, with each allocation failing in
 * turn first.
 */
void change(const struct op *ops, unsigned int n, int expected, bool failing);
void one(struct op op, int expected);

/* Do them, whatever the model says: it is not told. */
int change_once(const struct op *ops, unsigned int n);

/**
 * struct staged - a restore that is under way
 * @change: the module's
 * @model: what will be in force if it is committed
 */
struct staged {
	struct op25b_change *change;
	struct model model;
};

void stage_begin(struct staged *staged);
void stage(struct staged *staged, struct op op);
void stage_end(struct staged *staged, bool commit);

/* Have exempts expire. */
void pass_time(unsigned int seconds);

/* Have the hook see a packet, and the model count it. */
struct verdict send(enum op25b_pkt_type type, enum op25b_family family, struct op25b_key src,
		    struct op25b_key dst);
void sends(enum op25b_pkt_type type, const char *from, const char *to, enum op25b_verdict verdict);

/* A table for each test */
int harness_setup(void **state);
int harness_teardown(void **state);

#define OP(k, p, ...)	((struct op){ .kind = k, .pool = p, __VA_ARGS__ })
#define ADD(p, ...)	one(OP(POOL_ADD, p, .settings = { __VA_ARGS__ }), 0)
#define PREFIX(p, text)	one(OP(PREFIX_ADD, p, .prefix = prefix(text)), 0)
#define EXEMPT(p, text)	one(OP(EXEMPT_ADD, p, .prefix = prefix(text)), 0)
#define RELAY(p, text)	one(OP(RELAY_ADD, p, .prefix = prefix(text)), 0)

#endif /* TEST_HARNESS_H */
