// SPDX-License-Identifier: GPL-2.0
/*
 * nl-client - sends any message to the netlink family op25b, valid or not
 *
 * It shares nothing with op25bctl, neither code nor the netlink library. It reads commands from
 * standard input, one per line, and answers each with one line of JSON:
 *
 *	socket NAME		use this socket from now on; open it if it does not exist
 *	close			close the socket in use
 *	mlock			keep this program in memory
 *	drop			drop all privileges: become the user nobody
 *	do CMD ATTR...		send a message, and wait until it is acknowledged or refused
 *	post CMD ATTR...	send a message, and do not wait
 *	many COUNT CMD POOL	send COUNT messages, for pools named POOL and a number
 *	prefixes COUNT CMD POOL ADDR	send one message with COUNT /32 prefixes, from ADDR on
 *	status, pool NAME, pools, list CMD [POOL], senders, sessions, test SRC DST
 *				show the same as op25bctl -j
 *	sync ATTR...		synchronise sessions, and show what was done
 *	staged CMD		show the policy that this socket's restore has staged
 *	start CMD ATTR...	request a dump
 *	more			receive the next part of the dump
 *	unshare			enter a new network namespace; open sockets stay in theirs
 *	sysfs FOLDER		mount a sysfs of this namespace, instead of the one there
 *	fail NTH do CMD ATTR..., fail NTH dump CMD ATTR..., fail NTH unshare, fail NTH insmod FILE,
 *	fail NTH down DEVICE	do this while the kernel makes the NTH allocation fail; "used" in the
 *				answer is the number of allocations
 *
 * An attribute is TYPE:KIND:VALUE, of the kinds s (string), u8, u16, u32, u64, x (bytes in hex);
 * TYPE:LEN:x:BYTES (an attribute with nla_len LEN, whatever its true length); TYPE[ ATTR... ] (a
 * nest) or TYPE( ATTR... ) (a nest without NLA_F_NESTED).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/op25b.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/socket.h>

#define SOCKETS		8
#define BIG_BUFFER	(64 << 20)
#define COUNT(array)	(sizeof(array) / sizeof(*(array)))

/* A socket, and the last answer received on it */
static struct connection {
	char name[32];
	struct nl_sock *sock;
	int family;
	int error;		/* a negative errno */
	char text[256];
	unsigned int offset;
	unsigned int missing;	/* the type of an attribute */
	bool done;
	bool interrupted;
	unsigned int messages;
	void (*show)(struct nlattr **attrs);
	bool shown;
} connections[SOCKETS], *on;

static void die(const char *what)
{
	fprintf(stderr, "nl-client: %s\n", what);
	exit(2);
}

/* --- receiving --- */

static void take_extack(struct nlmsghdr *header, unsigned int start)
{
	struct nlattr *attr = (void *)((char *)header + start);
	int rem;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || header->nlmsg_len < start)
		return;
	rem = header->nlmsg_len - start;
	for (; nla_ok(attr, rem); attr = nla_next(attr, &rem)) {
		if (nla_type(attr) == NLMSGERR_ATTR_MSG)
			snprintf(on->text, sizeof(on->text), "%s", nla_get_string(attr));
		if (nla_type(attr) == NLMSGERR_ATTR_OFFS)
			on->offset = nla_get_u32(attr);
		if (nla_type(attr) == NLMSGERR_ATTR_MISS_TYPE)
			on->missing = nla_get_u32(attr);
	}
}

static void take_message(struct nlmsghdr *header)
{
	struct nlattr *attrs[OP25B_A_MAX + 1];

	on->interrupted |= !!(header->nlmsg_flags & NLM_F_DUMP_INTR);
	switch (header->nlmsg_type) {
	case NLMSG_ERROR:
		on->done = true;
		on->error = ((struct nlmsgerr *)nlmsg_data(header))->error;
		/* NETLINK_CAP_ACK: the error has only the header of the request */
		take_extack(header, NLMSG_HDRLEN + sizeof(struct nlmsgerr));
		return;
	case NLMSG_DONE:
		on->done = true;
		on->error = *(int *)nlmsg_data(header);
		take_extack(header, NLMSG_HDRLEN + sizeof(int));
		return;
	}
	on->messages++;
	if (!on->show)
		return;
	if (genlmsg_parse(header, 0, attrs, OP25B_A_MAX, NULL))
		die("a message that cannot be parsed");
	if (on->shown)
		putchar(',');
	on->shown = true;
	on->show(attrs);
}

