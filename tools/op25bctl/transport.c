// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "transport.h"

/* In bytes. The kernel sends a dump in pieces of at most half of this. */
#define TRANSPORT_BUFFER	65536

struct transport {
	struct mnl_socket *socket;
	uint16_t family;		/* the number that the kernel gave it */
	uint32_t sequence;		/* of the last request */
	bool lost;			/* events were, and others may still be there to be read */
	struct transport_error error;
	char buffer[TRANSPORT_BUFFER];	/* what was received last */
};

/*
 * Keeps a refusal, which arrives as an error message or as the end of a dump. The attributes of the
 * extended ACK follow after @fixed bytes of payload. Returns the negative errno.
 */
static int read_refusal(struct transport *transport, const struct nlmsghdr *header, int code,
			size_t fixed)
{
	struct transport_error *error = &transport->error;
	const struct nlattr *attribute;

	*error = (struct transport_error) { .code = -code };
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return -error->code;
	mnl_attr_for_each(attribute, header, fixed) {
		switch (mnl_attr_get_type(attribute)) {
		case NLMSGERR_ATTR_MSG:
			strncpy(error->text, mnl_attr_get_str(attribute), sizeof(error->text) - 1);
			break;
		case NLMSGERR_ATTR_OFFS:
			error->offset = mnl_attr_get_u32(attribute);
			break;
		}
	}
	return -error->code;
}

static int fail(struct transport *transport, int code)
{
	transport->error = (struct transport_error) { .code = code };
	return -code;
}

/* Exceeding net.core.wmem_max takes CAP_NET_ADMIN; without it, the buffer grows up to that. */
static int send_message(struct transport *transport, struct message *request)
{
	struct nlmsghdr *header = message_header(request);
	int fd = mnl_socket_get_fd(transport->socket);
	int size;

	header->nlmsg_type = transport->family;
	header->nlmsg_seq = ++transport->sequence;
	if (mnl_socket_sendto(transport->socket, header, header->nlmsg_len) >= 0)
		return 0;
	if (errno != EMSGSIZE || header->nlmsg_len > INT_MAX / 2)
		return fail(transport, errno);

	size = header->nlmsg_len;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (mnl_socket_sendto(transport->socket, header, header->nlmsg_len) >= 0)
		return 0;
	return fail(transport, errno);
}

/* Parses one piece of an answer. Returns 1 if more will follow, else 0 or a negative errno. */
static int read_piece(struct transport *transport, size_t size, transport_reader reader,
		      void *data, bool *interrupted)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)transport->buffer;
	int left = size;
	int code;

	for (; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
		if (header->nlmsg_seq != transport->sequence)
			continue;
		*interrupted |= header->nlmsg_flags & NLM_F_DUMP_INTR;
		switch (header->nlmsg_type) {
		case NLMSG_ERROR:
			code = *(const int *)mnl_nlmsg_get_payload(header);
			return code ? read_refusal(transport, header, code,
						   sizeof(struct nlmsgerr)) : 0;
		case NLMSG_DONE:
			code = mnl_nlmsg_get_payload_len(header) >= sizeof(code) ?
			       *(const int *)mnl_nlmsg_get_payload(header) : 0;
			return code < 0 ? read_refusal(transport, header, code, sizeof(code)) : 0;
		default:
			if (reader)
				reader(header, data);
		}
	}
	return 1;
}

static int ask_once(struct transport *transport, struct message *request, transport_reader reader,
		    void *data)
{
	bool interrupted = false;
	ssize_t got;
	int ret;

	ret = send_message(transport, request);
	if (ret)
		return ret;
	do {
		do {
			got = recv(mnl_socket_get_fd(transport->socket), transport->buffer,
				   sizeof(transport->buffer), 0);
		} while (got < 0 && errno == EINTR);
		if (got < 0)
			return fail(transport, errno);
		ret = read_piece(transport, got, reader, data, &interrupted);
	} while (ret > 0);
	if (!ret && interrupted)
		return fail(transport, EINTR);
	return ret;
}

static void read_family(const struct nlmsghdr *answer, void *data)
{
	const struct nlattr *attribute;
	uint16_t *family = data;

	mnl_attr_for_each(attribute, answer, GENL_HDRLEN)
		if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_ID)
			*family = mnl_attr_get_u16(attribute);
}

