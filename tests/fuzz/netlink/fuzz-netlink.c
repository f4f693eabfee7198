// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz-netlink - sends valid messages and mutations of them to the netlink family op25b
 *
 *	fuzz-netlink [-s SEED] [-n MESSAGES] [-d DIR] [-b] [ROLE]...	fuzz
 *	fuzz-netlink -r FILE						send FILE again
 *
 * One worker on each processor plays all roles, or the named ones, one after the other; each role
 * sends its share of the messages. After each message, the worker checks that it had no other
 * effect than allowed: a refused or unprivileged message changes nothing, and a message changes the
 * policy at most once. Now and then it checks that dumps agree with the status, and that a pool
 * judges correctly. It keeps messages that reach new code in the module, according to KCOV, to
 * mutate them further. The seed determines the messages that are sent. If a worker fails or the
 * kernel complains, the last messages of each worker are written to DIR.
 *
 * -b works without KCOV, unguided, and is for development only.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kcov.h"
#include "message.h"
#include "random.h"

#define NOBODY		65534
#define SENDERS		6
#define SEND_BUFFER	(4 << 20)
#define WINDOW		4096	/* messages between complete checks */
#define BUNDLE_MAX	16	/* messages that are sent at once */
#define ENOUGH		20000	/* messages in which each operation succeeds once */
#define CORPUS_MAX	4096
#define CORPUS_BYTES	2048	/* the largest message that is kept */
#define TIMEOUT_LONG	36000	/* seconds: longer than a run */
#define ALL		UINT32_MAX

static uint64_t seed;
static unsigned long messages_wanted = 1000000;
static const char *directory = ".";
static bool blind;
static int family;

static char worker[32] = "fuzz-netlink";
static uint64_t sent;

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "%s: seed %" PRIu64 ", message %" PRIu64 ": ", worker, seed, sent);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

/* --- sockets --- */

/* A socket that messages are sent from */
static struct sender {
	struct mnl_socket *socket;
	bool restoring;		/* it has begun a restore */
	bool failed;		/* the restore has failed */
	bool unclear;		/* a bundle of messages may have begun or ended a restore */
} senders[SENDERS];

static struct mnl_socket *clean;	/* for the fuzzer's own requests */

static struct mnl_socket *socket_open(void)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int yes = 1, size = SEND_BUFFER;

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID))
		fail("no socket: %m");
	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	mnl_socket_setsockopt(socket, NETLINK_EXT_ACK, &yes, sizeof(yes));
	return socket;
}

static void sender_renew(struct sender *sender)
{
	if (sender->socket)
		mnl_socket_close(sender->socket);
	*sender = (struct sender){ .socket = socket_open() };
}

static void sockets_renew(void)
{
	unsigned int i;

	for (i = 0; i < SENDERS; i++)
		sender_renew(&senders[i]);
	if (clean)
		mnl_socket_close(clean);
	clean = socket_open();
}

/* The answers to a message */
struct outcome {
	unsigned int errors;
	unsigned int acks;	/* and ends of dumps */
	unsigned int replies;
	bool lost;
	int error;		/* the last one */
	uint64_t value[OP25B_A_MAX + 1];	/* attributes of the last reply, as numbers */
};

static void take_reply(struct outcome *outcome, const struct nlmsghdr *header)
{
	const struct nlattr *attr;
	uint64_t value;
	uint16_t type;

	outcome->replies++;
	if (header->nlmsg_type != family)
		return;
	memset(outcome->value, 0, sizeof(outcome->value));
	mnl_attr_for_each(attr, header, GENL_HDRLEN) {
		type = mnl_attr_get_type(attr);
		value = 0;
		if (type > OP25B_A_MAX)
			fail("a reply has an attribute of type %u", type);
		memcpy(&value, mnl_attr_get_payload(attr),
		       mnl_attr_get_payload_len(attr) < 8 ? mnl_attr_get_payload_len(attr) : 8);
		outcome->value[type] = value;
	}
}