static void expect(void (*show)(struct nlattr **attrs))
{
	on->error = 0;
	on->text[0] = '\0';
	on->offset = 0;
	on->missing = 0;
	on->done = false;
	on->interrupted = false;
	on->messages = 0;
	on->show = show;
	on->shown = false;
}

/* Receive one part of a dump, or one answer. */
static void receive(void)
{
	unsigned char *buffer = NULL;
	struct sockaddr_nl from;
	struct nlmsghdr *header;
	int n = nl_recv(on->sock, &from, &buffer, NULL);

	if (n <= 0)
		die(nl_geterror(n));
	for (header = (void *)buffer; nlmsg_ok(header, n); header = nlmsg_next(header, &n))
		take_message(header);
	free(buffer);
}

static void receive_all(void)
{
	while (!on->done)
		receive();
}

static void connection_use(const char *name)
{
	struct connection *one, *unused = NULL;
	int fd, yes = 1;

	for (one = connections; one < connections + SOCKETS; one++) {
		if (!one->sock)
			unused = one;
		else if (!strcmp(one->name, name))
			break;
	}
	if (one < connections + SOCKETS) {
		on = one;
		return;
	}
	if (!unused)
		die("too many sockets");
	on = unused;
	memset(on, 0, sizeof(*on));
	snprintf(on->name, sizeof(on->name), "%s", name);
	on->sock = nl_socket_alloc();
	if (!on->sock || genl_connect(on->sock))
		die("no socket");
	on->family = genl_ctrl_resolve(on->sock, OP25B_FAMILY_NAME);
	if (on->family < 0)
		die("no family op25b");
	nl_socket_set_buffer_size(on->sock, 1 << 20, 1 << 20);
	fd = nl_socket_get_fd(on->sock);
	if (setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &yes, sizeof(yes)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &yes, sizeof(yes)))
		die("no extended acknowledgements");
}

static void connection_close(void)
{
	nl_socket_free(on->sock);
	on->sock = NULL;
	on = NULL;
}

/* --- sending --- */

static struct nl_msg *message_new(size_t size, int command, int flags)
{
	struct nl_msg *msg = nlmsg_alloc_size(size);

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, on->family, 0, flags, command,
				 OP25B_FAMILY_VERSION))
		die("out of memory");
	return msg;
}

static void put(int err)
{
	if (err < 0)
		die("an attribute does not fit");
}

static size_t unhex(const char *text, unsigned char *bytes, size_t size)
{
	size_t n;

	for (n = 0; text[2 * n]; n++)
		if (n == size || sscanf(text + 2 * n, "%2hhx", &bytes[n]) != 1)
			die("bytes that are not hex");
	return n;
}

static void put_attribute(struct nl_msg *msg, char *word)
{
	static struct nlattr *nests[4];
	static unsigned int depth;
	unsigned char bytes[512];
	struct nlattr *attr;
	char *value, *end;
	size_t n;
	long type;

	if (!strcmp(word, "]") || !strcmp(word, ")")) {
		depth--;
		nla_nest_end(msg, nests[depth]);
		if (*word == ']')
			nests[depth]->nla_type |= NLA_F_NESTED;
		else
			nests[depth]->nla_type &= ~NLA_F_NESTED;
		return;
	}
	type = strtol(word, &value, 0);
	if (!strcmp(value, "[") || !strcmp(value, "(")) {
		nests[depth++] = nla_nest_start(msg, type);
		return;
	}
	if (*value++ != ':')
		die("not an attribute");
	if (!strncmp(value, "s:", 2)) {
		put(nla_put_string(msg, type, value + 2));
	} else if (!strncmp(value, "u8:", 3)) {
		put(nla_put_u8(msg, type, strtoul(value + 3, NULL, 0)));
	} else if (!strncmp(value, "u16:", 4)) {
		put(nla_put_u16(msg, type, strtoul(value + 4, NULL, 0)));
	} else if (!strncmp(value, "u32:", 4)) {
		put(nla_put_u32(msg, type, strtoul(value + 4, NULL, 0)));
	} else if (!strncmp(value, "u64:", 4)) {
		put(nla_put_u64(msg, type, strtoull(value + 4, NULL, 0)));
	} else if (!strncmp(value, "x:", 2)) {
		n = unhex(value + 2, bytes, sizeof(bytes));
		put(nla_put(msg, type, n, bytes));
	} else {
		long nla_len = strtol(value, &end, 0);

		n = unhex(end + strlen(":x:"), bytes, sizeof(bytes));
		attr = nla_reserve(msg, type, n);
		if (!attr)
			die("an attribute does not fit");
		memcpy(nla_data(attr), bytes, n);
		attr->nla_len = nla_len;
	}
}

