// SPDX-License-Identifier: GPL-2.0
/* The netlink socket: a module that is removed or replaced while the socket is open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "transport.h"

/* --- the kernel --- */

static uint16_t family;		/* the number of the module's family; 0: it is not loaded */
static const char *family_name = OP25B_FAMILY_NAME;
static bool by_number_only;	/* asking by name would load the module */
static unsigned int requests;	/* that the module has seen */
static int refuse_code;		/* the module refuses requests with this errno */
static const char *refuse_text;
static union { struct nlmsghdr header; char bytes[512]; } answers[2];
static size_t answer_count, answer_next;

/* The command allocates and exits by these in unit tests. */
void *cmd_malloc(size_t size);
void *cmd_calloc(size_t count, size_t size);
void *cmd_reallocarray(void *memory, size_t count, size_t size);
char *cmd_strdup(const char *text);
void cmd_exit(int code) __attribute__((noreturn));

void *cmd_malloc(size_t size)
{
	return malloc(size);
}

void *cmd_calloc(size_t count, size_t size)
{
	return calloc(count, size);
}

void *cmd_reallocarray(void *memory, size_t count, size_t size)
{
	return reallocarray(memory, count, size);
}

char *cmd_strdup(const char *text)
{
	return strdup(text);
}

void cmd_exit(int code)
{
	exit(code);
}

struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags);
int __wrap_mnl_socket_bind(struct mnl_socket *socket, unsigned int groups, pid_t pid);
int __wrap_mnl_socket_setsockopt(const struct mnl_socket *socket, int type, void *value,
				 socklen_t length);
int __wrap_mnl_socket_get_fd(const struct mnl_socket *socket);
int __wrap_mnl_socket_close(struct mnl_socket *socket);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *data, size_t length);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags);

struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags)
{
	static char socket;

	(void)bus;
	(void)flags;
	return (struct mnl_socket *)&socket;
}

int __wrap_mnl_socket_bind(struct mnl_socket *socket, unsigned int groups, pid_t pid)
{
	(void)socket;
	(void)groups;
	(void)pid;
	return 0;
}

int __wrap_mnl_socket_setsockopt(const struct mnl_socket *socket, int type, void *value,
				 socklen_t length)
{
	(void)socket;
	(void)type;
	(void)value;
	(void)length;
	return 0;
}

int __wrap_mnl_socket_get_fd(const struct mnl_socket *socket)
{
	(void)socket;
	return -1;
}

int __wrap_mnl_socket_close(struct mnl_socket *socket)
{
	(void)socket;
	return 0;
}

int __wrap_ppoll(struct pollfd *files, nfds_t count, const struct timespec *timeout,
		 const sigset_t *mask);

/* What recv() gives the socket that listens: the errno of each, or 0 for an event that says nothing */
static const int *heard;
static size_t heard_count;
static bool asking;	/* another socket is used */

int __wrap_ppoll(struct pollfd *files, nfds_t count, const struct timespec *timeout,
		 const sigset_t *mask)
{
	(void)files;
	(void)mask;
	assert_int_equal(count, 1);
	if (heard_count)
		return 1;
	/* nothing comes any more: it must not wait */
	assert_non_null(timeout);
	return 0;
}

static struct nlmsghdr *put_answer(const struct nlmsghdr *request, uint16_t type)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(&answers[answer_count++]);

	header->nlmsg_type = type;
	header->nlmsg_seq = request->nlmsg_seq;
	return header;
}

/* Ends the answer with an acknowledgement or error. */
static void put_end(const struct nlmsghdr *request, int code, const char *text)
{
	struct nlmsghdr *header = put_answer(request, NLMSG_ERROR);
	struct nlmsgerr *end = mnl_nlmsg_put_extra_header(header, sizeof(*end));

	end->error = -code;
	end->msg = *request;
	header->nlmsg_flags = NLM_F_CAPPED;
	if (!text)
		return;
	header->nlmsg_flags |= NLM_F_ACK_TLVS;
	mnl_attr_put_strz(header, NLMSGERR_ATTR_MSG, text);
}

