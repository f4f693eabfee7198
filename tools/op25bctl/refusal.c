// SPDX-License-Identifier: GPL-2.0
/*
 * The extended ACK has a reason, such as "pool does not exist", and the offset
 * of the attribute at fault. The attribute's value is inserted after the noun:
 * 'pool "eest" does not exist'. A user who sent ten thousand prefixes then knows
 * which one was refused.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "collision.h"
#include "outdated.h"
#include "refusal.h"
#include "report.h"

/* The attribute at fault. */
struct bad_attr {
	const char *noun;		/* what it is, or NULL: none is known */
	char value[OP25B_SESSION_ID_MAX + 8];
	ssize_t index;			/* which of the message's prefixes it is, or -1 */
};

static bool speaks_of(const char *reason, const char *noun)
{
	size_t length = strlen(noun);

	return !strncmp(reason, noun, length) && reason[length] == ' ';
}

/* Is the noun that the reason starts with one for the attribute at fault? */
static bool noun_fits(const char *reason, const struct bad_attr *bad)
{
	if (strcmp(bad->noun, "prefix"))
		return speaks_of(reason, bad->noun);
	return speaks_of(reason, "prefix") || speaks_of(reason, "exempt") ||
	       speaks_of(reason, "relay") || speaks_of(reason, "target");
}

/* What is at fault in a session: its prefix, device or VRF that the offset points at, or all of it. */
static void find_in_session(const struct message *request, uint32_t offset,
			    const struct nlattr *session, struct bad_attr *bad)
{
	const struct nlattr *nest[OP25B_A_SESSION_MAX + 1];
	const struct nlattr *attribute = message_nested_at(request, offset);
	struct prefix prefix;

	nest_attributes(session, nest, OP25B_A_SESSION_MAX);
	if (attribute && mnl_attr_get_type(attribute) == OP25B_A_SESSION_PREFIX &&
	    attribute_prefix(attribute, &prefix, NULL)) {
		bad->noun = "prefix";
		prefix_format(&prefix, bad->value);
	} else if (attribute && (mnl_attr_get_type(attribute) == OP25B_A_SESSION_DEV ||
				 mnl_attr_get_type(attribute) == OP25B_A_SESSION_VRF)) {
		bad->noun = mnl_attr_get_type(attribute) == OP25B_A_SESSION_DEV ? "device" : "VRF";
		snprintf(bad->value, sizeof(bad->value), "\"%s\"", attribute_string(attribute));
	} else if (nest[OP25B_A_SESSION_ID]) {
		bad->noun = "session";
		snprintf(bad->value, sizeof(bad->value), "\"%s\"",
			 attribute_string(nest[OP25B_A_SESSION_ID]));
	}
}

/* A message has at most one pool, so a reason that starts with "pool" needs no offset. */
static struct bad_attr find_bad_attr(const struct transport_error *error,
				     const struct message *request, const char *reason)
{
	const struct nlattr *table[OP25B_A_MAX + 1], *attribute;
	struct bad_attr bad = { .index = -1 };
	struct prefix prefix;

	message_attributes(message_header(request), table);
	attribute = message_attribute_at(request, error->offset);
	if (!error->offset && speaks_of(reason, "pool"))
		attribute = table[OP25B_A_POOL];
	/* likewise a dump, whose refusal Linux 6.1 says nothing of */
	if (!attribute && speaks_of(reason, "session"))
		attribute = table[OP25B_A_SESSION];
	if (!attribute)
		return bad;
	if (mnl_attr_get_type(attribute) == OP25B_A_SESSION) {
		find_in_session(request, error->offset, attribute, &bad);
	} else if (mnl_attr_get_type(attribute) == OP25B_A_DEV ||
		   mnl_attr_get_type(attribute) == OP25B_A_VRF) {
		bad.noun = mnl_attr_get_type(attribute) == OP25B_A_DEV ? "device" : "VRF";
		snprintf(bad.value, sizeof(bad.value), "\"%s\"", attribute_string(attribute));
	} else if (mnl_attr_get_type(attribute) == OP25B_A_POOL) {
		bad.noun = "pool";
		snprintf(bad.value, sizeof(bad.value), "\"%s\"", mnl_attr_get_str(attribute));
	} else if (mnl_attr_get_type(attribute) == OP25B_A_PREFIX &&
		   attribute_prefix(attribute, &prefix, NULL)) {
		bad.noun = "prefix";
		bad.index = (ssize_t)message_prefix_at(request, error->offset);
		prefix_format(&prefix, bad.value);
	}
	return bad;
}

