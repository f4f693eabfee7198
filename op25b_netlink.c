// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: its operations, and the policies of their attributes
 *
 * docs/netlink.md has the rules, docs/op25b.yaml the same family in YAML. What types, ranges and
 * flags can express is in the policies, which the kernel checks before it calls an operation.
 */
#include <linux/if.h>
#include <linux/module.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "op25b_netlink.h"

/* Of an exempt or session, and of a policy that waits to be confirmed */
static struct netlink_range_validation timeout_range = {
	.min = 1,
	.max = OP25B_TIMEOUT_MAX,
};

static struct netlink_range_validation_signed log_range = {
	.min = OP25B_LOG_OFF,
	.max = OP25B_LOG_MAX,
};

#define ADDRESS_POLICY							\
	[OP25B_A_PREFIX_ADDR4] = { .type = NLA_U32 },			\
	[OP25B_A_PREFIX_ADDR6] = NLA_POLICY_EXACT_LEN(16),		\
	[OP25B_A_PREFIX_LEN] = { .type = NLA_U8 }

static const struct nla_policy prefix_policy[OP25B_A_PREFIX_MAX + 1] = {
	ADDRESS_POLICY,
};

static const struct nla_policy exempt_policy[OP25B_A_PREFIX_MAX + 1] = {
	ADDRESS_POLICY,
	[OP25B_A_PREFIX_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &timeout_range),
	[OP25B_A_PREFIX_COMMENT] = { .type = NLA_NUL_STRING, .len = OP25B_COMMENT_MAX },
};

#define POOL_POLICY							\
	[OP25B_A_POOL] = { .type = NLA_NUL_STRING, .len = OP25B_POOL_NAME_MAX }

#define FORCE_POLICY							\
	[OP25B_A_FORCE] = { .type = NLA_FLAG }

#define RESTORE_POLICY							\
	[OP25B_A_RESTORE] = { .type = NLA_FLAG }

/* the name of a device */
#define DEV_POLICY	{ .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 }

#define SETTINGS_POLICY							\
	[OP25B_A_MODE] = NLA_POLICY_MAX(NLA_U32, OP25B_MODE_MAX),	\
	[OP25B_A_ACTION] = NLA_POLICY_MAX(NLA_U32, OP25B_ACTION_MAX), \
	[OP25B_A_GUARD] = NLA_POLICY_MASK(NLA_U32, OP25B_GUARD_MASK),	\
	[OP25B_A_SENDERS] = NLA_POLICY_MAX(NLA_U8, 1),			\
	[OP25B_A_SUBSCRIBER] = NLA_POLICY_RANGE(NLA_U8, OP25B_SUBSCRIBER_MIN,	\
						OP25B_SUBSCRIBER_MAX),	\
	[OP25B_A_LOG] = NLA_POLICY_FULL_RANGE_SIGNED(NLA_S32, &log_range)

static const struct nla_policy no_attrs[OP25B_A_MAX + 1];

static const struct nla_policy reset_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
};

static const struct nla_policy get_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	RESTORE_POLICY,
};

static const struct nla_policy restore_attrs[OP25B_A_MAX + 1] = {
	RESTORE_POLICY,
};

static const struct nla_policy commit_attrs[OP25B_A_MAX + 1] = {
	[OP25B_A_CONFIRM] = NLA_POLICY_FULL_RANGE(NLA_U32, &timeout_range),
};

static const struct nla_policy pool_add_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	SETTINGS_POLICY,
	[OP25B_A_VRF] = DEV_POLICY,
	[OP25B_A_PREFIX] = NLA_POLICY_NESTED(prefix_policy),
	FORCE_POLICY,
	RESTORE_POLICY,
};

static const struct nla_policy pool_set_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	SETTINGS_POLICY,
	RESTORE_POLICY,
};

static const struct nla_policy pool_del_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	FORCE_POLICY,
	RESTORE_POLICY,
};

static const struct nla_policy prefix_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	[OP25B_A_PREFIX] = NLA_POLICY_NESTED(prefix_policy),
	FORCE_POLICY,
	RESTORE_POLICY,
};

static const struct nla_policy exempt_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	[OP25B_A_PREFIX] = NLA_POLICY_NESTED(exempt_policy),
	FORCE_POLICY,
	RESTORE_POLICY,
};

static const struct nla_policy test_attrs[OP25B_A_MAX + 1] = {
	[OP25B_A_SRC] = NLA_POLICY_NESTED(prefix_policy),
	[OP25B_A_DST] = NLA_POLICY_NESTED(prefix_policy),
	[OP25B_A_DEV] = DEV_POLICY,
	[OP25B_A_VRF] = DEV_POLICY,
};

static const struct nla_policy session_policy[OP25B_A_SESSION_MAX + 1] = {
	[OP25B_A_SESSION_ID] = { .type = NLA_NUL_STRING, .len = OP25B_SESSION_ID_MAX },
	[OP25B_A_SESSION_PREFIX] = NLA_POLICY_NESTED(prefix_policy),
	[OP25B_A_SESSION_DEV] = DEV_POLICY,
	[OP25B_A_SESSION_TIMEOUT] = NLA_POLICY_FULL_RANGE(NLA_U32, &timeout_range),
	[OP25B_A_SESSION_COMMENT] = { .type = NLA_NUL_STRING, .len = OP25B_COMMENT_MAX },
	[OP25B_A_SESSION_VRF] = DEV_POLICY,
};

