// SPDX-License-Identifier: GPL-2.0
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "comment.h"
#include "memory.h"
#include "read.h"
#include "refusal.h"
#include "report.h"

static void read_status_answer(const struct nlmsghdr *answer, void *data)
{
	const struct nlattr *table[OP25B_A_MAX + 1];
	struct status *status = data;

	message_attributes(answer, table);
	if (table[OP25B_A_VERSION])
		strncpy(status->version, attribute_string(table[OP25B_A_VERSION]),
			sizeof(status->version) - 1);
	status->generation = attribute_u64(table[OP25B_A_GENERATION]);
	status->applied = attribute_u64(table[OP25B_A_APPLIED]);
	status->confirm = attribute_u32(table[OP25B_A_CONFIRM]);
	status->pools = attribute_u32(table[OP25B_A_POOL_COUNT]);
	status->prefixes4 = attribute_u32(table[OP25B_A_PREFIX4_COUNT]);
	status->prefixes6 = attribute_u32(table[OP25B_A_PREFIX6_COUNT]);
	status->exempts = attribute_u32(table[OP25B_A_EXEMPT_COUNT]);
	status->relays = attribute_u32(table[OP25B_A_RELAY_COUNT]);
	status->targets = attribute_u32(table[OP25B_A_TARGET_COUNT]);
	status->sessions = attribute_u32(table[OP25B_A_SESSION_COUNT]);
	status->lost = attribute_u64(table[OP25B_A_LOST_COUNT]);
}

int read_status(struct control *control, struct status *status)
{
	struct message request = {};
	int ret;

	*status = (struct status) {};
	message_begin(&request, OP25B_CMD_STATUS_GET, NLM_F_ACK);
	ret = control_ask(control, &request, read_status_answer, status);
	message_free(&request);
	return ret;
}

/* The counted verdicts have the same order in both enums. */
static_assert(OP25B_A_VERDICTS_MAX - OP25B_A_VERDICTS_BLOCKED ==
	      OP25B_VERDICT_MAX - OP25B_VERDICT_BLOCKED, "verdicts");

static void read_packets(struct pool *pool, const struct nlattr *packets)
{
	const struct nlattr *verdicts[OP25B_A_VERDICTS_MAX + 1];
	const struct nlattr *classes[OP25B_A_PACKETS_MAX + 1];
	int class, verdict;

	nest_attributes(packets, classes, OP25B_A_PACKETS_MAX);
	for (class = 0; class < CLASSES; class++) {
		nest_attributes(classes[OP25B_A_PACKETS_SYN + class], verdicts, OP25B_A_VERDICTS_MAX);
		for (verdict = OP25B_VERDICT_BLOCKED; verdict < VERDICTS; verdict++)
			pool->packets[class][verdict] =
				attribute_u64(verdicts[verdict - OP25B_VERDICT_BLOCKED +
						       OP25B_A_VERDICTS_BLOCKED]);
	}
}

/* Remembers the first thing that a newer module has and that this command would lose. */
static __attribute__((format(printf, 2, 3))) void note_unknown(struct policy *policy,
							       const char *format, ...)
{
	va_list values;

	if (*policy->unknown)
		return;
	va_start(values, format);
	vsnprintf(policy->unknown, sizeof(policy->unknown), format, values);
	va_end(values);
}

static void check_pool(const struct nlmsghdr *answer, struct policy *policy,
		       const struct pool *pool, const char *name)
{
	const struct nlattr *attribute;

	if (!keyword_name(&mode_keywords, pool->mode))
		note_unknown(policy, "mode %u of pool \"%s\"", pool->mode, name);
	if (!keyword_name(&action_keywords, pool->action))
		note_unknown(policy, "action %u of pool \"%s\"", pool->action, name);
	if (pool->guard & ~OP25B_GUARD_MASK)
		note_unknown(policy, "guard %u of pool \"%s\"", pool->guard & ~OP25B_GUARD_MASK,
			     name);
	if (!keyword_name(&switch_keywords, pool->senders))
		note_unknown(policy, "senders %u of pool \"%s\"", pool->senders, name);
	mnl_attr_for_each(attribute, answer, GENL_HDRLEN)
		if (mnl_attr_get_type(attribute) > OP25B_A_MAX)
			note_unknown(policy, "attribute %u of pool \"%s\"",
				     mnl_attr_get_type(attribute), name);
}