/* Is there a family of this number or name? A module that is asked for by name would be loaded. */
static bool knows(const struct nlmsghdr *request)
{
	const struct nlattr *attribute;
	bool found = false;

	mnl_attr_for_each(attribute, request, GENL_HDRLEN) {
		if (mnl_attr_get_type(attribute) == CTRL_ATTR_FAMILY_ID)
			found = mnl_attr_get_u16(attribute) == family;
		else
			found = family && !by_number_only;
	}
	return found;
}

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *data, size_t length)
{
	const struct nlmsghdr *request = data;
	struct nlmsghdr *header;

	(void)socket;
	memset(answers, 0, sizeof(answers));
	answer_count = 0;
	answer_next = 0;
	/* netlink would acknowledge a smaller type without a look at it */
	assert_true(request->nlmsg_type >= NLMSG_MIN_TYPE);
	asking = true;
	if (request->nlmsg_type == GENL_ID_CTRL && knows(request)) {
		header = put_answer(request, GENL_ID_CTRL);
		mnl_nlmsg_put_extra_header(header, GENL_HDRLEN);
		mnl_attr_put_strz(header, CTRL_ATTR_FAMILY_NAME, family_name);
		mnl_attr_put_u16(header, CTRL_ATTR_FAMILY_ID, family);
		put_end(request, 0, NULL);
	} else if (request->nlmsg_type == family) {
		requests++;
		put_end(request, refuse_code, refuse_text);
	} else {
		put_end(request, ENOENT, NULL);
	}
	return length;
}

ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
	const struct nlmsghdr *header;

	(void)fd;
	(void)flags;
	if (!asking) {
		assert_true(heard_count > 0);
		heard_count--;
		errno = *heard;
		return *heard++ ? -1 : 0;
	}
	assert_true(answer_next < answer_count);
	header = &answers[answer_next].header;
	assert_true(size >= header->nlmsg_len);
	memcpy(data, header, header->nlmsg_len);
	asking = ++answer_next < answer_count;
	return header->nlmsg_len;
}

/* --- the tests --- */

static struct transport *transport;

/* Asks the module for something, and returns how often it has seen that. */
static unsigned int ask(int code)
{
	struct message request = {};

	requests = 0;
	message_begin(&request, OP25B_CMD_FLUSH, NLM_F_ACK);
	assert_int_equal(transport_ask(transport, &request, NULL, NULL), -code);
	message_free(&request);
	return requests;
}

static void test_module_is_replaced(void **state)
{
	int code;

	(void)state;
	family = 30;
	transport = transport_open(&code);
	assert_non_null(transport);
	assert_int_equal(ask(0), 1);
	family = 31;
	assert_int_equal(ask(0), 1);
	assert_int_equal(ask(0), 1);

	/* absent, and then there again */
	family = 0;
	assert_int_equal(ask(ENOENT), 0);
	assert_true(transport_error(transport)->absent);
	assert_int_equal(ask(ENOENT), 0);
	assert_true(transport_error(transport)->absent);
	family = 32;
	assert_int_equal(ask(0), 1);
	transport_close(transport);

	family = 0;
	assert_null(transport_open(&code));
	assert_int_equal(code, ENOENT);
}

/* What the module itself refuses is sent once. */
static void test_refusals(void **state)
{
	int code;

	(void)state;
	family = 30;
	transport = transport_open(&code);
	assert_non_null(transport);
	refuse_code = ENOENT;
	assert_int_equal(ask(ENOENT), 1);
	assert_false(transport_error(transport)->absent);
	assert_int_equal(transport_error(transport)->code, ENOENT);
	refuse_text = "pool does not exist";
	assert_int_equal(ask(ENOENT), 1);
	assert_string_equal(transport_error(transport)->text, refuse_text);
	refuse_code = EEXIST;
	assert_int_equal(ask(EEXIST), 1);
	transport_close(transport);
}

static void hear(const int *codes, size_t count)
{
	heard = codes;
	heard_count = count;
}

/* After lost events, the news that the family has gone may be lost, too. */
static void test_lost_events(void **state)
{
	static const int codes[] = { ENOBUFS, 0, 0 };
	int code;

	(void)state;
	family = 30;
	transport = transport_open(&code);
	assert_non_null(transport);
	by_number_only = true;
	asking = false;
	/* what is left is read first; then the family is still there */
	hear(codes, 3);
	assert_int_equal(transport_hear(transport, NULL, NULL, NULL), -ENOBUFS);
	assert_int_equal(transport_hear(transport, NULL, NULL, NULL), 0);
	assert_int_equal(transport_hear(transport, NULL, NULL, NULL), 0);
	assert_int_equal(transport_hear(transport, NULL, NULL, NULL), 0);
	/* it has gone, or its number is another's */
	hear(codes, 1);
	assert_int_equal(transport_hear(transport, NULL, NULL, NULL), -ENOBUFS);
	family = 0;
	assert_int_equal(transport_hear(transport, NULL, NULL, NULL), -ENOENT);
	hear(codes, 1);
	assert_int_equal(transport_hear(transport, NULL, NULL, NULL), -ENOBUFS);
	family = 30;
	family_name = "other";
	assert_int_equal(transport_hear(transport, NULL, NULL, NULL), -ENOENT);
	transport_close(transport);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_module_is_replaced),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_lost_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
