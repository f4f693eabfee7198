/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * op25b - Outbound Port 25 Blocking: the generic netlink family
 *
 * The family is described in docs/op25b.yaml; this header holds the same numbers
 * for C. Numbers are never reused: the family is extended only by adding at the
 * end of a list.
 */
#ifndef _UAPI_LINUX_OP25B_H
#define _UAPI_LINUX_OP25B_H

#define OP25B_FAMILY_NAME	"op25b"
#define OP25B_FAMILY_VERSION	1

#define OP25B_POOL_NAME_MAX	31	/* bytes, without the terminating NUL */
#define OP25B_POOL_MAX		65535	/* pools in one network namespace */
#define OP25B_COMMENT_MAX	255	/* bytes, without the terminating NUL */
#define OP25B_TIMEOUT_MAX	2147483647	/* seconds */

/**
 * enum op25b_mode - what happens to a packet that would be blocked
 * @OP25B_MODE_ENFORCE: it is blocked
 * @OP25B_MODE_OBSERVE: it is counted and passes
 * @OP25B_MODE_OFF: it passes, and nothing is counted
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
 * enum op25b_guard - flags: what a pool is protected from besides
 * @OP25B_GUARD_SYNACK: answers from port 25, as triangular spamming needs them
 * @OP25B_GUARD_INBOUND: connections to a customer's own port 25
 * @OP25B_GUARD_MASK: all guards
 */
enum op25b_guard {
	OP25B_GUARD_SYNACK = 1,
	OP25B_GUARD_INBOUND = 2,

	OP25B_GUARD_MASK = OP25B_GUARD_SYNACK | OP25B_GUARD_INBOUND
};

/**
 * enum op25b_verdict - what became of a packet, or would become of it
 * @OP25B_VERDICT_PASSED: of no pool, or of one that is off; never counted
 * @OP25B_VERDICT_BLOCKED: blocked
 * @OP25B_VERDICT_OBSERVED: would be blocked, but the pool only observes
 * @OP25B_VERDICT_RELAYED: the other end is a relay
 * @OP25B_VERDICT_EXEMPTED: the customer is exempt
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

/* A prefix, with what an exempt has besides. */
enum {
	OP25B_A_PREFIX_UNSPEC,
	OP25B_A_PREFIX_ADDR4,		/* __be32: either this … */
	OP25B_A_PREFIX_ADDR6,		/* 16 bytes: … or this */
	OP25B_A_PREFIX_LEN,		/* __u8: bits; absent: all of them */
	OP25B_A_PREFIX_TIMEOUT,		/* __u32: exempt: seconds left; absent: for ever */
	OP25B_A_PREFIX_COMMENT,		/* string: exempt: free text */

	__OP25B_A_PREFIX_MAX,
	OP25B_A_PREFIX_MAX = __OP25B_A_PREFIX_MAX - 1
};

/* The packets of one class, by verdict. */
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

/* A pool's packets, by class. */
enum {
	OP25B_A_PACKETS_UNSPEC,
	OP25B_A_PACKETS_SYN,		/* nest: verdicts */
	OP25B_A_PACKETS_MALFORMED,	/* nest: verdicts */
	OP25B_A_PACKETS_SYNACK,		/* nest: verdicts */
	OP25B_A_PACKETS_INBOUND,	/* nest: verdicts */

	__OP25B_A_PACKETS_MAX,
	OP25B_A_PACKETS_MAX = __OP25B_A_PACKETS_MAX - 1
};

/* Every message's own attributes. */
enum {
	OP25B_A_UNSPEC,
	OP25B_A_PAD,
	OP25B_A_POOL,			/* string: a pool's name */
	OP25B_A_MODE,			/* __u32: enum op25b_mode */
	OP25B_A_ACTION,			/* __u32: enum op25b_action */
	OP25B_A_GUARD,			/* __u32: flags of enum op25b_guard */
	OP25B_A_PREFIX,			/* nest, any number of them: a prefix */
	OP25B_A_FORCE,			/* flag: add what is there, delete what is not */
	OP25B_A_PREFIX_COUNT,		/* __u32: how many prefixes a pool has */
	OP25B_A_EXEMPT_COUNT,		/* __u32: how many exempts */
	OP25B_A_RELAY_COUNT,		/* __u32: how many relays */
	OP25B_A_PACKETS,		/* nest: a pool's counters */
	OP25B_A_SRC,			/* nest: test: prefix of one address */
	OP25B_A_DST,			/* nest: test: prefix of one address */
	OP25B_A_EXEMPT,			/* flag: test: OP25B_A_PREFIX is an exempt */
	OP25B_A_RELAY,			/* nest: test: the relay's prefix */
	OP25B_A_VERDICT,		/* __u32: test: enum op25b_verdict */
	OP25B_A_VERSION,		/* string: the module's version */
	OP25B_A_GENERATION,		/* __u64: the number of the policy in force */
	OP25B_A_POOL_COUNT,		/* __u32: how many pools there are */
	OP25B_A_PREFIX4_COUNT,		/* __u32: how many IPv4 prefixes */
	OP25B_A_PREFIX6_COUNT,		/* __u32: how many IPv6 prefixes */
	OP25B_A_RESTORE,		/* flag: only within this socket's restore */

	__OP25B_A_MAX,
	OP25B_A_MAX = __OP25B_A_MAX - 1
};

/* Operations. What changes the policy takes CAP_NET_ADMIN. */
enum {
	OP25B_CMD_UNSPEC,
	OP25B_CMD_POOL_ADD,		/* do: pool, [mode], [action], [guard], [prefix …] */
	OP25B_CMD_POOL_SET,		/* do: pool, [mode], [action], [guard] */
	OP25B_CMD_POOL_DEL,		/* do: pool */
	OP25B_CMD_POOL_GET,		/* do: pool; dump: [pool] */
	OP25B_CMD_POOL_RESET,		/* do: [pool]: counters to zero */
	OP25B_CMD_PREFIX_ADD,		/* do: pool, prefix … */
	OP25B_CMD_PREFIX_DEL,		/* do: pool, prefix … */
	OP25B_CMD_PREFIX_GET,		/* dump: [pool] */
	OP25B_CMD_EXEMPT_ADD,		/* do: pool, prefix … */
	OP25B_CMD_EXEMPT_DEL,		/* do: pool, prefix … */
	OP25B_CMD_EXEMPT_GET,		/* dump: [pool] */
	OP25B_CMD_RELAY_ADD,		/* do: [pool], prefix … */
	OP25B_CMD_RELAY_DEL,		/* do: [pool], prefix … */
	OP25B_CMD_RELAY_GET,		/* dump */
	OP25B_CMD_TEST,			/* do: src, dst */
	OP25B_CMD_STATUS_GET,		/* do */
	OP25B_CMD_FLUSH,		/* do */
	OP25B_CMD_RESTORE_BEGIN,	/* do: this socket's changes go to a new policy … */
	OP25B_CMD_RESTORE_COMMIT,	/* do: … which takes the place of the one in force */

	__OP25B_CMD_MAX,
	OP25B_CMD_MAX = __OP25B_CMD_MAX - 1
};

#endif /* _UAPI_LINUX_OP25B_H */