/* Receive answers, at most @parts of them. Receiving makes a dump go on. */
static void receive(struct mnl_socket *socket, unsigned int parts, struct outcome *outcome)
{
	static unsigned char buffer[1 << 16] __attribute__((aligned(8)));
	struct nlmsghdr *header;
	int n, error;

	memset(outcome, 0, sizeof(*outcome));
	while (parts--) {
		n = recv(mnl_socket_get_fd(socket), buffer, sizeof(buffer), 0);
		if (n < 0 && errno == EAGAIN)
			return;
		outcome->lost |= n < 0;
		if (n < 0 && errno != ENOBUFS)
			fail("cannot receive: %m");
		for (header = (void *)buffer; mnl_nlmsg_ok(header, n);
		     header = mnl_nlmsg_next(header, &n)) {
			if (header->nlmsg_type >= NLMSG_MIN_TYPE) {
				take_reply(outcome, header);
				continue;
			}
			error = *(int *)mnl_nlmsg_get_payload(header);
			outcome->errors += !!error;
			outcome->acks += !error;
			outcome->error = error ? -error : outcome->error;
		}
	}
}

/* Send a request on a separate socket. */
static struct outcome try(struct message *m)
{
	struct outcome outcome;

	if (mnl_socket_sendto(clean, m->bytes, m->len) < 0)
		fail("operation %u cannot be sent: %m", message_generic(m)->cmd);
	receive(clean, ALL, &outcome);
	return outcome;
}

/* The same; it is fatal if it is refused. */
static struct outcome ask(struct message *m)
{
	struct outcome outcome = try(m);

	if (outcome.errors || !outcome.acks)
		fail("operation %u is refused: %s", message_generic(m)->cmd,
		     strerror(outcome.error));
	return outcome;
}

static struct outcome ask_simple(int command, int flags)
{
	static struct message m;

	message_begin(&m, family, command, flags);
	return ask(&m);
}

/* Returns false if the operation is refused. */
static bool try_simple(int command)
{
	static struct message m;

	message_begin(&m, family, command, NLM_F_ACK);
	return !try(&m).errors;
}

/* The generation of the policy, and the numbers of its objects */
static struct outcome ask_status(void)
{
	static struct message m;
	struct outcome outcome;

	message_begin(&m, family, OP25B_CMD_STATUS_GET, 0);
	if (mnl_socket_sendto(clean, m.bytes, m.len) < 0)
		fail("the request for the status cannot be sent: %m");
	receive(clean, 1, &outcome);
	if (outcome.replies != 1)
		fail("there is no status: %s", strerror(outcome.error));
	/* this changes by itself */
	outcome.value[OP25B_A_CONFIRM] = 0;
	return outcome;
}

/* --- roles --- */

struct role {
	const char *name;
	bool may_change;
	bool alone;	/* no other worker changes the policy of its namespace */
	void (*enter)(unsigned int index);
};

static void own_namespace(unsigned int index)
{
	if (unshare(CLONE_NEWNET))
		fail("no network namespace: %m");
}

static void become_nobody(void)
{
	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
		fail("cannot drop privileges: %m");
}

/* In turns: without any capability, and with all of them in a user namespace that owns nothing */
static void enter_as_nobody(unsigned int index)
{
	become_nobody();
	if (index % 2 && unshare(CLONE_NEWUSER))
		fail("no user namespace: %m");
}

static void enter_as_owner(unsigned int index)
{
	become_nobody();
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		fail("no user namespace: %m");
}

static const struct role roles[] = {
	{ "root", .may_change = true, .alone = true, .enter = own_namespace },
	{ "owner", .may_change = true, .alone = true, .enter = enter_as_owner },
	{ "nobody", .may_change = false, .alone = true, .enter = enter_as_nobody },
	{ "crowd", .may_change = true, .alone = false },
};

#define ROLES (sizeof(roles) / sizeof(*roles))

static const struct role *role;