static struct nl_msg *message_of(char *words, int flags)
{
	char *word = strtok(words, " ");
	struct nl_msg *msg = message_new(8192, atoi(word), flags);

	while ((word = strtok(NULL, " ")))
		put_attribute(msg, word);
	return msg;
}

static void post(struct nl_msg *msg)
{
	int err = nl_send_auto(on->sock, msg);

	nlmsg_free(msg);
	if (err < 0)
		die(nl_geterror(err));
}

static void big_send_buffer(void)
{
	int size = BIG_BUFFER;

	/* unprivileged users send no messages that need it */
	if (setsockopt(nl_socket_get_fd(on->sock), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) &&
	    errno != EPERM)
		die("no send buffer");
}

/* --- output: JSON, as op25bctl prints it --- */

static void show_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < ' ')
			printf("\\u%04x", *text);
		else
			putchar(*text);
	}
	putchar('"');
}

static void show_text(struct nlattr *attr)
{
	if (attr)
		show_string(nla_get_string(attr));
	else
		printf("null");
}

static void show_prefix(struct nlattr **prefix)
{
	char text[INET6_ADDRSTRLEN];

	if (prefix[OP25B_A_PREFIX_ADDR4])
		inet_ntop(AF_INET, nla_data(prefix[OP25B_A_PREFIX_ADDR4]), text, sizeof(text));
	else
		inet_ntop(AF_INET6, nla_data(prefix[OP25B_A_PREFIX_ADDR6]), text, sizeof(text));
	printf("\"%s/%u\"", text, nla_get_u8(prefix[OP25B_A_PREFIX_LEN]));
}

static void show_nested_prefix(struct nlattr *nest)
{
	struct nlattr *prefix[OP25B_A_PREFIX_MAX + 1];

	if (nest && !nla_parse_nested(prefix, OP25B_A_PREFIX_MAX, nest, NULL))
		show_prefix(prefix);
	else
		printf("null");
}

static void show_entry(struct nlattr **attrs)
{
	printf("{\"pool\":");
	show_text(attrs[OP25B_A_POOL]);
	printf(",\"prefix\":");
	show_nested_prefix(attrs[OP25B_A_PREFIX]);
	putchar('}');
}

static void show_exempt(struct nlattr **attrs)
{
	struct nlattr *prefix[OP25B_A_PREFIX_MAX + 1];

	if (nla_parse_nested(prefix, OP25B_A_PREFIX_MAX, attrs[OP25B_A_PREFIX], NULL))
		die("a prefix that cannot be parsed");
	printf("{\"pool\":");
	show_text(attrs[OP25B_A_POOL]);
	printf(",\"prefix\":");
	show_prefix(prefix);
	if (prefix[OP25B_A_PREFIX_TIMEOUT])
		printf(",\"expires\":%u", nla_get_u32(prefix[OP25B_A_PREFIX_TIMEOUT]));
	else
		printf(",\"expires\":null");
	printf(",\"comment\":");
	show_text(prefix[OP25B_A_PREFIX_COMMENT]);
	putchar('}');
}

static void show_sender(struct nlattr **attrs)
{
	struct nlattr *sender[OP25B_A_SENDER_MAX + 1];

	if (nla_parse_nested(sender, OP25B_A_SENDER_MAX, attrs[OP25B_A_SENDER], NULL))
		die("a sender that cannot be parsed");
	printf("{\"pool\":");
	show_text(attrs[OP25B_A_POOL]);
	printf(",\"subscriber\":");
	show_nested_prefix(attrs[OP25B_A_PREFIX]);
	printf(",\"packets\":%llu,\"error\":%llu,\"destinations\":%u,\"port\":%u",
	       (unsigned long long)nla_get_u64(sender[OP25B_A_SENDER_PACKET_COUNT]),
	       (unsigned long long)nla_get_u64(sender[OP25B_A_SENDER_ERROR]),
	       nla_get_u32(sender[OP25B_A_SENDER_DESTINATION_COUNT]),
	       nla_get_u16(sender[OP25B_A_SENDER_PORT]));
	/* seconds, which op25bctl prints as dates */
	printf(",\"first\":%llu,\"last\":%llu}",
	       (unsigned long long)nla_get_u64(sender[OP25B_A_SENDER_FIRST]),
	       (unsigned long long)nla_get_u64(sender[OP25B_A_SENDER_LAST]));
}

