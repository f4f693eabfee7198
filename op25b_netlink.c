// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: operations, attribute policies, and what all operations read
 *
 * docs/netlink.md has the rules, Documentation/netlink/specs/op25b.yaml the family in YAML. Texts
 * of errors start with the noun of the attribute they speak of, so that a client can put its
 * value behind it.
 */
#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "op25b_netlink.h"

static bool name_is_valid(const char *name)
{
	if (!*name || *name == '.' || *name == '-')
		return false;
	for (; *name; name++)
		if (!isascii(*name) || (!isalnum(*name) && !strchr("_.-", *name)))
			return false;
	return true;
}

/**
 * op25b_nl_pool_name() - the name of the pool that a message is about
 * @attrs: the message's attributes
 * @extack: takes the reason of a failure
 *
 * Return: the name in OP25B_A_POOL, a valid one, or an error pointer.
 */
const char *op25b_nl_pool_name(struct nlattr * const *attrs, struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = attrs[OP25B_A_POOL];

	if (!attr) {
		NL_SET_ERR_MSG(extack, "pool is missing");
		return ERR_PTR(-EINVAL);
	}
	if (!name_is_valid(nla_data(attr))) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "pool is to be named with 1 to 31 of A-Z a-z 0-9 _ . -, not starting with . or -");
		return ERR_PTR(-EINVAL);
	}
	return nla_data(attr);
}

/**
 * op25b_nl_no_such_pool() - say that there is no pool of the name in OP25B_A_POOL
 * @attrs: the message's attributes
 * @extack: takes the reason
 *
 * Return: -ENOENT.
 */
int op25b_nl_no_such_pool(struct nlattr * const *attrs, struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG_ATTR(extack, attrs[OP25B_A_POOL], "pool does not exist");
	return -ENOENT;
}

static int host_bits(const struct op25b_prefix *prefix)
{
	struct op25b_key key = prefix->key;

	if (prefix->len >= 64)
		return prefix->len < 128 && key.lo << (prefix->len - 64);
	return key.lo || (prefix->len ? key.hi << prefix->len : key.hi);
}

/**
 * op25b_nl_parse_prefix() - read a prefix
 * @nest: an attribute with a nest of prefix attributes, validated
 * @attrs: what it says
 * @extack: takes the reason of a failure
 *
 * Return: 0 or -EINVAL.
 */
int op25b_nl_parse_prefix(const struct nlattr *nest, struct op25b_nl_prefix *attrs,
			  struct netlink_ext_ack *extack)
{
	struct op25b_prefix *prefix = &attrs->prefix;
	unsigned int addresses = 0, max = 0;
	const struct nlattr *attr;
	const char *comment;
	int rem, len = -1;

	attrs->timeout = 0;
	attrs->comment = "";
	nla_for_each_nested(attr, nest, rem) {
		switch (nla_type(attr)) {
		case OP25B_A_PREFIX_ADDR4:
			prefix->family = OP25B_IPV4;
			prefix->key.hi = (u64)be32_to_cpu(nla_get_be32(attr)) << 32;
			prefix->key.lo = 0;
			max = 32;
			addresses++;
			break;
		case OP25B_A_PREFIX_ADDR6:
			prefix->family = OP25B_IPV6;
			prefix->key.hi = get_unaligned_be64(nla_data(attr));
			prefix->key.lo = get_unaligned_be64(nla_data(attr) + 8);
			max = 128;
			addresses++;
			break;
		case OP25B_A_PREFIX_LEN:
			len = nla_get_u8(attr);
			break;
		case OP25B_A_PREFIX_TIMEOUT:
			attrs->timeout = nla_get_u32(attr);
			break;
		case OP25B_A_PREFIX_COMMENT:
			attrs->comment = nla_data(attr);
			break;
		}
	}
	if (addresses != 1) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "prefix needs one address, IPv4 or IPv6");
		return -EINVAL;
	}
	prefix->len = len < 0 ? max : len;
	if (prefix->len > max) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "prefix is longer than its address");
		return -EINVAL;
	}
	for (comment = attrs->comment; *comment; comment++) {
		if (iscntrl(*comment)) {
			NL_SET_ERR_MSG_ATTR(extack, nest,
					    "exempt has a control character in its comment");
			return -EINVAL;
		}
	}
	if (host_bits(prefix)) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "prefix has host bits set");
		return -EINVAL;
	}
	return 0;
}

