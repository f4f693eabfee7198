/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * op25b - Outbound Port 25 Blocking: the generic netlink family
 *
 * docs/netlink.md and docs/op25b.yaml describe the family. This header has its
 * numbers for C. They are never reused: the family is extended only by adding at
 * the end of an enum.
 */
#ifndef _UAPI_LINUX_OP25B_H
#define _UAPI_LINUX_OP25B_H

#define OP25B_FAMILY_NAME	"op25b"
#define OP25B_FAMILY_VERSION	1
#define OP25B_GROUP_POLICY	"policy"	/* events, for anyone */
#define OP25B_GROUP_SENDERS	"senders"	/* events, for CAP_NET_ADMIN */
#define OP25B_GROUP_SESSIONS	"sessions"	/* events, for CAP_NET_ADMIN */

#define OP25B_POOL_NAME_MAX	31	/* bytes, without the terminating NUL */
#define OP25B_POOL_MAX		65535	/* pools in one network namespace */
#define OP25B_COMMENT_MAX	255	/* bytes, without the terminating NUL */
#define OP25B_SESSION_ID_MAX	63	/* bytes, without the terminating NUL */
#define OP25B_VRF_MAX		4096	/* VRFs of the pools, or of the sessions, of a namespace */
#define OP25B_TIMEOUT_MAX	2147483647	/* seconds */
#define OP25B_SUBSCRIBER_MIN	1	/* bits of an IPv6 subscriber's prefix */
#define OP25B_SUBSCRIBER_MAX	128
#define OP25B_SUBSCRIBER_DEFAULT 64
#define OP25B_LOG_OFF		(-1)	/* no group of NFLOG */
#define OP25B_LOG_MAX		65535

/**
 * enum op25b_mode - what happens to a packet that would be blocked
 * @OP25B_MODE_ENFORCE: it is blocked
 * @OP25B_MODE_OBSERVE: it passes, and is counted
 * @OP25B_MODE_OFF: it passes, and is not counted
 * @OP25B_MODE_MAX: the last mode
 */
enum op25b_mode {
	OP25B_MODE_ENFORCE,
	OP25B_MODE_OBSERVE,
	OP25B_MODE_OFF,

	OP25B_MODE_MAX = OP25B_MODE_OFF
};

/**
 * enum op25b_action - how a SYN is blocked
 * @OP25B_ACTION_DROP: silently
 * @OP25B_ACTION_TCP_RESET: with a TCP RST to the sender
 * @OP25B_ACTION_ADMIN_PROHIBITED: with ICMP type 3 code 13, ICMPv6 type 1 code 1
 * @OP25B_ACTION_MAX: the last action
 */
enum op25b_action {
	OP25B_ACTION_DROP,
	OP25B_ACTION_TCP_RESET,
	OP25B_ACTION_ADMIN_PROHIBITED,

	OP25B_ACTION_MAX = OP25B_ACTION_ADMIN_PROHIBITED
};

/**
 * enum op25b_guard - flags: additional checks of a pool
 * @OP25B_GUARD_SYNACK: SYN-ACKs from port 25, which triangular spamming depends on
 * @OP25B_GUARD_INBOUND: SYNs to port 25 of a customer, and packets that cannot be judged and could
 *			 still open it
 * @OP25B_GUARD_SPOOFED: whether what would be blocked or observed for its source came by a device
 *			 by which the router would send to that source; if not, it is counted apart
 *			 and not answered
 * @OP25B_GUARD_SOFTWIRE: IPv4 packets inside of IPv6 packets from the pool, each by itself
 * @OP25B_GUARD_MASK: all guards
 */
enum op25b_guard {
	OP25B_GUARD_SYNACK = 1,
	OP25B_GUARD_INBOUND = 2,
	OP25B_GUARD_SPOOFED = 4,
	OP25B_GUARD_SOFTWIRE = 8,

	OP25B_GUARD_MASK = OP25B_GUARD_SYNACK | OP25B_GUARD_INBOUND | OP25B_GUARD_SPOOFED |
			   OP25B_GUARD_SOFTWIRE
};

/**
 * enum op25b_verdict - what happened to a packet, or would happen to it
 * @OP25B_VERDICT_PASSED: its address is in no pool, or in one whose mode is off;
 *                        not counted
 * @OP25B_VERDICT_BLOCKED: blocked
 * @OP25B_VERDICT_OBSERVED: passed because the mode of the pool is observe, and the
 *                          other address is no target
 * @OP25B_VERDICT_RELAYED: passed because the other address is a relay
 * @OP25B_VERDICT_EXEMPTED: passed because the customer is exempt
 * @OP25B_VERDICT_MAX: the last verdict
 */