static void check_entry(const struct nlattr *nest, struct policy *policy, enum policy_list list,
			const struct prefix *prefix)
{
	const struct nlattr *attribute;
	char text[PREFIX_TEXT_MAX];

	mnl_attr_for_each_nested(attribute, nest)
		if (mnl_attr_get_type(attribute) > OP25B_A_PREFIX_MAX)
			note_unknown(policy, "attribute %u of %s %s", mnl_attr_get_type(attribute),
				     list_kinds[list].noun, prefix_format(prefix, text));
}

static void read_pool(const struct nlmsghdr *answer, struct policy *policy)
{
	const struct nlattr *table[OP25B_A_MAX + 1];
	struct pool *pool;
	struct name name;

	message_attributes(answer, table);
	if (!table[OP25B_A_POOL])
		return;
	name = name_make(attribute_string(table[OP25B_A_POOL]));
	pool = policy_pool(policy, names_number(policy->names, &name));
	pool->present = true;
	pool->mode = attribute_u32(table[OP25B_A_MODE]);
	pool->action = attribute_u32(table[OP25B_A_ACTION]);
	pool->guard = attribute_u32(table[OP25B_A_GUARD]);
	pool->senders = attribute_u8(table[OP25B_A_SENDERS]);
	/* an older module does not have these */
	pool->subscriber = table[OP25B_A_SUBSCRIBER] ? attribute_u8(table[OP25B_A_SUBSCRIBER]) :
						       OP25B_SUBSCRIBER_DEFAULT;
	pool->log = table[OP25B_A_LOG] ? (int32_t)attribute_u32(table[OP25B_A_LOG]) : OP25B_LOG_OFF;
	if (table[OP25B_A_VRF]) {
		strncpy(pool->vrf, attribute_string(table[OP25B_A_VRF]), sizeof(pool->vrf) - 1);
		if (!comment_is_text(pool->vrf))
			note_unknown(policy, "VRF of pool \"%s\", whose name is not UTF-8",
				     name.text);
		comment_clean(pool->vrf);
	}
	pool->counts[PREFIXES] = attribute_u32(table[OP25B_A_PREFIX_COUNT]);
	pool->counts[EXEMPTS] = attribute_u32(table[OP25B_A_EXEMPT_COUNT]);
	pool->counts[RELAYS] = attribute_u32(table[OP25B_A_RELAY_COUNT]);
	pool->counts[TARGETS] = attribute_u32(table[OP25B_A_TARGET_COUNT]);
	pool->sender_counted = table[OP25B_A_SENDER_COUNT];
	pool->sender_count = attribute_u64(table[OP25B_A_SENDER_COUNT]);
	read_packets(pool, table[OP25B_A_PACKETS]);
	check_pool(answer, policy, pool, name.text);
}

/* A message may have several entries of this type, all of one pool. */
static void read_entries(const struct nlmsghdr *answer, struct policy *policy,
			 enum policy_list list, uint16_t type)
{
	const struct nlattr *attribute;
	struct exempt_options options;
	uint32_t pool = NO_NAME;
	struct prefix prefix;
	struct entry *entry;
	struct name name;

	mnl_attr_for_each(attribute, answer, GENL_HDRLEN) {
		if (mnl_attr_get_type(attribute) > OP25B_A_MAX)
			note_unknown(policy, "attribute %u of the list of %ss",
				     mnl_attr_get_type(attribute), list_kinds[list].noun);
		if (mnl_attr_get_type(attribute) != OP25B_A_POOL)
			continue;
		name = name_make(mnl_attr_get_str(attribute));
		pool = names_number(policy->names, &name);
	}
	mnl_attr_for_each(attribute, answer, GENL_HDRLEN) {
		if (mnl_attr_get_type(attribute) != type ||
		    !attribute_prefix(attribute, &prefix, &options) ||
		    (pool == NO_NAME && !list_is_of_destinations(list)))
			continue;
		check_entry(attribute, policy, list, &prefix);
		entry = policy_add_entry(policy, list);
		entry->prefix = prefix;
		entry->pool = pool;
		if (list != EXEMPTS)
			continue;
		entry->options.timeout = options.timeout;
		if (options.comment && *options.comment) {
			char *comment = memory_copy(options.comment);

			if (strlen(comment) > OP25B_COMMENT_MAX)
				comment[OP25B_COMMENT_MAX] = '\0';
			comment_clean(comment);
			entry->options.comment = comment;
		}
	}
}