static const struct role *find_role(const char *name)
{
	const struct role *one;

	for (one = roles; one < roles + ROLES; one++)
		if (!strcmp(one->name, name))
			return one;
	fail("there is no role %s", name);
}

/* --- records of the last messages --- */

#define RECORDS		256	/* more than there are between two checks of tainted() */
#define RECORD_BYTES	4000

/* Shared with the parent, which writes it to a file when the worker has failed or has died */
static struct record {
	uint64_t number;
	uint32_t sender;
	uint32_t parts;		/* the parts of the answer to receive; 0: renew the socket */
	uint64_t len;		/* of the message */
	unsigned char bytes[RECORD_BYTES];	/* its first bytes */
} *records;

static void record(const struct message *m, unsigned int sender, unsigned int parts)
{
	static unsigned int slot;
	struct record *one = &records[slot++ % RECORDS];

	*one = (struct record){ .number = sent, .sender = sender, .parts = parts };
	if (!m)
		return;
	one->len = m->len;
	memcpy(one->bytes, m->bytes, m->len < RECORD_BYTES ? m->len : RECORD_BYTES);
}

static struct record *records_new(void)
{
	struct record *new = mmap(NULL, RECORDS * sizeof(*new), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (new == MAP_FAILED)
		fail("no memory: %m");
	return new;
}

static void records_save(const struct record *these, unsigned int index)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.%u", directory, role->name, index);
	file = fopen(path, "w");
	if (!file || fwrite(these, sizeof(*these), RECORDS, file) != RECORDS || fclose(file))
		fail("%s: %m", path);
}

/* --- corpus --- */

static struct kept {
	size_t len;
	unsigned char bytes[CORPUS_BYTES];
} corpus[CORPUS_MAX];

static unsigned int corpus_size;

static void corpus_keep(const struct message *m)
{
	struct kept *kept;

	if (m->len > CORPUS_BYTES)
		return;
	kept = &corpus[corpus_size < CORPUS_MAX ? corpus_size++ : below(CORPUS_MAX)];
	kept->len = m->len;
	memcpy(kept->bytes, m->bytes, m->len);
}

static void message_choose(struct message *m)
{
	const struct kept *kept;

	if (!corpus_size || one_in(2)) {
		message_generate(m, family);
		return;
	}
	kept = &corpus[below(corpus_size)];
	m->len = kept->len;
	memcpy(m->bytes, kept->bytes, kept->len);
}

/* --- checks --- */

static struct outcome status;	/* the status after the last message */
static uint32_t succeeded;	/* bit n: operation n has succeeded */
static unsigned long refused;
static bool expiring;		/* short timeouts are not lengthened */

/* A message that is not a request has no effect; it is acknowledged only. */
static bool is_request(const struct nlmsghdr *header, int command)
{
	return header->nlmsg_type == family && header->nlmsg_flags & NLM_F_REQUEST &&
		command > 0 && command <= OP25B_CMD_MAX;
}

/* Count the messages that the kernel finds in @m, and those that may change the policy. */
static unsigned int count_messages(const struct message *m, unsigned int *changes)
{
	size_t at, len, n = 0;
	const struct nlmsghdr *header;
	int command;

	*changes = 0;
	for (at = 0; at + NLMSG_HDRLEN <= m->len; at += NLMSG_ALIGN(len), n++) {
		header = (const void *)(m->bytes + at);
		len = header->nlmsg_len;
		if (len < NLMSG_HDRLEN || len > m->len - at)
			break;
		command = len < HEADERS ? 0 : m->bytes[at + NLMSG_HDRLEN];
		*changes += is_request(header, command) && !operation_reads(command);
	}
	return n;
}

/* Track the restore of a socket: changes have no effect until the commit, which ends it. */
static void follow_restore(struct sender *sender, unsigned int command, bool done,
			   unsigned int *changes)
{
	if (sender->unclear)
		return;
	if (sender->restoring && command != OP25B_CMD_RESTORE_COMMIT &&
	    command != OP25B_CMD_ROLLBACK)
		*changes = 0;
	if (done && command == OP25B_CMD_RESTORE_BEGIN)
		sender->restoring = true;
	if (done && command == OP25B_CMD_RESTORE_COMMIT)
		sender->restoring = false;
}