enum op25b_verdict {
	OP25B_VERDICT_PASSED,
	OP25B_VERDICT_BLOCKED,
	OP25B_VERDICT_OBSERVED,
	OP25B_VERDICT_RELAYED,
	OP25B_VERDICT_EXEMPTED,

	OP25B_VERDICT_MAX = OP25B_VERDICT_EXEMPTED
};

/**
 * enum op25b_event - what has happened
 * @OP25B_EVENT_CHANGED: an operation has changed the policy
 * @OP25B_EVENT_RESTORED: a restore has replaced it
 * @OP25B_EVENT_PENDING: a restore has replaced it, and waits to be confirmed
 * @OP25B_EVENT_CONFIRMED: it was confirmed
 * @OP25B_EVENT_ROLLED_BACK: the last confirmed policy is back
 * @OP25B_EVENT_EXPIRED: exempts have expired
 * @OP25B_EVENT_POOL_NEW: one of the changes above has added a pool
 * @OP25B_EVENT_POOL_GONE: one of the changes above has removed a pool
 * @OP25B_EVENT_SENDER_NEW: a subscriber has become a sender
 * @OP25B_EVENT_SENDER_GROWN: the number of a sender's packets has one digit more
 * @OP25B_EVENT_SESSION_NEW: a session has begun
 * @OP25B_EVENT_SESSION_CHANGED: it has other prefixes, another device, VRF, timeout or comment
 * @OP25B_EVENT_SESSION_DELETED: a command has ended it
 * @OP25B_EVENT_SESSION_EXPIRED: it has ended because its timeout was over
 * @OP25B_EVENT_SESSION_DOWN: it has ended because its device went down
 * @OP25B_EVENT_MAX: the last event
 */
enum op25b_event {
	OP25B_EVENT_CHANGED,
	OP25B_EVENT_RESTORED,
	OP25B_EVENT_PENDING,
	OP25B_EVENT_CONFIRMED,
	OP25B_EVENT_ROLLED_BACK,
	OP25B_EVENT_EXPIRED,
	OP25B_EVENT_POOL_NEW,
	OP25B_EVENT_POOL_GONE,
	OP25B_EVENT_SENDER_NEW,
	OP25B_EVENT_SENDER_GROWN,
	OP25B_EVENT_SESSION_NEW,
	OP25B_EVENT_SESSION_CHANGED,
	OP25B_EVENT_SESSION_DELETED,
	OP25B_EVENT_SESSION_EXPIRED,
	OP25B_EVENT_SESSION_DOWN,

	OP25B_EVENT_MAX = OP25B_EVENT_SESSION_DOWN
};

/* A prefix, and the timeout and comment of an exempt */
enum {
	OP25B_A_PREFIX_UNSPEC,
	OP25B_A_PREFIX_ADDR4,		/* __be32: an IPv4 address, or ... */
	OP25B_A_PREFIX_ADDR6,		/* 16 bytes: ... an IPv6 address */
	OP25B_A_PREFIX_LEN,		/* __u8: bits; absent: one address */
	OP25B_A_PREFIX_TIMEOUT,		/* __u32: exempts: seconds left; absent: none */
	OP25B_A_PREFIX_COMMENT,		/* string: exempts: free text */

	__OP25B_A_PREFIX_MAX,
	OP25B_A_PREFIX_MAX = __OP25B_A_PREFIX_MAX - 1
};

/* The packets of one class, by verdict */
enum {
	OP25B_A_VERDICTS_UNSPEC,
	OP25B_A_VERDICTS_PAD,
	OP25B_A_VERDICTS_BLOCKED,	/* __u64 */
	OP25B_A_VERDICTS_OBSERVED,	/* __u64 */
	OP25B_A_VERDICTS_RELAYED,	/* __u64 */
	OP25B_A_VERDICTS_EXEMPTED,	/* __u64 */

	__OP25B_A_VERDICTS_MAX,
	OP25B_A_VERDICTS_MAX = __OP25B_A_VERDICTS_MAX - 1
};

/* A pool's packets, by class */
enum {
	OP25B_A_PACKETS_UNSPEC,
	OP25B_A_PACKETS_SYN,		/* nest: verdicts */
	OP25B_A_PACKETS_MALFORMED,	/* nest: verdicts */
	OP25B_A_PACKETS_SYNACK,		/* nest: verdicts */
	OP25B_A_PACKETS_INBOUND,	/* nest: verdicts */
	OP25B_A_PACKETS_SPOOFED,	/* nest: verdicts */

	__OP25B_A_PACKETS_MAX,
	OP25B_A_PACKETS_MAX = __OP25B_A_PACKETS_MAX - 1
};