static const struct nla_policy session_attrs[OP25B_A_MAX + 1] = {
	[OP25B_A_SESSION] = NLA_POLICY_NESTED(session_policy),
	FORCE_POLICY,
};

static const struct nla_policy session_get_attrs[OP25B_A_MAX + 1] = {
	[OP25B_A_SESSION] = NLA_POLICY_NESTED(session_policy),
};

static const struct nla_policy sender_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	[OP25B_A_PREFIX] = NLA_POLICY_NESTED(prefix_policy),
};

#define OPERATION(command, attrs)					\
	.cmd = OP25B_CMD_##command,					\
	.policy = attrs,						\
	.maxattr = OP25B_A_MAX

#define ADMIN(command, attrs, function)					\
	{								\
		OPERATION(command, attrs),				\
		.doit = op25b_nl_##function,				\
		.flags = GENL_UNS_ADMIN_PERM,				\
	}

#define DUMP(function)							\
	.start = op25b_nl_dump_start,					\
	.dumpit = op25b_nl_##function,					\
	.done = op25b_nl_dump_done

/* a dump about people, which reads no policy */
#define ADMIN_DUMP(command, attrs, function)				\
	{								\
		OPERATION(command, attrs),				\
		.start = op25b_nl_##function##_dump_start,		\
		.dumpit = op25b_nl_##function##_dump,			\
		.done = op25b_nl_##function##_dump_done,		\
		.flags = GENL_UNS_ADMIN_PERM,				\
	}

static const struct genl_ops operations[] = {
	ADMIN(POOL_ADD, pool_add_attrs, change),
	ADMIN(POOL_SET, pool_set_attrs, change),
	ADMIN(POOL_DEL, pool_del_attrs, change),
	{ OPERATION(POOL_GET, get_attrs), .doit = op25b_nl_pool_get, DUMP(pool_dump) },
	ADMIN(POOL_RESET, reset_attrs, pool_reset),
	ADMIN(PREFIX_ADD, prefix_attrs, change),
	ADMIN(PREFIX_DEL, prefix_attrs, change),
	{ OPERATION(PREFIX_GET, get_attrs), DUMP(prefix_dump) },
	ADMIN(EXEMPT_ADD, exempt_attrs, change),
	ADMIN(EXEMPT_DEL, prefix_attrs, change),
	{ OPERATION(EXEMPT_GET, get_attrs), DUMP(exempt_dump) },
	ADMIN(RELAY_ADD, prefix_attrs, change),
	ADMIN(RELAY_DEL, prefix_attrs, change),
	{ OPERATION(RELAY_GET, restore_attrs), DUMP(relay_dump) },
	{ OPERATION(TEST, test_attrs), .doit = op25b_nl_test },
	{ OPERATION(STATUS_GET, no_attrs), .doit = op25b_nl_status_get },
	ADMIN(FLUSH, restore_attrs, flush),
	ADMIN(RESTORE_BEGIN, no_attrs, restore_begin),
	ADMIN(RESTORE_COMMIT, commit_attrs, restore_commit),
	{ OPERATION(POLICY_GET, restore_attrs), DUMP(policy_dump) },
	ADMIN(PREFIX_MOVE, prefix_attrs, change),
	ADMIN(TARGET_ADD, prefix_attrs, change),
	ADMIN(TARGET_DEL, prefix_attrs, change),
	{ OPERATION(TARGET_GET, restore_attrs), DUMP(target_dump) },
	ADMIN_DUMP(SENDER_GET, sender_attrs, sender),
	ADMIN(SENDER_RESET, sender_attrs, sender_reset),
	ADMIN(CONFIRM, no_attrs, confirm),
	ADMIN(ROLLBACK, no_attrs, rollback),
	ADMIN(SESSION_ADD, session_attrs, session_add),
	ADMIN(SESSION_DEL, session_attrs, session_del),
	ADMIN_DUMP(SESSION_GET, session_get_attrs, session),
	ADMIN(SESSION_SYNC, session_attrs, session_sync),
};

static const struct genl_multicast_group groups[] = {
	[OP25B_NL_GROUP_POLICY] = { .name = OP25B_GROUP_POLICY },
	/* about people */
	[OP25B_NL_GROUP_SENDERS] = {
		.name = OP25B_GROUP_SENDERS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[OP25B_NL_GROUP_SESSIONS] = {
		.name = OP25B_GROUP_SESSIONS,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

/* All but the event of each group */
static_assert(ARRAY_SIZE(operations) == OP25B_CMD_MAX - ARRAY_SIZE(groups));

struct genl_family op25b_nl_family __ro_after_init = {
	.name = OP25B_FAMILY_NAME,
	.version = OP25B_FAMILY_VERSION,
	.maxattr = OP25B_A_MAX,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = operations,
	.n_ops = ARRAY_SIZE(operations),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

/**
 * op25b_netlink_init() - register the family
 *
 * Return: 0 or an error.
 */
int __init op25b_netlink_init(void)
{
	return genl_register_family(&op25b_nl_family);
}

/**
 * op25b_netlink_exit() - unregister the family
 */
void op25b_netlink_exit(void)
{
	genl_unregister_family(&op25b_nl_family);
}