/* A dump of the policy has messages of all kinds, which are told apart by their attributes. */
static void read_part(const struct nlmsghdr *answer, struct policy *policy)
{
	const struct nlattr *table[OP25B_A_MAX + 1];

	message_attributes(answer, table);
	if (table[OP25B_A_MODE])
		read_pool(answer, policy);
	else if (table[OP25B_A_RELAY])
		read_entries(answer, policy, RELAYS, OP25B_A_RELAY);
	else if (table[OP25B_A_TARGET])
		read_entries(answer, policy, TARGETS, OP25B_A_TARGET);
	else if (table[OP25B_A_EXEMPT])
		read_entries(answer, policy, EXEMPTS, OP25B_A_PREFIX);
	else if (table[OP25B_A_PREFIX])
		read_entries(answer, policy, PREFIXES, OP25B_A_PREFIX);
	else if (!table[OP25B_A_VERSION])
		note_unknown(policy, "a part of the policy");
}

static void read_dump(const struct nlmsghdr *answer, void *data)
{
	const struct genlmsghdr *generic = mnl_nlmsg_get_payload(answer);
	struct policy *policy = data;
	enum policy_list list;

	if (generic->cmd == OP25B_CMD_POLICY_GET)
		read_part(answer, policy);
	if (generic->cmd == OP25B_CMD_POOL_GET)
		read_pool(answer, policy);
	for (list = 0; list < LISTS; list++)
		if (generic->cmd == list_kinds[list].get)
			read_entries(answer, policy, list, OP25B_A_PREFIX);
}

/* Sends a request for pools or entries, and frees it. */
static int read_all(struct control *control, struct message *request, struct policy *policy)
{
	int status = control_connect(control);
	int ret;

	if (policy->staged)
		message_put_flag(request, OP25B_A_RESTORE);
	if (!status) {
		ret = transport_ask(control->transport, request, read_dump, policy);
		if (ret == -EINTR)	/* only a module older than this command is interrupted */
			status = report_refusal("the policy changed while it was read, try again");
		else if (ret)
			status = refusal(control->transport, transport_error(control->transport),
					 request, NULL);
	}
	message_free(request);
	return status;
}

/**
 * read_pools() - read pools and their counters
 * @control: the run
 * @policy: the result; its names are numbered in the order of the dump
 * @name: read only the pool of this name; all zeros: read all
 *
 * Return: DONE or REFUSED.
 */
int read_pools(struct control *control, struct policy *policy, const struct name *name)
{
	struct message request = {};

	message_begin(&request, OP25B_CMD_POOL_GET, *name->text ? NLM_F_ACK : NLM_F_DUMP);
	if (*name->text)
		message_put_string(&request, OP25B_A_POOL, name->text);
	return read_all(control, &request, policy);
}

/**
 * read_list() - read prefixes, exempts, relays or targets
 * @control: the run
 * @policy: the result
 * @list: which list
 * @name: read only those of the pool of this name; all zeros: read all
 *
 * Return: DONE or REFUSED.
 */
int read_list(struct control *control, struct policy *policy, enum policy_list list,
	      const struct name *name)
{
	struct message request = {};

	message_begin(&request, list_kinds[list].get, NLM_F_DUMP);
	if (*name->text)
		message_put_string(&request, OP25B_A_POOL, name->text);
	return read_all(control, &request, policy);
}

static int read_whole(struct control *control, struct policy *policy)
{
	struct message request = {};

	*policy->unknown = '\0';
	message_begin(&request, OP25B_CMD_POLICY_GET, NLM_F_DUMP);
	return read_all(control, &request, policy);
}

/**
 * read_policy() - read pools and all lists, which are those of one policy
 * @control: the run
 * @policy: the result
 *
 * Return: DONE or REFUSED, also if there is something in it that this command does not know and
 * would lose.
 */
int read_policy(struct control *control, struct policy *policy)
{
	int status = read_whole(control, policy);
	struct status module;

	if (status || !*policy->unknown)
		return status;
	status = read_status(control, &module);
	if (status)
		return status;
	return report_refusal("this command does not know %s, and would lose it: use the op25bctl of the module's version, %s",
			      policy->unknown, module.version);
}