static struct netlink_range_validation timeout_range = {
	.min = 1,
	.max = OP25B_TIMEOUT_MAX,
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

#define SETTINGS_POLICY							\
	[OP25B_A_MODE] = NLA_POLICY_MAX(NLA_U32, OP25B_MODE_MAX),	\
	[OP25B_A_ACTION] = NLA_POLICY_MAX(NLA_U32, OP25B_ACTION_MAX), \
	[OP25B_A_GUARD] = NLA_POLICY_MASK(NLA_U32, OP25B_GUARD_MASK)

static const struct nla_policy none_attrs[OP25B_A_MAX + 1];

static const struct nla_policy pool_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
};

static const struct nla_policy pool_add_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	SETTINGS_POLICY,
	[OP25B_A_PREFIX] = NLA_POLICY_NESTED(prefix_policy),
	[OP25B_A_FORCE] = { .type = NLA_FLAG },
};

static const struct nla_policy pool_set_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	SETTINGS_POLICY,
};

static const struct nla_policy pool_del_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	[OP25B_A_FORCE] = { .type = NLA_FLAG },
};

static const struct nla_policy prefix_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	[OP25B_A_PREFIX] = NLA_POLICY_NESTED(prefix_policy),
	[OP25B_A_FORCE] = { .type = NLA_FLAG },
};

static const struct nla_policy exempt_attrs[OP25B_A_MAX + 1] = {
	POOL_POLICY,
	[OP25B_A_PREFIX] = NLA_POLICY_NESTED(exempt_policy),
	[OP25B_A_FORCE] = { .type = NLA_FLAG },
};

static const struct nla_policy test_attrs[OP25B_A_MAX + 1] = {
	[OP25B_A_SRC] = NLA_POLICY_NESTED(prefix_policy),
	[OP25B_A_DST] = NLA_POLICY_NESTED(prefix_policy),
};

#define OPERATION(command, attrs)					\
	.cmd = OP25B_CMD_##command,					\
	.policy = attrs,						\
	.maxattr = OP25B_A_MAX

#define CHANGE(command, function, attrs)				\
	{								\
		OPERATION(command, attrs),				\
		.doit = op25b_nl_##function,				\
		.flags = GENL_UNS_ADMIN_PERM,				\
	}

#define DUMP(function)							\
	.start = op25b_nl_dump_start,					\
	.dumpit = op25b_nl_##function

static const struct genl_ops operations[] = {
	CHANGE(POOL_ADD, pool_add, pool_add_attrs),
	CHANGE(POOL_SET, pool_set, pool_set_attrs),
	CHANGE(POOL_DEL, pool_del, pool_del_attrs),
	{ OPERATION(POOL_GET, pool_attrs), .doit = op25b_nl_pool_get, DUMP(pool_dump) },
	CHANGE(POOL_RESET, pool_reset, pool_attrs),
	CHANGE(PREFIX_ADD, prefix_add, prefix_attrs),
	CHANGE(PREFIX_DEL, prefix_del, prefix_attrs),
	{ OPERATION(PREFIX_GET, pool_attrs), DUMP(prefix_dump) },
	CHANGE(EXEMPT_ADD, exempt_add, exempt_attrs),
	CHANGE(EXEMPT_DEL, exempt_del, prefix_attrs),
	{ OPERATION(EXEMPT_GET, pool_attrs), DUMP(exempt_dump) },
	CHANGE(RELAY_ADD, relay_add, prefix_attrs),
	CHANGE(RELAY_DEL, relay_del, prefix_attrs),
	{ OPERATION(RELAY_GET, none_attrs), DUMP(relay_dump) },
	{ OPERATION(TEST, test_attrs), .doit = op25b_nl_test },
	{ OPERATION(STATUS_GET, none_attrs), .doit = op25b_nl_status_get },
	CHANGE(FLUSH, flush, none_attrs),
	CHANGE(RESTORE_BEGIN, restore_begin, none_attrs),
	CHANGE(RESTORE_COMMIT, restore_commit, none_attrs),
};

struct genl_family op25b_nl_family __ro_after_init = {
	.name = OP25B_FAMILY_NAME,
	.version = OP25B_FAMILY_VERSION,
	.maxattr = OP25B_A_MAX,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = operations,
	.n_ops = ARRAY_SIZE(operations),
};

/**
 * op25b_netlink_init() - register the family
 *
 * Return: 0 or an error.
 */
int __init op25b_netlink_init(void)
{
	int err = op25b_nl_restore_init();

	if (err)
		return err;
	err = genl_register_family(&op25b_nl_family);
	if (err)
		op25b_nl_restore_exit();
	return err;
}

/**
 * op25b_netlink_exit() - unregister the family
 */
void op25b_netlink_exit(void)
{
	genl_unregister_family(&op25b_nl_family);
	op25b_nl_restore_exit();
}