/* One of few prefixes: others take several messages. */
static void show_session(struct nlattr **attrs)
{
	struct nlattr *session[OP25B_A_SESSION_MAX + 1], *attr;
	const char *comma = "";
	int rest;

	if (nla_parse_nested(session, OP25B_A_SESSION_MAX, attrs[OP25B_A_SESSION], NULL))
		die("a session that cannot be parsed");
	printf("{\"id\":");
	show_text(session[OP25B_A_SESSION_ID]);
	printf(",\"prefixes\":[");
	nla_for_each_nested(attr, attrs[OP25B_A_SESSION], rest) {
		if (nla_type(attr) != OP25B_A_SESSION_PREFIX)
			continue;
		printf("%s", comma);
		show_nested_prefix(attr);
		comma = ",";
	}
	printf("],\"dev\":");
	show_text(session[OP25B_A_SESSION_DEV]);
	printf(",\"vrf\":");
	show_text(session[OP25B_A_SESSION_VRF]);
	printf(",\"expires\":");
	if (session[OP25B_A_SESSION_TIMEOUT])
		printf("%u", nla_get_u32(session[OP25B_A_SESSION_TIMEOUT]));
	else
		printf("null");
	printf(",\"comment\":");
	show_text(session[OP25B_A_SESSION_COMMENT]);
	putchar('}');
}

static void show_counts(struct nlattr **attrs)
{
	printf("{\"added\":%u,\"changed\":%u,\"deleted\":%u,\"kept\":%u}",
	       nla_get_u32(attrs[OP25B_A_ADDED_COUNT]), nla_get_u32(attrs[OP25B_A_CHANGED_COUNT]),
	       nla_get_u32(attrs[OP25B_A_DELETED_COUNT]), nla_get_u32(attrs[OP25B_A_KEPT_COUNT]));
}

static const char *word(const char * const *words, unsigned int count, struct nlattr *attr)
{
	unsigned int number = nla_get_u32(attr);

	if (number >= count)
		die("a number without a word");
	return words[number];
}

#define WORD(words, attr) word(words, COUNT(words), attr)

static void show_packets(struct nlattr *nest)
{
	static const char * const classes[] = { NULL, "syn", "malformed", "synack", "inbound",
					       "spoofed" };
	static const char * const verdicts[] = {
		NULL, NULL, "blocked", "observed", "relayed", "exempted"
	};
	static_assert(COUNT(classes) == OP25B_A_PACKETS_MAX + 1, "classes");
	static_assert(COUNT(verdicts) == OP25B_A_VERDICTS_MAX + 1, "verdicts");
	struct nlattr *packets[OP25B_A_PACKETS_MAX + 1], *counters[OP25B_A_VERDICTS_MAX + 1];
	int class, verdict;

	if (nla_parse_nested(packets, OP25B_A_PACKETS_MAX, nest, NULL))
		die("counters that cannot be parsed");
	for (class = OP25B_A_PACKETS_SYN; class <= OP25B_A_PACKETS_MAX; class++) {
		nla_parse_nested(counters, OP25B_A_VERDICTS_MAX, packets[class], NULL);
		printf("%s\"%s\":{", class > OP25B_A_PACKETS_SYN ? "," : "", classes[class]);
		for (verdict = OP25B_A_VERDICTS_BLOCKED; verdict <= OP25B_A_VERDICTS_MAX; verdict++)
			printf("%s\"%s\":%llu", verdict > OP25B_A_VERDICTS_BLOCKED ? "," : "",
			       verdicts[verdict],
			       (unsigned long long)nla_get_u64(counters[verdict]));
		putchar('}');
	}
}

