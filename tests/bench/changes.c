// SPDX-License-Identifier: GPL-2.0
/*
 * changes exempt FILE POOL, changes session FILE: measures the kernel's cost of adding and deleting
 * exempts of a pool, or sessions: adds the addresses in FILE, one per line, each by a message of its
 * own, and then deletes them likewise.
 *
 * Prints four numbers, in nanoseconds: the mean time of send() to add and to delete one, and the
 * longest time of each.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/op25b.h>

#define CHANGES_MAX 4096

struct message {
	struct nlmsghdr head;
	struct genlmsghdr genl;
	char attributes[512];
};

static int sock;

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void message_init(struct message *message, int type, int command, int version)
{
	memset(message, 0, sizeof(*message));
	message->head.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	message->head.nlmsg_type = type;
	message->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	message->genl.cmd = command;
	message->genl.version = version;
}

static struct nlattr *put(struct message *message, int type, const void *data, size_t len)
{
	struct nlattr *attribute = (void *)((char *)message + message->head.nlmsg_len);

	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + len;
	if (data)
		memcpy(attribute + 1, data, len);
	message->head.nlmsg_len += NLA_ALIGN(attribute->nla_len);
	return attribute;
}

/* Returns the time of send(), in which the kernel processes the message. @reply gets the answer. */
static long long talk(struct message *message, void *reply, size_t size)
{
	const struct nlmsghdr *head = reply;
	const struct nlmsgerr *error = NLMSG_DATA(head);
	long long start, end;
	ssize_t len;

	start = now();
	len = send(sock, message, message->head.nlmsg_len, 0);
	end = now();
	if (len < 0 || recv(sock, reply, size, 0) < 0)
		err(1, "netlink");
	if (head->nlmsg_type == NLMSG_ERROR && error->error) {
		errno = -error->error;
		err(1, "netlink");
	}
	return end - start;
}

static int family_id(void)
{
	struct message message;
	struct nlattr *attribute;
	char reply[8192], ack[512];
	struct nlmsghdr *head = (void *)reply;
	char *p, *end;

	message_init(&message, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	put(&message, CTRL_ATTR_FAMILY_NAME, OP25B_FAMILY_NAME, sizeof(OP25B_FAMILY_NAME));
	talk(&message, reply, sizeof(reply));
	recv(sock, ack, sizeof(ack), 0);
	end = reply + head->nlmsg_len;
	for (p = reply + NLMSG_LENGTH(GENL_HDRLEN); p < end; p += NLA_ALIGN(attribute->nla_len)) {
		attribute = (void *)p;
		if (attribute->nla_type == CTRL_ATTR_FAMILY_ID)
			return *(__u16 *)(attribute + 1);
	}
	errx(1, "no netlink family " OP25B_FAMILY_NAME);
}

static struct nlattr *nest_start(struct message *message, int type)
{
	return put(message, type | NLA_F_NESTED, NULL, 0);
}

static void nest_end(struct message *message, struct nlattr *nest)
{
	nest->nla_len = (char *)message + message->head.nlmsg_len - (char *)nest;
}

static void put_prefix(struct message *message, int type, const char *address)
{
	bool ipv6 = strchr(address, ':');
	unsigned char bytes[16];
	struct nlattr *nest;

	if (inet_pton(ipv6 ? AF_INET6 : AF_INET, address, bytes) != 1)
		errx(1, "not an address: %s", address);
	nest = nest_start(message, type);
	put(message, ipv6 ? OP25B_A_PREFIX_ADDR6 : OP25B_A_PREFIX_ADDR4, bytes, ipv6 ? 16 : 4);
	nest_end(message, nest);
}

/* @pool: of the exempt; NULL: a session, whose id is its address */
static long long change(int family, bool add, const char *pool, const char *address)
{
	struct message message;
	struct nlattr *nest;
	char reply[1024];

	message_init(&message, family,
		     pool ? (add ? OP25B_CMD_EXEMPT_ADD : OP25B_CMD_EXEMPT_DEL) :
			    (add ? OP25B_CMD_SESSION_ADD : OP25B_CMD_SESSION_DEL),
		     OP25B_FAMILY_VERSION);
	if (pool) {
		put(&message, OP25B_A_POOL, pool, strlen(pool) + 1);
		put_prefix(&message, OP25B_A_PREFIX, address);
	} else {
		nest = nest_start(&message, OP25B_A_SESSION);
		put(&message, OP25B_A_SESSION_ID, address, strlen(address) + 1);
		if (add)
			put_prefix(&message, OP25B_A_SESSION_PREFIX, address);
		nest_end(&message, nest);
	}
	return talk(&message, reply, sizeof(reply));
}

int main(int argc, char **argv)
{
	static char lines[CHANGES_MAX][64];
	long long spent, sum[2] = {}, most[2] = {};
	int i, k, family, count = 0;
	FILE *file;

	if (argc != (argc > 1 && !strcmp(argv[1], "exempt") ? 4 : 3))
		errx(1, "usage: changes exempt FILE POOL | changes session FILE");
	file = fopen(argv[2], "r");
	if (!file)
		err(1, "%s", argv[2]);
	while (count < CHANGES_MAX && fscanf(file, "%63s", lines[count]) == 1)
		count++;
	if (!count)
		errx(1, "%s: empty", argv[2]);

	sock = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	if (sock < 0)
		err(1, "netlink");
	family = family_id();
	for (k = 0; k < 2; k++) {
		for (i = 0; i < count; i++) {
			spent = change(family, !k, argv[3], lines[i]);
			sum[k] += spent;
			if (spent > most[k])
				most[k] = spent;
		}
	}
	printf("%lld %lld %lld %lld\n", sum[0] / count, sum[1] / count, most[0], most[1]);
	return 0;
}