/* Asks for the number of the family. The kernel loads the module if it is allowed to. */
static int find_family(struct transport *transport)
{
	struct message question = {};
	uint16_t before = transport->family;
	uint16_t family = 0;
	int ret;

	message_begin(&question, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	message_put_string(&question, CTRL_ATTR_FAMILY_NAME, OP25B_FAMILY_NAME);
	transport->family = GENL_ID_CTRL;
	ret = ask_once(transport, &question, read_family, &family);
	/* Number 0 would be a message that netlink acknowledges without a look at it. */
	transport->family = ret ? before : family;
	message_free(&question);
	return ret;
}

/*
 * If the module was replaced, its family has another number, and the kernel refuses the old one before
 * anybody looks at the request, with an errno alone. Other requests may be refused in the same way:
 * then the number is still the same.
 */
static bool family_has_moved(struct transport *transport)
{
	const struct transport_error refusal = transport->error;
	uint16_t before = transport->family;
	int ret;

	if (refusal.code != ENOENT || refusal.offset || *refusal.text)
		return false;
	ret = find_family(transport);
	if (!ret && transport->family != before)
		return true;
	transport->error = refusal;
	transport->error.absent = ret == -ENOENT;
	return false;
}

/**
 * transport_ask() - send a request and read all of its answer
 * @transport: the socket
 * @request: a dump, or with NLM_F_ACK
 * @reader: called with each message of the answer, or NULL
 * @data: passed to @reader
 *
 * If the module was replaced since the last request, this one is sent to the new one. A restore of
 * the old one has gone with it, and its steps are refused.
 *
 * Return: 0; -EINTR if the policy changed during a dump, which has then been read to its end; or
 * another negative errno, about which transport_error() says more.
 */
int transport_ask(struct transport *transport, struct message *request, transport_reader reader,
		  void *data)
{
	int ret = ask_once(transport, request, reader, data);

	if (ret == -ENOENT && family_has_moved(transport))
		ret = ask_once(transport, request, reader, data);
	return ret;
}

/* The multicast groups that are looked for, and their numbers; 0: there is no such group */
struct groups {
	const char *const *name;
	size_t count;
	uint32_t *number;
};

static void read_group(const struct nlattr *group, struct groups *groups)
{
	const struct nlattr *table[CTRL_ATTR_MCAST_GRP_MAX + 1];
	const char *name;
	size_t i;

	nest_attributes(group, table, CTRL_ATTR_MCAST_GRP_MAX);
	name = attribute_string(table[CTRL_ATTR_MCAST_GRP_NAME]);
	for (i = 0; name && i < groups->count; i++)
		if (!strcmp(name, groups->name[i]))
			groups->number[i] = attribute_u32(table[CTRL_ATTR_MCAST_GRP_ID]);
}

static void read_groups(const struct nlmsghdr *answer, void *data)
{
	const struct nlattr *attribute, *group;

	mnl_attr_for_each(attribute, answer, GENL_HDRLEN) {
		if (mnl_attr_get_type(attribute) != CTRL_ATTR_MCAST_GROUPS)
			continue;
		mnl_attr_for_each_nested(group, attribute) {
			read_group(group, data);
		}
	}
}

/* Finds the groups of a family. Returns 0 or a negative errno. */
static int find_groups(struct transport *transport, const char *family, struct groups *groups)
{
	struct message question = {};
	uint16_t own = transport->family;
	int ret;

	message_begin(&question, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	message_put_string(&question, CTRL_ATTR_FAMILY_NAME, family);
	transport->family = GENL_ID_CTRL;
	ret = ask_once(transport, &question, read_groups, groups);
	transport->family = own;
	message_free(&question);
	return ret;
}

static int join(struct transport *transport, const struct groups *groups)
{
	size_t i;

	for (i = 0; i < groups->count; i++) {
		if (!groups->number[i])
			return fail(transport, EOPNOTSUPP);
		if (mnl_socket_setsockopt(transport->socket, NETLINK_ADD_MEMBERSHIP,
					  &groups->number[i], sizeof(groups->number[i])))
			return fail(transport, errno);
	}
	return 0;
}

/**
 * transport_listen() - join multicast groups of the family
 * @transport: the socket, which is for transport_hear() from now on
 * @groups: their names
 * @count: how many; at most 8
 *
 * Return: 0; -EPERM: one of them is not for this user; -EOPNOTSUPP: the module does not have one of
 * them; or another negative errno.
 */
int transport_listen(struct transport *transport, const char *const *groups, size_t count)
{
	/* it says that a family has gone */
	static const char *const controller[] = { "notify" };
	struct groups own = { groups, count, (uint32_t[8]) {} };
	struct groups control = { controller, 1, (uint32_t[1]) {} };
	int ret;

	ret = find_groups(transport, OP25B_FAMILY_NAME, &own);
	if (!ret)
		ret = find_groups(transport, "nlctrl", &control);
	if (!ret)
		ret = join(transport, &own);
	return ret ? ret : join(transport, &control);
}

/* Is it the news that the family has gone? */
static bool is_end(const struct transport *transport, const struct nlmsghdr *header)
{
	const struct genlmsghdr *generic = mnl_nlmsg_get_payload(header);
	uint16_t family = 0;

	if (generic->cmd != CTRL_CMD_DELFAMILY)
		return false;
	read_family(header, &family);
	return family == transport->family;
}

/* Opens a socket that asks for extended ACKs. Returns NULL, and the errno in @code. */
static struct transport *open_socket(int *code)
{
	struct transport *transport = calloc(1, sizeof(*transport));
	int on = 1;

	if (!transport) {
		*code = errno;
		return NULL;
	}
	transport->socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!transport->socket || mnl_socket_bind(transport->socket, 0, MNL_SOCKET_AUTOPID)) {
		*code = errno;
		transport_close(transport);
		return NULL;
	}
	/* and for errors without a copy of the request */
	mnl_socket_setsockopt(transport->socket, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(transport->socket, NETLINK_CAP_ACK, &on, sizeof(on));
	return transport;
}

static void read_name(const struct nlmsghdr *answer, void *data)
{
	const struct nlattr *attribute;
	bool *ours = data;

	mnl_attr_for_each(attribute, answer, GENL_HDRLEN)
		if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_NAME)
			*ours = !strcmp(mnl_attr_get_str(attribute), OP25B_FAMILY_NAME);
}

/*
 * Has the family gone that the socket listens to? That news may be among events that were lost. The
 * kernel is asked by the number, because it would load a module again whose family is asked for by
 * name.
 */
static bool has_gone(const struct transport *transport)
{
	struct message question = {};
	struct transport *other;
	bool ours = false;
	int code, ret;

	other = open_socket(&code);
	if (!other)
		return false;
	message_begin(&question, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	message_put_u16(&question, CTRL_ATTR_FAMILY_ID, transport->family);
	other->family = GENL_ID_CTRL;
	ret = ask_once(other, &question, read_name, &ours);
	message_free(&question);
	transport_close(other);
	return ret == -ENOENT || (!ret && !ours);
}

/**
 * transport_hear() - wait for events
 * @transport: the socket, after transport_listen()
 * @signals: those that are blocked while it waits
 * @reader: called with each event
 * @data: passed to @reader
 *
 * Return: 0 after some events, or none; -ENOBUFS: events were lost; -EINTR: a signal came; -ENOENT:
 * the module was removed; or another negative errno.
 */
int transport_hear(struct transport *transport, const sigset_t *signals, transport_reader reader,
		   void *data)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)transport->buffer;
	struct pollfd file = { .fd = mnl_socket_get_fd(transport->socket), .events = POLLIN };
	const struct timespec at_once = {};
	int got;

	got = ppoll(&file, 1, transport->lost ? &at_once : NULL, signals);
	if (got < 0)
		return fail(transport, errno);
	if (!got) {
		/* from here on, nothing is lost without another error */
		transport->lost = false;
		return has_gone(transport) ? fail(transport, ENOENT) : 0;
	}
	got = recv(mnl_socket_get_fd(transport->socket), transport->buffer,
		   sizeof(transport->buffer), 0);
	if (got < 0) {
		transport->lost |= errno == ENOBUFS;
		return fail(transport, errno);
	}
	for (; mnl_nlmsg_ok(header, got); header = mnl_nlmsg_next(header, &got)) {
		if (header->nlmsg_type == transport->family)
			reader(header, data);
		else if (header->nlmsg_type == GENL_ID_CTRL && is_end(transport, header))
			return fail(transport, ENOENT);
	}
	return 0;
}

/* Returns the last refusal. The transport owns it, and the next request overwrites it. */
const struct transport_error *transport_error(const struct transport *transport)
{
	return &transport->error;
}

/**
 * transport_open() - open a socket of the family
 * @code: the errno of a failure; ENOENT: the kernel does not have the family
 *
 * Return: the socket, for transport_close(), or NULL.
 */
struct transport *transport_open(int *code)
{
	struct transport *transport = open_socket(code);

	if (!transport)
		return NULL;
	*code = -find_family(transport);
	if (*code) {
		transport_close(transport);
		return NULL;
	}
	return transport;
}

/* Closes a socket, or NULL. A restore that has not been committed is dropped with it. */
void transport_close(struct transport *transport)
{
	if (!transport)
		return;
	if (transport->socket)
		mnl_socket_close(transport->socket);
	free(transport);
}