static void show_pool(struct nlattr **attrs)
{
	static const char * const modes[] = { "enforce", "observe", "off" };
	static const char * const actions[] = { "drop", "tcp-reset", "admin-prohibited" };
	static_assert(COUNT(modes) == OP25B_MODE_MAX + 1, "modes");
	static_assert(COUNT(actions) == OP25B_ACTION_MAX + 1, "actions");
	static const char * const guards[] = { "synack", "inbound", "spoofed",
					      "softwire" };
	static_assert(OP25B_GUARD_MASK == (1 << COUNT(guards)) - 1, "guards");
	unsigned int guard = nla_get_u32(attrs[OP25B_A_GUARD]), bit;
	const char *comma = "";

	printf("{\"name\":");
	show_text(attrs[OP25B_A_POOL]);
	printf(",\"vrf\":");
	show_text(attrs[OP25B_A_VRF]);
	printf(",\"mode\":\"%s\",\"action\":\"%s\",\"guard\":[",
	       WORD(modes, attrs[OP25B_A_MODE]), WORD(actions, attrs[OP25B_A_ACTION]));
	for (bit = 0; bit < COUNT(guards); bit++) {
		if (!(guard >> bit & 1))
			continue;
		printf("%s\"%s\"", comma, guards[bit]);
		comma = ",";
	}
	if ((int)nla_get_u32(attrs[OP25B_A_LOG]) == OP25B_LOG_OFF)
		printf("],\"log\":null");
	else
		printf("],\"log\":%u", nla_get_u32(attrs[OP25B_A_LOG]));
	printf(",\"subscriber\":%u,\"prefixes\":%u,\"exempts\":%u,\"relays\":%u,\"targets\":%u",
	       nla_get_u8(attrs[OP25B_A_SUBSCRIBER]), nla_get_u32(attrs[OP25B_A_PREFIX_COUNT]),
	       nla_get_u32(attrs[OP25B_A_EXEMPT_COUNT]), nla_get_u32(attrs[OP25B_A_RELAY_COUNT]),
	       nla_get_u32(attrs[OP25B_A_TARGET_COUNT]));
	if (attrs[OP25B_A_SENDER_COUNT] &&
	    (!attrs[OP25B_A_SENDERS] || !nla_get_u8(attrs[OP25B_A_SENDERS])))
		die("senders are counted that are not recorded");
	if (attrs[OP25B_A_SENDER_COUNT])
		printf(",\"senders\":%llu,\"packets\":{",
		       (unsigned long long)nla_get_u64(attrs[OP25B_A_SENDER_COUNT]));
	else
		printf(",\"senders\":null,\"packets\":{");
	show_packets(attrs[OP25B_A_PACKETS]);
	printf("}}");
}

static void show_test(struct nlattr **attrs)
{
	static const char * const verdicts[] = {
		"passed", "blocked", "observed", "relayed", "exempted"
	};
	static_assert(COUNT(verdicts) == OP25B_VERDICT_MAX + 1, "verdicts");

	printf("{\"vrf\":");
	show_text(attrs[OP25B_A_VRF]);
	printf(",\"pool\":");
	show_text(attrs[OP25B_A_POOL]);
	printf(",\"prefix\":");
	show_nested_prefix(attrs[OP25B_A_PREFIX]);
	printf(",\"exempt\":%s,\"session\":", attrs[OP25B_A_EXEMPT] ? "true" : "false");
	if (attrs[OP25B_A_SESSION])
		show_text(nla_find(nla_data(attrs[OP25B_A_SESSION]),
				   nla_len(attrs[OP25B_A_SESSION]), OP25B_A_SESSION_ID));
	else
		printf("null");
	printf(",\"relay\":");
	show_nested_prefix(attrs[OP25B_A_RELAY]);
	printf(",\"target\":");
	show_nested_prefix(attrs[OP25B_A_TARGET]);
	printf(",\"verdict\":\"%s\"}", WORD(verdicts, attrs[OP25B_A_VERDICT]));
}

static void show_time(const struct nlattr *attr)
{
	time_t seconds = attr ? nla_get_u64(attr) : 0;
	char text[32];

	if (!attr) {
		printf("null");
		return;
	}
	if (!strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime(&seconds)))
		die("a time that has no text");
	printf("\"%s\"", text);
}

