// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel says which attribute of a message it refuses, and why: "pool does
 * not exist". Behind that noun goes the attribute's value, so that whoever sent
 * ten thousand prefixes knows which one it was.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "refusal.h"
#include "report.h"

/**
 * struct culprit - the attribute at fault
 * @noun: what it is, or NULL
 * @value: what it holds
 * @index: which of the prefixes it is, or -1
 */
struct culprit {
	const char *noun;
	char value[PREFIX_TEXT_MAX];
	ssize_t index;
};

static bool speaks_of(const char *reason, const char *noun)
{
	size_t length = strlen(noun);

	return !strncmp(reason, noun, length) && reason[length] == ' ';
}

/* Does the reason start with the noun for the attribute at fault? */
static bool noun_fits(const char *reason, const struct culprit *culprit)
{
	if (!strcmp(culprit->noun, "pool"))
		return speaks_of(reason, "pool");
	return speaks_of(reason, "prefix") || speaks_of(reason, "exempt") ||
	       speaks_of(reason, "relay");
}

/* A message has one pool: it is at fault if the reason says so, even without an offset. */
static struct culprit find_culprit(const struct transport_error *error,
				   const struct message *request, const char *reason)
{
	bool pool = !error->offset && speaks_of(reason, "pool");
	struct culprit culprit = { .index = -1 };
	const struct nlattr *attribute;
	const struct nlmsghdr *header;
	struct prefix prefix;
	ssize_t index = -1;

	if (!request)
		return culprit;
	header = message_header(request);
	mnl_attr_for_each(attribute, header, GENL_HDRLEN) {
		size_t start = (const char *)attribute - (const char *)header;
		bool hit = error->offset >= start &&
			   error->offset < start + mnl_attr_get_len(attribute);

		if (mnl_attr_get_type(attribute) == OP25B_A_POOL && (hit || pool)) {
			culprit.noun = "pool";
			snprintf(culprit.value, sizeof(culprit.value), "\"%s\"",
				 mnl_attr_get_str(attribute));
		}
		if (mnl_attr_get_type(attribute) != OP25B_A_PREFIX)
			continue;
		index++;
		if (hit && attribute_prefix(attribute, &prefix, NULL)) {
			culprit.noun = "prefix";
			culprit.index = index;
			prefix_format(&prefix, culprit.value);
		}
	}
	return culprit;
}

/* Older kernels give no text for a dump, which can only miss its pool. */
static const char *find_reason(const struct transport_error *error, const struct message *request)
{
	if (error->text[0])
		return error->text;
	if (error->code == ENOENT && request &&
	    (message_header(request)->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP)
		return "pool does not exist";
	return strerror(error->code);
}

/**
 * refusal() - report why the kernel refused a request
 * @error: the refusal
 * @request: the request, or NULL if it does not matter
 * @change: what the request was made from, to find lines of standard input, or NULL
 *
 * Return: REFUSED.
 */
int refusal(const struct transport_error *error, const struct message *request,
	    const struct change *change)
{
	const char *reason = find_reason(error, request);
	struct place outer = report_place();
	const char *rest = strchr(reason, ' ');
	struct culprit culprit;
	int status;

	if (error->code == EPERM)
		return report_refusal("this takes CAP_NET_ADMIN in the network namespace: use sudo, or be root there");
	if (error->code == EMSGSIZE || (error->code == ENOBUFS && !error->text[0]))
		return report_refusal("this is too much for one message (see net.core.wmem_max): use restore, or several commands");

	culprit = find_culprit(error, request, reason);
	if (culprit.index >= 0 && change && change->prefixes[culprit.index].line)
		report_at((struct place) { "-", change->prefixes[culprit.index].line });
	if (!culprit.noun)
		status = report_refusal("%s", reason);
	else if (noun_fits(reason, &culprit))
		status = report_refusal("%.*s %s%s", (int)(rest - reason), reason, culprit.value,
					rest);
	else
		status = report_refusal("%s %s: %s", culprit.noun, culprit.value, reason);
	report_at(outer);
	return status;
}

/**
 * refusal_to_connect() - report why there is no socket of the family
 * @code: the errno
 *
 * Return: REFUSED.
 */
int refusal_to_connect(int code)
{
	if (code == ENOENT)
		return report_refusal("the kernel module op25b is not loaded; as root: modprobe op25b");
	return report_refusal("cannot speak to the kernel: %s", strerror(code));
}