static void check_outcome(struct sender *sender, struct message *m, const struct outcome *outcome)
{
	uint64_t grown, before = status.value[OP25B_A_GENERATION];
	unsigned int changes, n = count_messages(m, &changes);
	unsigned int command = message_generic(m)->cmd;
	struct outcome last = status;

	if (n == 1 && is_request(&m->header, command)) {
		if (outcome->errors)
			changes = 0;
		else if (outcome->acks && !outcome->lost)
			succeeded |= 1u << command;
		follow_restore(sender, command, outcome->acks && !outcome->errors, &changes);
	} else if (changes) {
		sender->unclear = true;
	}
	refused += !!outcome->errors;
	if (!role->may_change)
		changes = 0;

	status = ask_status();
	if (status.value[OP25B_A_GENERATION] < before)
		fail("the generation was %" PRIu64 " and is %" PRIu64, before,
		     status.value[OP25B_A_GENERATION]);
	grown = status.value[OP25B_A_GENERATION] - before;
	if (!role->alone || expiring)
		return;
	if (grown > changes)
		fail("operation %u, %s, has changed the policy %" PRIu64 " times", command,
		     outcome->errors ? strerror(outcome->error) : "successful", grown);
	if (!grown && memcmp(last.value, status.value, sizeof(last.value)))
		fail("operation %u has changed the policy, but not its generation", command);
}

/* The kernel sets a taint flag when it complains. */
static unsigned long tainted(void)
{
	static int fd = -1;
	char text[32] = "";

	if (fd < 0)
		fd = open("/proc/sys/kernel/tainted", O_RDONLY | O_CLOEXEC);
	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		fail("/proc/sys/kernel/tainted: %m");
	return strtoul(text, NULL, 10);
}

static void load(const char *pool, const void *address, unsigned int len)
{
	static struct message m;
	struct nlattr *nest;

	message_begin(&m, family, OP25B_CMD_POOL_ADD, NLM_F_ACK);
	mnl_attr_put_strz(&m.header, OP25B_A_POOL, pool);
	nest = mnl_attr_nest_start(&m.header, OP25B_A_PREFIX);
	mnl_attr_put(&m.header, OP25B_A_PREFIX_ADDR4, 4, address);
	mnl_attr_put_u8(&m.header, OP25B_A_PREFIX_LEN, len);
	mnl_attr_nest_end(&m.header, nest);
	m.len = m.header.nlmsg_len;
	ask(&m);
}

/* A pool that no generated message concerns, to check its verdict */
static void load_witness(void)
{
	load("witness", (unsigned char []){ 172, 16, 0, 0 }, 12);
}

static void put_address(struct message *m, int type, const void *address)
{
	struct nlattr *nest = mnl_attr_nest_start(&m->header, type);

	mnl_attr_put(&m->header, OP25B_A_PREFIX_ADDR4, 4, address);
	mnl_attr_nest_end(&m->header, nest);
}

static void check_witness(void)
{
	static struct message m;
	uint64_t verdict;

	message_begin(&m, family, OP25B_CMD_TEST, NLM_F_ACK);
	put_address(&m, OP25B_A_SRC, (unsigned char []){ 172, 16, 1, 2 });
	put_address(&m, OP25B_A_DST, (unsigned char []){ 172, 32, 0, 1 });
	m.len = m.header.nlmsg_len;
	verdict = ask(&m).value[OP25B_A_VERDICT];
	if (verdict != OP25B_VERDICT_BLOCKED)
		fail("the witness' verdict is %" PRIu64, verdict);
}

