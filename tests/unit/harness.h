/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of a namespace and the model of it: each change is made to both, and both have to give
 * the same result.
 */
#ifndef TEST_HARNESS_H
#define TEST_HARNESS_H

#include "model.h"
#include "op25b_event.h"
#include "op25b_net.h"
#include "op25b_table.h"

extern struct op25b_net pernet;
extern struct net net;

extern struct op25b_table *const table;

/**
 * struct stubs - the state of the functions that stand in for the kernel's and the module's own
 * @hooks: the hooks that are registered with netfilter
 * @hooks_memory: an allocation made by their registration
 * @directories: the number of pools with a directory in sysfs
 * @directories_made: how many have been made
 * @directory_error: the error that op25b_sysfs_pool_add() returns; 0 for none
 * @rejects: the number of calls of op25b_reject()
 * @action: the action of the last call
 * @recorders: the number of recorders that are fresh or in force
 * @recorders_in_force: the number of those in force
 * @recorder_number: the number of the last one that came into force
 * @recorded: the number of calls of op25b_recorder_count()
 * @recorder: what the last one was called with: the recorder
 * @src: and the source
 * @dst: and the destination
 * @logged: the number of calls of op25b_log_packet(), each after one of op25b_recorder_count()
 * @log_group: the group that the last one was for
 * @traced: the number of calls of trace_op25b_verdict()
 * @trace: what the last one was called with
 * @events: the number of calls of op25b_event_send()
 * @event: what the last one was called with
 * @session_events: how many events of sessions there were, by kind
 * @own: an address of the router's own, NULL for none
 * @spoofed: the next packets come by a device by which the router would not send to their source
 * @inside: the type of the next IPv6 packets is that of an IPv4 packet inside, or they are later
 *	    fragments of such, and malformed
 * @inner: the destination of that IPv4 packet
 * @inside_at_8: the last later fragment was at offset 8: malformed, whatever is inside
 * @from: where the next packets come from: by any device, which is only for policies without VRFs, or
 *	  in the VRF, RED, or in none
 * @looped: the router has sent the next packets to itself: by the loopback device, or within a VRF
 */
struct stubs {
	const struct nf_hook_ops *hooks;
	void *hooks_memory;
	unsigned int directories;
	unsigned int directories_made;
	int directory_error;
	unsigned int rejects;
	enum op25b_action action;
	unsigned int recorders;
	unsigned int recorders_in_force;
	u32 recorder_number;
	unsigned int recorded;
	const struct op25b_recorder *recorder;
	struct op25b_key src;
	struct op25b_key dst;
	unsigned int logged;
	u16 log_group;
	unsigned int traced;
	struct {
		const struct op25b_pool *pool;
		enum op25b_class class;
		enum op25b_verdict verdict;
	} trace;
	unsigned int events;
	struct op25b_change_event event;
	unsigned int session_events[OP25B_EVENT_MAX + 1];
	const char *own;
	bool spoofed;
	enum { NOT_INSIDE, INSIDE, INSIDE_LATER } inside;
	struct op25b_key inner;
	bool inside_at_8;
	enum { FROM_ANYWHERE, FROM_VRF, FROM_NO_VRF } from;
	enum { NOT_LOOPED, LOOPED, LOOPED_IN_VRF } looped;
};

extern struct stubs stubs;

/* The notifiers of devices that are registered */
extern struct notifier_block *harness_notifiers[2];

/* Something has happened to the device SHIM_VRF, or to another one. */
void harness_device_event(unsigned long event, int ifindex);

/* NETDEV_UNREGISTER is said because a notifier is unregistered. */
extern bool harness_device_stays;

/* The domain that packets are judged in now, in the model */
int harness_domain(void);

/* The model of the policy in force */
extern struct model in_force;

/* It waits to be confirmed until @trial, a time, 0 if it does not. Then the model to go back to is */
extern ktime_t trial;
extern struct model confirmed;

/* Draw one of a few addresses, of customers and of servers. */
struct op25b_key random_key(enum op25b_family family);

/* Compare the table with the model: every entry, every counter, some verdicts. */
void check_table(void);

/* Check that the older policies, which readers may still see, are intact; end the grace period. */
void grace_period(void);

/*
 * Do @n operations in one change, which has to return @expected. If @failing, repeat it before with
 * each of its allocations failing in turn.
 */
void change(const struct op *ops, unsigned int n, int expected, bool failing);
void do_op(struct op op, int expected);

/* Do @n operations in one change to the table alone, not to the model. */
int change_once(const struct op *ops, unsigned int n);

/*
 * What others do whenever a commit or an abort releases the lock; NULL for nothing. May make changes
 * of its own.
 */
extern void (*others)(void);

/**
 * struct staged - a restore under way
 * @change: its change of the table
 * @model: the model of the policy that it stages
 */
struct staged {
	struct op25b_change *change;
	struct model model;
};

void stage_begin(struct staged *staged);
void stage(struct staged *staged, struct op op);
void stage_end(struct staged *staged, bool commit);
void stage_trial(struct staged *staged, unsigned int seconds);
void confirm_trial(void);
void roll_back(void);

/**
 * struct pinned - a pin, as a dump has one
 * @pin: the pin
 * @model: the model of its policy
 */
struct pinned {
	struct op25b_pin *pin;
	struct model model;
};

void pin_get(struct pinned *pinned);
void pin_put(struct pinned *pinned);

/* Read its policy, and check that it is intact. Returns false if it was taken away. */
bool pin_check(struct pinned *pinned);

/* Advance the clock, and let the work delete what has expired. */
void advance_time(unsigned int seconds);

/* Advance the clock while the machine is suspended: the work comes later. */
void suspend_time(unsigned int seconds);

/* What sessions make of the verdict on a packet that is sent; NULL if there are none */
extern void (*judge_sessions)(struct verdict *verdict, enum op25b_family family,
			      struct op25b_key src, struct op25b_key dst);

/* Pass a packet to the hook, and check its verdict and the counters against the model. */
struct verdict send_packet(enum op25b_pkt_type type, enum op25b_family family, struct op25b_key src,
			   struct op25b_key dst);

/* The same for one whose checksum is to be filled in at @at, relative to the IP header */
#define NOWHERE		(-1000)		/* it is not to be filled in */
#define ANYWHERE	(-1001)
struct verdict send_checksum(enum op25b_pkt_type type, enum op25b_family family,
			     struct op25b_key src, struct op25b_key dst, int at);

void check_verdict(enum op25b_pkt_type type, const char *from, const char *to,
		   enum op25b_verdict verdict);

/* Each test has a table of its own. */
int harness_setup(void **state);
int harness_teardown(void **state);

#define OP(k, p, ...)	((struct op){ .kind = k, .pool = p, __VA_ARGS__ })
#define ADD(p, ...)	do_op(OP(POOL_ADD, p, .settings = { __VA_ARGS__ }), 0)
#define PREFIX(p, text)	do_op(OP(PREFIX_ADD, p, .prefix = prefix(text)), 0)
#define EXEMPT(p, text)	do_op(OP(EXEMPT_ADD, p, .prefix = prefix(text)), 0)
#define RELAY(p, text)	do_op(OP(RELAY_ADD, p, .prefix = prefix(text)), 0)
#define TARGET(p, text)	do_op(OP(TARGET_ADD, p, .prefix = prefix(text)), 0)

#endif /* TEST_HARNESS_H */