static void show_status(struct nlattr **attrs)
{
	printf("{\"version\":");
	show_text(attrs[OP25B_A_VERSION]);
	printf(",\"generation\":%llu,\"applied\":",
	       (unsigned long long)nla_get_u64(attrs[OP25B_A_GENERATION]));
	show_time(attrs[OP25B_A_APPLIED]);
	if (!attrs[OP25B_A_LOST_COUNT])
		die("a status without the number of lost events");
	printf(",\"confirm\":");
	if (attrs[OP25B_A_CONFIRM])
		printf("%u", nla_get_u32(attrs[OP25B_A_CONFIRM]));
	else
		printf("null");
	printf(",\"pools\":%u,\"prefixes\":{\"ipv4\":%u,\"ipv6\":%u}",
	       nla_get_u32(attrs[OP25B_A_POOL_COUNT]), nla_get_u32(attrs[OP25B_A_PREFIX4_COUNT]),
	       nla_get_u32(attrs[OP25B_A_PREFIX6_COUNT]));
	printf(",\"exempts\":%u,\"relays\":%u,\"targets\":%u,\"sessions\":%u}",
	       nla_get_u32(attrs[OP25B_A_EXEMPT_COUNT]), nla_get_u32(attrs[OP25B_A_RELAY_COUNT]),
	       nla_get_u32(attrs[OP25B_A_TARGET_COUNT]),
	       nla_get_u32(attrs[OP25B_A_SESSION_COUNT]));
}

static void show_outcome(void)
{
	printf("{\"error\":%d,\"text\":", -on->error);
	if (on->text[0])
		show_string(on->text);
	else
		printf("null");
	printf(",\"offset\":%u,\"missing\":%u,\"messages\":%u,\"done\":%s,\"interrupted\":%s}\n",
	       on->offset, on->missing, on->messages, on->done ? "true" : "false",
	       on->interrupted ? "true" : "false");
}

/* Print the answer to a question, or an array of them. */
static void ask(struct nl_msg *msg, bool array, void (*show)(struct nlattr **attrs))
{
	expect(show);
	if (array)
		putchar('[');
	post(msg);
	receive_all();
	puts(array ? "]" : "");
	if (on->error)
		die(on->text[0] ? on->text : "refused");
}

static void put_address(struct nl_msg *msg, int type, const char *text)
{
	struct nlattr *nest = nla_nest_start(msg, type);
	bool ipv6 = strchr(text, ':');
	struct in6_addr addr;

	if (inet_pton(ipv6 ? AF_INET6 : AF_INET, text, &addr) != 1)
		die("not an address");
	put(nla_put(msg, ipv6 ? OP25B_A_PREFIX_ADDR6 : OP25B_A_PREFIX_ADDR4, ipv6 ? 16 : 4, &addr));
	nla_nest_end(msg, nest);
	nest->nla_type |= NLA_F_NESTED;
}

/* --- commands --- */

static void many_pools(unsigned int count, int command, const char *pool)
{
	unsigned int i, failed = 0;
	struct nl_msg *msg;
	char name[80];

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s%u", pool, i);
		msg = message_new(256, command, NLM_F_REQUEST | NLM_F_ACK);
		put(nla_put_string(msg, OP25B_A_POOL, name));
		expect(NULL);
		post(msg);
		receive_all();
		failed += !!on->error;
	}
	printf("{\"failed\":%u}\n", failed);
}

static void many_prefixes(unsigned int count, int command, const char *pool, const char *first)
{
	size_t size = 64 + 20 * (size_t)count;
	struct nl_msg *msg = message_new(size, command, NLM_F_REQUEST | NLM_F_ACK);
	struct nlattr *nest;
	struct in_addr addr;
	unsigned int i;

	big_send_buffer();
	if (inet_pton(AF_INET, first, &addr) != 1)
		die("not an address");
	put(nla_put_string(msg, OP25B_A_POOL, pool));
	for (i = 0; i < count; i++) {
		nest = nla_nest_start(msg, OP25B_A_PREFIX);
		put(nla_put_u32(msg, OP25B_A_PREFIX_ADDR4, htonl(ntohl(addr.s_addr) + i)));
		nla_nest_end(msg, nest);
		nest->nla_type |= NLA_F_NESTED;
	}
	expect(NULL);
	post(msg);
	receive_all();
	show_outcome();
}

/* --- allocations that fail --- */

/*
 * While an allocation is to fail, only the system calls under test are made: a call that needs
 * memory for the process itself could fail, too.
 */
static int nth_file = -1;