/*
 * Without a pool's name, a list of addresses starts where the name belongs, and an IPv4 address can
 * be a name. Returns what to add to the reason.
 */
static const char *find_hint(const struct message *request, const char *reason)
{
	const struct genlmsghdr *generic = mnl_nlmsg_get_payload(message_header(request));
	const struct nlattr *table[OP25B_A_MAX + 1];

	message_attributes(message_header(request), table);
	if (strcmp(reason, "pool does not exist") || !table[OP25B_A_POOL] ||
	    !address_is(attribute_string(table[OP25B_A_POOL])))
		return "";
	switch (generic->cmd) {
	case OP25B_CMD_RELAY_ADD:
	case OP25B_CMD_RELAY_DEL:
	case OP25B_CMD_TARGET_ADD:
	case OP25B_CMD_TARGET_DEL:
		return "";
	case OP25B_CMD_SENDER_GET:
	case OP25B_CMD_SENDER_RESET:
		return ": the name of a pool comes before the prefix";
	default:
		return table[OP25B_A_PREFIX] ? ": the name of a pool comes before the prefixes" : "";
	}
}

static bool has_session(const struct message *request)
{
	const struct nlattr *table[OP25B_A_MAX + 1];

	message_attributes(message_header(request), table);
	return table[OP25B_A_SESSION];
}

/* Linux 6.1 sends no text with a refused dump. All that one can miss is its pool or session. */
static const char *find_reason(const struct transport_error *error, const struct message *request)
{
	if (error->text[0])
		return error->text;
	if (error->code == ENOENT &&
	    (message_header(request)->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP)
		return has_session(request) ? "session does not exist" : "pool does not exist";
	return strerror(error->code);
}

/**
 * refusal() - report why the kernel refused a request
 * @transport: the socket, which may be asked for more
 * @error: the refusal
 * @request: the request
 * @change: what the request was made from, to name lines of standard input, or NULL
 *
 * Return: REFUSED.
 */
int refusal(struct transport *transport, const struct transport_error *error,
	    const struct message *request, const struct change *change)
{
	struct transport_error named = *error;
	struct place outer = report_place();
	const char *reason, *rest;
	struct bad_attr bad;
	int status;

	if (error->absent)
		return refusal_to_connect(ENOENT);
	if (error->code == EPERM)
		return report_refusal("this takes CAP_NET_ADMIN in the network namespace: use sudo, or be root there");
	if (error->code == EMSGSIZE || (error->code == ENOBUFS && !error->text[0]))
		return report_refusal("this is too much for one message (see net.core.wmem_max)%s",
				      has_session(request) ? "" :
				      ": use restore, or several commands");

	if (outdated(transport, request, &named))
		return REFUSED;
	collision_name_own_pool(request, &named);
	reason = find_reason(&named, request);
	rest = strchr(reason, ' ');
	bad = find_bad_attr(&named, request, reason);
	if (bad.index >= 0 && change && change->prefixes[bad.index].line)
		report_at((struct place) { "-", change->prefixes[bad.index].line });
	if (!bad.noun)
		status = report_refusal("%s", reason);
	else if (noun_fits(reason, &bad))
		status = report_refusal("%.*s %s%s%s", (int)(rest - reason), reason, bad.value,
					rest, find_hint(request, reason));
	else
		status = report_refusal("%s %s: %s", bad.noun, bad.value, reason);
	report_at(outer);
	return status;
}

/* Reports why there is no socket, by the errno of transport_open(). */
int refusal_to_connect(int code)
{
	if (code == ENOENT)
		return report_refusal("the kernel module op25b is not loaded: as root, \"modprobe op25b\" loads it or says why not");
	return report_refusal("cannot open a netlink socket: %s", strerror(code));
}