/* Check that dumps have as many entries as the status says. */
static void check_dumps(void)
{
	uint64_t pools, prefixes, exempts, relays, targets, *value = status.value;
	struct outcome before;

	do {
		before = ask_status();
		pools = ask_simple(OP25B_CMD_POOL_GET, NLM_F_DUMP).replies;
		prefixes = ask_simple(OP25B_CMD_PREFIX_GET, NLM_F_DUMP).replies;
		exempts = ask_simple(OP25B_CMD_EXEMPT_GET, NLM_F_DUMP).replies;
		relays = ask_simple(OP25B_CMD_RELAY_GET, NLM_F_DUMP).replies;
		targets = ask_simple(OP25B_CMD_TARGET_GET, NLM_F_DUMP).replies;
		status = ask_status();
		if (!role->alone)
			return;
	} while (value[OP25B_A_GENERATION] != before.value[OP25B_A_GENERATION]);
	if (pools != value[OP25B_A_POOL_COUNT] || exempts != value[OP25B_A_EXEMPT_COUNT] ||
	    prefixes != value[OP25B_A_PREFIX4_COUNT] + value[OP25B_A_PREFIX6_COUNT] ||
	    relays != value[OP25B_A_RELAY_COUNT] || targets != value[OP25B_A_TARGET_COUNT])
		fail("%" PRIu64 " pools, %" PRIu64 " prefixes, %" PRIu64 " exempts, %" PRIu64
		     " relays, %" PRIu64 " targets are dumped, but the status has other numbers",
		     pools, prefixes, exempts, relays, targets);
}

/* Start with an empty policy. In every eighth window exempts may expire: less of it is exact. */
static void window_begin(void)
{
	static unsigned int windows;

	sockets_renew();
	/* while a policy waits to be confirmed, a flush is refused; others may put one on trial */
	if (role->may_change && !try_simple(OP25B_CMD_FLUSH)) {
		try_simple(OP25B_CMD_ROLLBACK);
		while (!try_simple(OP25B_CMD_FLUSH) && !role->alone)
			try_simple(OP25B_CMD_ROLLBACK);
	}
	if (role->may_change && role->alone)
		load_witness();
	if (role->alone)
		check_witness();
	expiring = windows++ % 8 == 7;
	status = ask_status();
}

/* --- sending --- */

/* Exempts that expire during the run, and rollbacks, would change the policy without a message. */
static void lengthen_timeouts(struct message *m)
{
	struct nlattr *attr;
	uint32_t seconds;
	size_t at;

	for (at = HEADERS; at + NLA_HDRLEN + sizeof(seconds) <= m->len; at += NLA_ALIGNTO) {
		attr = (struct nlattr *)(m->bytes + at);
		if (attr->nla_len != NLA_HDRLEN + sizeof(seconds) ||
		    (mnl_attr_get_type(attr) != OP25B_A_PREFIX_TIMEOUT &&
		     mnl_attr_get_type(attr) != OP25B_A_CONFIRM))
			continue;
		memcpy(&seconds, attr + 1, sizeof(seconds));
		if (seconds && seconds < TIMEOUT_LONG)
			seconds += TIMEOUT_LONG;
		memcpy(attr + 1, &seconds, sizeof(seconds));
	}
}

static void mutate(struct message *m)
{
	static struct message other;

	message_choose(&other);
	if (!one_in(4))
		message_mutate(m, &other);
}

/*
 * Make a message. Half of them are sent alone, so that the effect of each can be checked, and half
 * in bundles, which is faster.
 */
static void make(struct message *m, const struct sender *sender)
{
	static struct message next;
	unsigned int more = one_in(2) ? below(BUNDLE_MAX) : 0;

	if (sender->restoring && one_in(8))
		message_begin(m, family, OP25B_CMD_RESTORE_COMMIT, NLM_F_ACK);
	else
		message_choose(m);
	mutate(m);
	while (more--) {
		message_choose(&next);
		mutate(&next);
		message_append(m, &next);
	}
	if (!expiring)
		lengthen_timeouts(m);
}