static void arm(const char *nth)
{
	if (nth_file < 0) {
		nth_file = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
		if (nth_file < 0)
			die("the kernel does not support fault injection");
		if (mlockall(MCL_CURRENT | MCL_FUTURE))
			die("memory cannot be locked");
	}
	if (pwrite(nth_file, nth, strlen(nth), 0) < 0)
		die("the kernel does not accept this number");
}

/* Return the number of allocations since arm(). The Nth one failed if there were that many. */
static unsigned int disarm(const char *nth)
{
	char left[16] = "";

	/* copies to and from user space count as allocations, so each of these may fail once */
	while (pread(nth_file, left, sizeof(left) - 1, 0) < 0)
		;
	while (pwrite(nth_file, "0", 1, 0) < 0)
		;
	return strtoul(nth, NULL, 0) - strtoul(left, NULL, 0);
}

/* Whether the received messages have an acknowledgement, a refusal or the end of a dump. */
static bool is_whole(void *answer, int size)
{
	struct nlmsghdr *header;

	for (header = answer; nlmsg_ok(header, size); header = nlmsg_next(header, &size))
		if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE)
			return true;
	return false;
}

/* Returns the result of disarm(). @lost: there is no answer, so the outcome is unknown. */
static unsigned int fail_message(const char *nth, struct nl_msg *msg, bool *lost)
{
	static char answer[1 << 20];
	struct timeval patience = { .tv_sec = 10 };
	int fd = nl_socket_get_fd(on->sock), size = 0;
	struct nlmsghdr *header;
	unsigned int used;
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	nl_complete_msg(on->sock, msg);
	header = nlmsg_hdr(msg);
	expect(NULL);
	arm(nth);
	n = send(fd, header, header->nlmsg_len, 0);
	while (n >= 0 && !is_whole(answer, size)) {
		n = recv(fd, answer + size, sizeof(answer) - size, 0);
		*lost = n < 0;
		size += n;
	}
	on->error = n < 0 ? -errno : 0;
	used = disarm(nth);
	nlmsg_free(msg);
	for (header = (void *)answer; n >= 0 && nlmsg_ok(header, size);
	     header = nlmsg_next(header, &size))
		take_message(header);
	return used;
}

/* Take a device down. Returns the result of disarm(). */
static unsigned int fail_down(const char *nth, const char *device, int *err)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };
	unsigned int used;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request))
		die("no such device");
	request.ifr_flags &= ~IFF_UP;
	arm(nth);
	*err = ioctl(fd, SIOCSIFFLAGS, &request) ? errno : 0;
	used = disarm(nth);
	close(fd);
	return used;
}

static void fail(const char *nth, const char *verb, char *rest)
{
	bool lost = false;
	unsigned int used;
	int file, err;

	if (!strcmp(verb, "do") || !strcmp(verb, "dump")) {
		err = !strcmp(verb, "do") ? NLM_F_ACK : NLM_F_DUMP;
		used = fail_message(nth, message_of(rest, NLM_F_REQUEST | err), &lost);
		err = -on->error;
	} else if (!strcmp(verb, "insmod")) {
		file = open(rest, O_RDONLY | O_CLOEXEC);
		arm(nth);
		err = syscall(SYS_finit_module, file, "", 0) ? errno : 0;
		used = disarm(nth);
		close(file);
	} else if (!strcmp(verb, "down")) {
		used = fail_down(nth, rest, &err);
	} else {
		arm(nth);
		err = unshare(CLONE_NEWNET) ? errno : 0;
		used = disarm(nth);
	}
	printf("{\"used\":%u,\"error\":%d,\"lost\":%s}\n", used, err, lost ? "true" : "false");
}