/* What is known of a sender */
enum {
	OP25B_A_SENDER_UNSPEC,
	OP25B_A_SENDER_PAD,
	OP25B_A_SENDER_PACKET_COUNT,	/* __u64: blocked and observed SYNs, at least */
	OP25B_A_SENDER_ERROR,		/* __u64: how many more there may have been */
	OP25B_A_SENDER_DESTINATION_COUNT,	/* __u32: about how many; 200: 200 or more */
	OP25B_A_SENDER_PORT,		/* __u16: source port of the last packet */
	OP25B_A_SENDER_FIRST,		/* __u64: when the first packet came, seconds since 1970 */
	OP25B_A_SENDER_LAST,		/* __u64: when the last packet came, seconds since 1970 */

	__OP25B_A_SENDER_MAX,
	OP25B_A_SENDER_MAX = __OP25B_A_SENDER_MAX - 1
};

/* A session */
enum {
	OP25B_A_SESSION_UNSPEC,
	OP25B_A_SESSION_ID,		/* string: 1 to 63 printable ASCII characters, no blanks */
	OP25B_A_SESSION_PREFIX,		/* nest, any number of times: a prefix, or ... */
	OP25B_A_SESSION_DEV,		/* string: ... the name of a device */
	OP25B_A_SESSION_TIMEOUT,	/* __u32: seconds left; absent: none */
	OP25B_A_SESSION_COMMENT,	/* string: free text */
	OP25B_A_SESSION_VRF,		/* string: the VRF of the prefixes; absent: none */

	__OP25B_A_SESSION_MAX,
	OP25B_A_SESSION_MAX = __OP25B_A_SESSION_MAX - 1
};

/* The top-level attributes of all messages */
enum {
	OP25B_A_UNSPEC,
	OP25B_A_PAD,
	OP25B_A_POOL,			/* string: the name of a pool */
	OP25B_A_MODE,			/* __u32: enum op25b_mode */
	OP25B_A_ACTION,			/* __u32: enum op25b_action */
	OP25B_A_GUARD,			/* __u32: flags of enum op25b_guard */
	OP25B_A_PREFIX,			/* nest, any number of times: a prefix */
	OP25B_A_FORCE,			/* flag: may exist already, or be missing */
	OP25B_A_PREFIX_COUNT,		/* __u32: prefixes of a pool */
	OP25B_A_EXEMPT_COUNT,		/* __u32: exempts, of a pool or in total */
	OP25B_A_RELAY_COUNT,		/* __u32: relays, of a pool or in total */
	OP25B_A_PACKETS,		/* nest: the counters of a pool */
	OP25B_A_SRC,			/* nest: test: an address, as a prefix */
	OP25B_A_DST,			/* nest: test: an address, as a prefix */
	OP25B_A_EXEMPT,			/* flag: test, policy: OP25B_A_PREFIX is an exempt */
	OP25B_A_RELAY,			/* nest: test, policy: the prefix of a relay */
	OP25B_A_VERDICT,		/* __u32: test: enum op25b_verdict */
	OP25B_A_VERSION,		/* string: the version of the module */
	OP25B_A_GENERATION,		/* __u64: the number of the policy in force */
	OP25B_A_POOL_COUNT,		/* __u32: number of pools */
	OP25B_A_PREFIX4_COUNT,		/* __u32: number of IPv4 prefixes */
	OP25B_A_PREFIX6_COUNT,		/* __u32: number of IPv6 prefixes */
	OP25B_A_RESTORE,		/* flag: of what this socket's restore has staged */
	OP25B_A_TARGET_COUNT,		/* __u32: targets, of a pool or in total */
	OP25B_A_TARGET,			/* nest: test, policy: the prefix of a target */
	OP25B_A_SENDERS,		/* __u8: whether senders are recorded: 0 or 1 */
	OP25B_A_SUBSCRIBER,		/* __u8: bits of an IPv6 subscriber's prefix */
	OP25B_A_SENDER_COUNT,		/* __u64: about how many senders; absent: not recorded */
	OP25B_A_SENDER,			/* nest: what is known of a sender */
	OP25B_A_CONFIRM,		/* __u32: seconds to confirm a policy in; status: left */
	OP25B_A_APPLIED,		/* __u64: last change by a command, seconds since 1970 */
	OP25B_A_EVENT,			/* __u32: enum op25b_event */
	OP25B_A_COMMAND,		/* __u32: event: the operation that changed the policy */
	OP25B_A_CHANGE_COUNT,		/* __u32: event: how many prefixes that was about */
	OP25B_A_UID,			/* __u32: event: the user whose process did it */
	OP25B_A_PID,			/* __u32: event: that process */
	OP25B_A_LOG,			/* __s32: group of NFLOG to log senders to; -1: none */
	OP25B_A_LOST_COUNT,		/* __u64: events that were sent to nobody */
	OP25B_A_SESSION,		/* nest: a session; of a sync: any number of them */
	OP25B_A_SESSION_COUNT,		/* __u32: number of sessions */
	OP25B_A_DEV,			/* string: test: the device by which the packet comes */
	OP25B_A_ADDED_COUNT,		/* __u32: sync: how many sessions were added */
	OP25B_A_CHANGED_COUNT,		/* __u32: sync: how many became others of the same id */
	OP25B_A_DELETED_COUNT,		/* __u32: sync: how many were deleted */
	OP25B_A_KEPT_COUNT,		/* __u32: sync: how many were kept as they were */
	OP25B_A_VRF,			/* string: the VRF of a pool, or of the packet of a test */