static void step(void)
{
	static struct message m;
	static unsigned int i;
	unsigned int parts = ALL, changes, n;
	struct sender *sender;
	struct outcome outcome;

	if (one_in(4))
		i = below(SENDERS);
	sender = &senders[i];
	/* close it, perhaps during a restore or a dump; soon if its restore has failed */
	if (one_in(sender->failed ? 4 : 64)) {
		record(NULL, i, 0);
		sender_renew(sender);
	}
	make(&m, sender);
	n = count_messages(&m, &changes);
	if (n == 1 && (m.header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP && one_in(4))
		parts = 1 + below(3);	/* receive the rest with the next answer, or never */
	record(&m, i, parts);
	kcov_begin();
	if (mnl_socket_sendto(sender->socket, m.bytes, m.len) < 0)
		return;
	receive(sender->socket, parts, &outcome);
	if (kcov_end())
		corpus_keep(&m);
	sent += n ?: 1;
	sender->failed = outcome.error == ECANCELED;
	check_outcome(sender, &m, &outcome);
}

/* --- workers --- */

static uint32_t operations_allowed(void)
{
	unsigned int command;
	uint32_t set = 0;

	for (command = 1; command <= OP25B_CMD_MAX; command++)
		if (role->may_change || operation_reads(command))
			set |= 1u << command;
	return set;
}

static void work(unsigned int index, unsigned long quota)
{
	unsigned long steps = 0, taint = tainted();
	struct timespec start, end;
	uint64_t next = WINDOW;
	cpu_set_t cpu;

	snprintf(worker, sizeof(worker), "%s.%u", role->name, index);
	CPU_ZERO(&cpu);
	CPU_SET(index, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	random_seed(seed ^ (uint64_t)(role - roles) << 32 ^ (uint64_t)index << 48);
	if (!blind && !kcov_open())
		fail("the kernel does not support KCOV, which guides the mutations");
	if (role->enter)
		role->enter(index);
	clock_gettime(CLOCK_MONOTONIC, &start);
	window_begin();
	while (sent < quota) {
		step();
		if (!(++steps % 64) && tainted() != taint)
			fail("the kernel complained");
		if (sent < next)
			continue;
		next += WINDOW;
		check_dumps();
		window_begin();
	}
	check_dumps();
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (quota >= ENOUGH && succeeded != operations_allowed())
		fail("operations that succeeded: %#x, that should have: %#x", succeeded,
		     operations_allowed());
	if (!blind && !kcov_blocks())
		fail("KCOV has traced nothing of the module");
	printf("%-8s %8" PRIu64 " messages, %lu of them refused, in %ld s; %u kept, %u blocks\n",
	       worker, sent, refused, end.tv_sec - start.tv_sec, corpus_size, kcov_blocks());
	exit(0);
}

/* Load a policy, to be read by roles that cannot change it. */
static void load_policy(void)
{
	static struct message m;
	struct outcome outcome;
	unsigned int i;

	sockets_renew();
	random_seed(seed);
	for (i = 0; i < 500; i++) {
		message_generate(&m, family);
		switch (message_generic(&m)->cmd) {
		case OP25B_CMD_POOL_ADD:
		case OP25B_CMD_PREFIX_ADD:
		case OP25B_CMD_EXEMPT_ADD:
			lengthen_timeouts(&m);
			mnl_socket_sendto(senders[0].socket, m.bytes, m.len);
			receive(senders[0].socket, ALL, &outcome);
		}
	}
	load_witness();
}

/* Run all workers in one role, each with its share of the messages. If one fails, stop them all. */
static void run_role(void)
{
	unsigned int workers = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned long quota = messages_wanted / ROLES / workers + 1;
	struct record *all[workers];
	pid_t pids[workers];
	bool failed = false;
	unsigned int i;
	int result;

	own_namespace(0);
	if (!role->may_change)
		load_policy();
	fflush(stdout);
	for (i = 0; i < workers; i++) {
		all[i] = records = records_new();
		pids[i] = fork();
		if (pids[i] < 0)
			fail("no worker: %m");
		if (!pids[i])
			work(i, quota);
	}
	while (!failed && wait(&result) > 0)
		failed = result;
	for (i = 0; i < workers; i++) {
		if (failed) {
			kill(pids[i], SIGKILL);
			records_save(all[i], i);
		}
		munmap(all[i], RECORDS * sizeof(*records));
	}
	if (failed)
		fail("role %s has failed", role->name);
}

static int find_family(void)
{
	struct { struct nlmsghdr header; char rest[256]; } request;
	struct nlmsghdr *header = mnl_nlmsg_put_header(&request);
	struct genlmsghdr *generic;
	const struct nlattr *attr;
	char answer[4096];
	int n;

	header->nlmsg_type = GENL_ID_CTRL;
	header->nlmsg_flags = NLM_F_REQUEST;
	generic = mnl_nlmsg_put_extra_header(header, sizeof(*generic));
	generic->cmd = CTRL_CMD_GETFAMILY;
	generic->version = 1;
	mnl_attr_put_strz(header, CTRL_ATTR_FAMILY_NAME, OP25B_FAMILY_NAME);
	clean = socket_open();
	mnl_socket_sendto(clean, header, header->nlmsg_len);
	n = mnl_socket_recvfrom(clean, answer, sizeof(answer));
	header = (void *)answer;
	if (n > 0 && mnl_nlmsg_ok(header, n) && header->nlmsg_type == GENL_ID_CTRL)
		mnl_attr_for_each(attr, header, GENL_HDRLEN)
			if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
				return mnl_attr_get_u16(attr);
	fail("there is no family op25b");
}

/* --- sending recorded messages again --- */

static int by_number(const void *a, const void *b)
{
	const struct record *left = a, *right = b;

	return (left->number > right->number) - (left->number < right->number);
}

static void send_record(const struct record *one)
{
	struct sender *sender = &senders[one->sender % SENDERS];
	struct outcome outcome;
	static struct message m;

	if (!one->parts) {
		sender_renew(sender);
		return;
	}
	m.len = one->len < RECORD_BYTES ? one->len : RECORD_BYTES;
	memcpy(m.bytes, one->bytes, m.len);
	printf("%" PRIu64 ": %zu of %" PRIu64 " bytes, operation %u: ", one->number, m.len,
	       one->len, message_generic(&m)->cmd);
	fflush(stdout);
	mnl_socket_sendto(sender->socket, m.bytes, m.len);
	receive(sender->socket, one->parts, &outcome);
	printf("%s\n", outcome.errors ? strerror(outcome.error) : "successful");
}

static void replay(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int i;

	records = records_new();
	if (!file || fread(records, sizeof(*records), RECORDS, file) != RECORDS)
		fail("%s: %m", path);
	fclose(file);
	qsort(records, RECORDS, sizeof(*records), by_number);
	own_namespace(0);
	sockets_renew();
	for (i = 0; i < RECORDS; i++)
		send_record(&records[i]);
}

int main(int argc, char **argv)
{
	const char *again = NULL;
	int option;

	seed = (uint64_t)time(NULL) << 16 ^ getpid();
	while ((option = getopt(argc, argv, "s:n:d:br:")) > 0) {
		switch (option) {
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			messages_wanted = strtoul(optarg, NULL, 0);
			break;
		case 'd':
			directory = optarg;
			break;
		case 'b':
			blind = true;
			break;
		case 'r':
			again = optarg;
			break;
		default:
			return 2;
		}
	}
	family = find_family();
	if (again) {
		replay(again);
		return 0;
	}
	printf("seed %" PRIu64 ", %lu messages for each role\n", seed, messages_wanted / ROLES);
	if (optind == argc)
		for (role = roles; role < roles + ROLES; role++)
			run_role();
	for (; optind < argc; optind++) {
		role = find_role(argv[optind]);
		run_role();
	}
	return 0;
}