static void execute(char *line)
{
	char *verb = strtok(line, " "), *rest = strtok(NULL, "");
	struct nl_msg *msg;
	char a[64], b[64];
	unsigned int count;
	int command, n;

	if (!strcmp(verb, "socket")) {
		connection_use(rest);
		puts("{}");
	} else if (!strcmp(verb, "close")) {
		connection_close();
		puts("{}");
	} else if (!strcmp(verb, "mlock")) {
		if (mlockall(MCL_CURRENT))
			die("cannot lock memory");
		puts("{}");
	} else if (!strcmp(verb, "drop")) {
		if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
			die("cannot drop privileges");
		puts("{}");
	} else if (!strcmp(verb, "unshare")) {
		if (unshare(CLONE_NEWNET))
			die("no namespace");
		puts("{}");
	} else if (!strcmp(verb, "sysfs")) {
		umount2(rest, MNT_DETACH);
		if (mount("sysfs", rest, "sysfs", 0, NULL))
			die("no sysfs");
		puts("{}");
	} else if (!strcmp(verb, "fail") && sscanf(rest, "%63s %63s %n", a, b, &n) == 2) {
		fail(a, b, rest + n);
	} else if (!strcmp(verb, "do")) {
		expect(NULL);
		post(message_of(rest, NLM_F_REQUEST | NLM_F_ACK));
		receive_all();
		show_outcome();
	} else if (!strcmp(verb, "post")) {
		post(message_of(rest, NLM_F_REQUEST));
		puts("{}");
	} else if (!strcmp(verb, "start")) {
		expect(NULL);
		post(message_of(rest, NLM_F_REQUEST | NLM_F_DUMP));
		puts("{}");
	} else if (!strcmp(verb, "more")) {
		receive();
		show_outcome();
	} else if (!strcmp(verb, "status")) {
		msg = message_new(256, OP25B_CMD_STATUS_GET, NLM_F_REQUEST | NLM_F_ACK);
		ask(msg, false, show_status);
	} else if (!strcmp(verb, "pools")) {
		msg = message_new(256, OP25B_CMD_POOL_GET, NLM_F_REQUEST | NLM_F_DUMP);
		ask(msg, true, show_pool);
	} else if (!strcmp(verb, "pool")) {
		msg = message_new(256, OP25B_CMD_POOL_GET, NLM_F_REQUEST | NLM_F_ACK);
		put(nla_put_string(msg, OP25B_A_POOL, rest));
		ask(msg, true, show_pool);
	} else if (!strcmp(verb, "senders")) {
		msg = message_new(256, OP25B_CMD_SENDER_GET, NLM_F_REQUEST | NLM_F_DUMP);
		ask(msg, true, show_sender);
	} else if (!strcmp(verb, "sessions")) {
		msg = message_new(256, OP25B_CMD_SESSION_GET, NLM_F_REQUEST | NLM_F_DUMP);
		ask(msg, true, show_session);
	} else if (!strcmp(verb, "sync")) {
		char *line;

		if (asprintf(&line, "%d %s", OP25B_CMD_SESSION_SYNC, rest) < 0)
			die("no memory");
		msg = message_of(line, NLM_F_REQUEST | NLM_F_ACK);
		free(line);
		ask(msg, false, show_counts);
	} else if (!strcmp(verb, "list") && sscanf(rest, "%d", &command) == 1) {
		msg = message_new(256, command, NLM_F_REQUEST | NLM_F_DUMP);
		if (sscanf(rest, "%*d %63s", a) == 1)
			put(nla_put_string(msg, OP25B_A_POOL, a));
		ask(msg, true, command == OP25B_CMD_EXEMPT_GET ? show_exempt : show_entry);
	} else if (!strcmp(verb, "staged") && sscanf(rest, "%d", &command) == 1) {
		msg = message_new(256, command, NLM_F_REQUEST | NLM_F_DUMP);
		put(nla_put_flag(msg, OP25B_A_RESTORE));
		ask(msg, true, command == OP25B_CMD_POOL_GET ? show_pool :
			       command == OP25B_CMD_EXEMPT_GET ? show_exempt : show_entry);
	} else if (!strcmp(verb, "test") && sscanf(rest, "%63s %63s", a, b) == 2) {
		msg = message_new(256, OP25B_CMD_TEST, NLM_F_REQUEST | NLM_F_ACK);
		put_address(msg, OP25B_A_SRC, a);
		put_address(msg, OP25B_A_DST, b);
		ask(msg, false, show_test);
	} else if (!strcmp(verb, "many") && sscanf(rest, "%u %d %63s", &count, &command, a) == 3) {
		many_pools(count, command, a);
	} else if (!strcmp(verb, "prefixes") &&
		   sscanf(rest, "%u %d %63s %63s", &count, &command, a, b) == 4) {
		many_prefixes(count, command, a, b);
	} else {
		die("unknown command");
	}
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;

	connection_use("main");
	while (getline(&line, &size, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		execute(line);
		fflush(stdout);
	}
	free(line);
	return 0;
}