	__OP25B_A_MAX,
	OP25B_A_MAX = __OP25B_A_MAX - 1
};

/*
 * Operations. Those that change something require CAP_NET_ADMIN. Those that change the policy also
 * take [restore]: only within a restore. POOL_GET and the dumps of the policy and its parts take
 * [restore], too: they read what this socket has staged. Those that add, delete or move also take
 * [force].
 * Settings are mode, action, guard, senders, subscriber and log. Reading senders and sessions
 * requires CAP_NET_ADMIN.
 */
enum {
	OP25B_CMD_UNSPEC,
	OP25B_CMD_POOL_ADD,		/* do: pool, [vrf], [settings], [prefix ...] */
	OP25B_CMD_POOL_SET,		/* do: pool, [settings] */
	OP25B_CMD_POOL_DEL,		/* do: pool */
	OP25B_CMD_POOL_GET,		/* do: pool; dump: [pool] */
	OP25B_CMD_POOL_RESET,		/* do: [pool] */
	OP25B_CMD_PREFIX_ADD,		/* do: pool, prefix ... */
	OP25B_CMD_PREFIX_DEL,		/* do: pool, prefix ... */
	OP25B_CMD_PREFIX_GET,		/* dump: [pool] */
	OP25B_CMD_EXEMPT_ADD,		/* do: pool, prefix ... */
	OP25B_CMD_EXEMPT_DEL,		/* do: pool, prefix ... */
	OP25B_CMD_EXEMPT_GET,		/* dump: [pool] */
	OP25B_CMD_RELAY_ADD,		/* do: [pool], prefix ... */
	OP25B_CMD_RELAY_DEL,		/* do: [pool], prefix ... */
	OP25B_CMD_RELAY_GET,		/* dump */
	OP25B_CMD_TEST,			/* do: src, dst, [dev or vrf] */
	OP25B_CMD_STATUS_GET,		/* do */
	OP25B_CMD_FLUSH,		/* do */
	OP25B_CMD_RESTORE_BEGIN,	/* do: stage this socket's changes in an empty policy */
	OP25B_CMD_RESTORE_COMMIT,	/* do: [confirm]: put the staged policy into force */
	OP25B_CMD_POLICY_GET,		/* dump: all that makes a policy */
	OP25B_CMD_PREFIX_MOVE,		/* do: pool, prefix ...: from the pools that have them */
	OP25B_CMD_TARGET_ADD,		/* do: [pool], prefix ... */
	OP25B_CMD_TARGET_DEL,		/* do: [pool], prefix ... */
	OP25B_CMD_TARGET_GET,		/* dump */
	OP25B_CMD_SENDER_GET,		/* dump: [pool], [prefix] */
	OP25B_CMD_SENDER_RESET,		/* do: [pool], [prefix] */
	OP25B_CMD_CONFIRM,		/* do: keep the policy that waits to be confirmed */
	OP25B_CMD_ROLLBACK,		/* do: have the policy before it back */
	OP25B_CMD_SESSION_ADD,		/* do: session, [force] */
	OP25B_CMD_SESSION_DEL,		/* do: session, of which only the id counts, [force] */
	OP25B_CMD_SESSION_GET,		/* dump: [session], of which only the id counts */
	OP25B_CMD_SESSION_SYNC,		/* do: [session ...], [force]: exactly these afterwards */
	OP25B_CMD_POLICY_NTF,		/* event, in the group "policy" */
	OP25B_CMD_SENDER_NTF,		/* event, in the group "senders" */
	OP25B_CMD_SESSION_NTF,		/* event, in the group "sessions" */

	__OP25B_CMD_MAX,
	OP25B_CMD_MAX = __OP25B_CMD_MAX - 1
};

#endif /* _UAPI_LINUX_OP25B_H */
