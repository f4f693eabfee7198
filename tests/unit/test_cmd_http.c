// SPDX-License-Identifier: GPL-2.0
/* metrics http: requests and their answers, and clients that are slow, wrong or gone. */
#include <fcntl.h>
#include <netinet/in.h>
#include <sanitizer/lsan_interface.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report.h"
#include "test_cmd.h"

#define GET	"GET /metrics HTTP/1.1\r\nHost: localhost:25025\r\n\r\n"
#define HOST	"\r\nHost: a\r\n\r\n"

static void put_pools(int count)
{
	struct message *message;
	char name[16];
	int i;

	for (i = 0; i < count; i++) {
		message = kernel_answer(OP25B_CMD_POOL_GET);
		sprintf(name, "pool%d", i);
		message_put_string(message, OP25B_A_POOL, name);
		message_put_u32(message, OP25B_A_MODE, OP25B_MODE_ENFORCE);
		message_put_u32(message, OP25B_A_GUARD, OP25B_GUARD_MASK);
	}
	message = kernel_answer(OP25B_CMD_STATUS_GET);
	message_put_string(message, OP25B_A_VERSION, "0.1.0");
	message_put_u32(message, OP25B_A_RELAY_COUNT, 5);
}

/* Splits an answer into its header and its content, and checks what every header has. */
static char *content_of(char *answer, const char *status_line, bool head)
{
	char *content = strstr(answer, "\r\n\r\n"), *line, *end;
	unsigned int dates = 0, closes = 0, lengths = 0, types = 0;
	size_t length = strlen(status_line);

	assert_non_null(content);
	content[2] = '\0';
	content += 4;
	assert_int_equal(strncmp(answer, status_line, length), 0);
	assert_int_equal(strncmp(answer + length, "\r\n", 2), 0);
	for (line = answer + length + 2; *line; line = end + 2) {
		end = strstr(line, "\r\n");
		assert_null(memchr(line, '\n', end - line));
		if (!strncmp(line, "Date: ", 6)) {
			/* such as Sun, 06 Nov 1994 08:49:37 GMT */
			assert_int_equal(end - line - 6, 29);
			assert_int_equal(strncmp(end - 4, " GMT", 4), 0);
			dates++;
		}
		closes += !strncmp(line, "Connection: close\r\n", 19);
		types += !strncmp(line, "Content-Type: text/", 19);
		if (!strncmp(line, "Content-Length: ", 16)) {
			lengths++;
			if (!head)
				assert_int_equal(atol(line + 16), strlen(content));
		}
	}
	assert_int_equal(dates, 1);
	assert_int_equal(closes, 1);
	assert_int_equal(lengths, 1);
	assert_int_equal(types, 1);
	if (head)
		assert_string_equal(content, "");
	return content;
}

/* Sends a request, whose answer has this status line, and returns the content. */
static char *ask(const char *request, const char *status_line)
{
	op25bctl_with("metrics http", request);
	assert_int_equal(run.code, DONE);
	assert_string_equal(run.err, "");
	return content_of(run.out, status_line, !strncmp(request, "HEAD ", 5));
}

static bool has_line(const char *line)
{
	const char *found = strstr(run.out, line);

	return found && !strncmp(found - 2, "\r\n", 2) && !strncmp(found + strlen(line), "\r\n", 2);
}

static void test_metrics(void **state)
{
	static const char *const same[] = {
		"GET /metrics HTTP/1.0\r\n\r\n",
		"GET /metrics HTTP/1.1\nHost:\n\n",
		"\r\n\n\r\nGET /metrics HTTP/1.1\r\nhOST: a\r\n\r\n",
		"GET /metrics?pool=east&a=/ HTTP/1.1" HOST,
		"GET http://a:25025/metrics HTTP/1.1" HOST,
		"GET HTTP://a/metrics?x HTTP/1.1" HOST,
		"GET /metrics HTTP/1.1\r\nX: a;q=\"\xc3\xa4\",\tb\r\n_~!#1:" HOST,
		"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1" HOST,
		"GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
	};
	char *metrics, *content, length[64];
	size_t i;

	(void)state;
	put_pools(3);
	op25bctl("metrics");
	assert_int_equal(run.code, DONE);
	metrics = strdup(run.out);
	assert_non_null(strstr(metrics, "\nop25b_relays 5\n"));
	op25bctl("metrics show");
	assert_string_equal(run.out, metrics);

	assert_string_equal(ask(GET, "HTTP/1.1 200 OK"), metrics);
	assert_true(has_line("Content-Type: text/plain; version=0.0.4; charset=utf-8"));
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		content = ask(same[i], "HTTP/1.1 200 OK");
		assert_string_equal(content, metrics);
	}
	(void)ask("HEAD /metrics HTTP/1.1" HOST, "HTTP/1.1 200 OK");
	sprintf(length, "Content-Length: %zu", strlen(metrics));
	assert_true(has_line(length));
	assert_true(has_line("Content-Type: text/plain; version=0.0.4; charset=utf-8"));
	free(metrics);
}

/* Nothing but /metrics asks the kernel. */
static void test_other_paths(void **state)
{
	static const char *const unknown[] = {
		"GET /metrics/ HTTP/1.1" HOST,
		"GET /metric HTTP/1.1" HOST,
		"GET //metrics HTTP/1.1" HOST,
		"GET /Metrics HTTP/1.1" HOST,
		"GET /favicon.ico HTTP/1.0\r\n\r\n",
		"HEAD /x HTTP/1.0\r\n\r\n",
	};
	size_t i;

	(void)state;
	assert_non_null(strstr(ask("GET / HTTP/1.1" HOST, "HTTP/1.1 200 OK"),
			       "<a href=\"/metrics\">"));
	assert_true(has_line("Content-Type: text/html; charset=utf-8"));
	(void)ask("GET http://a HTTP/1.1" HOST, "HTTP/1.1 200 OK");
	(void)ask("HEAD / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK");
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		(void)ask(unknown[i], "HTTP/1.1 404 Not Found");
	assert_string_equal(ask(unknown[0], "HTTP/1.1 404 Not Found"), "Not Found");
	assert_string_equal(kernel.log, "");
	assert_int_equal(kernel.opened, 0);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"\r\n",
		"GET",
		"GET /metrics HTTP/1.1\r\nHost: a\r\n",
		"GET /metrics\r\n\r\n",
		"GET  /metrics HTTP/1.1" HOST,
		"GET /metrics  HTTP/1.1" HOST,
		" GET /metrics HTTP/1.1" HOST,
		"GET /metrics HTTP/1.1 " HOST,
		"GET\t/metrics\tHTTP/1.1" HOST,
		"G(T /metrics HTTP/1.1" HOST,
		"GET /a\tb HTTP/1.1" HOST,
		"GET /\x7f HTTP/1.1" HOST,
		"GET metrics HTTP/1.1" HOST,
		"GET * HTTP/1.1" HOST,
		"GET ?/metrics HTTP/1.1" HOST,
		"GET https://a/metrics HTTP/1.1" HOST,
		"GET /metrics HTTP/1" HOST,
		"GET /metrics HTTP/1.10" HOST,
		"GET /metrics http/1.1" HOST,
		"GET /metrics HTTP/a.1" HOST,
		"GET /metrics HTTP/1,1" HOST,
		"GET /metrics HTTP/1." HOST,
		"GET /metrics HTTP/1.1\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
		"GET /metrics HTTP/1.0\r\nHost: a" HOST,
		"GET /metrics HTTP/1.1\r\nHost: a\r\nAccept\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost : a\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost: a\r\r\n\r\n",
		"GET /metrics HTTP/1.1\r" HOST,
		"GET /metrics HTTP/1.1\r\nHost: \x1b[31m\r\n\r\n",
		"\r\r\nGET /metrics HTTP/1.1" HOST,
	};
	static const char *const methods[] = {
		"POST", "OPTIONS", "get", "GETS", "HEADS", "GE", "CONNECT",
	};
	static const char *const versions[] = { "0.9", "1.2", "2.0", "3.0", "0.0", "9.9" };
	char request[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		op25bctl_with("metrics http", bad[i]);
		if (strncmp(run.out, "HTTP/1.1 400 ", 13))
			print_error("\"%s\": %s", bad[i], run.out);
		(void)ask(bad[i], "HTTP/1.1 400 Bad Request");
	}
	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		sprintf(request, "%s /metrics HTTP/1.1" HOST, methods[i]);
		(void)ask(request, "HTTP/1.1 405 Method Not Allowed");
		assert_true(has_line("Allow: GET, HEAD"));
	}
	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		sprintf(request, "GET /metrics HTTP/%s" HOST, versions[i]);
		(void)ask(request, "HTTP/1.1 505 HTTP Version Not Supported");
		assert_false(has_line("Allow: GET, HEAD"));
	}
	assert_int_equal(kernel.opened, 0);
}

/* A zero byte, which would end the text for C, wherever it stands */
static void test_zero_bytes(void **state)
{
	static const char request[] = GET;
	int in, out, null = open("/dev/null", O_RDWR);
	char answer[1024];
	ssize_t got;
	size_t i;

	(void)state;
	put_pools(1);
	for (i = 0; i < strlen(request) - 4; i++) {
		in = memfd_create("in", 0);
		out = memfd_create("out", 0);
		assert_int_equal(write(in, request, strlen(request)), strlen(request));
		assert_int_equal(pwrite(in, "", 1, i), 1);
		assert_int_equal(lseek(in, 0, SEEK_SET), 0);
		op25bctl_on("metrics http", in, out, null);
		assert_int_equal(run.code, DONE);
		got = pread(out, answer, sizeof(answer) - 1, 0);
		assert_true(got > 0);
		answer[got] = '\0';
		(void)content_of(answer, "HTTP/1.1 400 Bad Request", false);
		close(in);
		close(out);
	}
	assert_int_equal(kernel.opened, 0);
	close(null);
}

static void test_too_long(void **state)
{
	static char request[20000];
	size_t size;

	(void)state;
	put_pools(1);
	/* 16,384 bytes are enough, and one more is not */
	for (size = 16384; size < 16386; size++) {
		sprintf(request, "GET /%0*d HTTP/1.0\r\n\r\n", (int)size - 18, 0);
		assert_int_equal(strlen(request), size);
		(void)ask(request, size > 16384 ? "HTTP/1.1 431 Request Header Fields Too Large" :
						  "HTTP/1.1 404 Not Found");
		sprintf(request, "GET /%0*d", (int)size - 6, 0);
		(void)ask(request, size > 16384 ? "HTTP/1.1 414 URI Too Long" :
						  "HTTP/1.1 400 Bad Request");
		sprintf(request, "GET / HTTP/1.0\r\nX:%0*d\r\n\r\n", (int)size - 22, 0);
		assert_int_equal(strlen(request), size);
		(void)ask(request, size > 16384 ? "HTTP/1.1 431 Request Header Fields Too Large" :
						  "HTTP/1.1 200 OK");
	}
	memset(request, '\n', sizeof(request) - 1);
	(void)ask(request, "HTTP/1.1 414 URI Too Long");
}

/* Each byte of a request is left out, or another one: there is one answer, and it is whole. */
static void test_damaged(void **state)
{
	static const char request[] = GET;
	static const char others[] = "\n\r \t:/.A1\x01\x80\xff";
	char damaged[128], *content;
	size_t i, j;

	(void)state;
	put_pools(1);
	for (i = 0; i < strlen(request); i++)
		for (j = 0; j < sizeof(others); j++) {
			strcpy(damaged, request);
			if (others[j])
				damaged[i] = others[j];
			else
				strcpy(damaged + i, request + i + 1);
			op25bctl_with("metrics http", damaged);
			assert_int_equal(run.code, DONE);
			assert_string_equal(run.err, "");
			assert_int_equal(strncmp(run.out, "HTTP/1.1 ", 9), 0);
			content = strstr(run.out, "\r\n\r\n");
			assert_non_null(content);
			if (!strncmp(run.out, "HTTP/1.1 200 ", 13) && !strstr(content, "<html"))
				assert_string_equal(content + strlen(content) - 2, "0\n");
		}
}

/* Whatever fails, and however late: no metrics, but the reason. */
static void test_unavailable(void **state)
{
	static const char *const head = "HTTP/1.1 503 Service Unavailable";
	char *content;

	(void)state;
	put_pools(2);
	kernel.open_code = ENOENT;
	op25bctl_with("metrics http", GET);
	assert_int_equal(run.code, REFUSED);
	content = content_of(run.out, head, false);
	assert_non_null(strstr(content, "the kernel module op25b is not loaded"));
	/* the journal has the same */
	assert_int_equal(strncmp(run.err, "Error: ", 7), 0);
	assert_int_equal(strncmp(run.err + 7, content, strlen(content)), 0);
	assert_string_equal(run.err + 7 + strlen(content), "\n");
	assert_true(has_line("Content-Type: text/plain; charset=utf-8"));

	op25bctl_with("metrics http", "HEAD /metrics HTTP/1.0\r\n\r\n");
	assert_int_equal(run.code, REFUSED);
	(void)content_of(run.out, head, true);

	/* the others do not need the module */
	(void)ask("GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK");
	(void)ask("GET /a HTTP/1.0\r\n\r\n", "HTTP/1.1 404 Not Found");

	kernel.open_code = 0;
	kernel_refuse(OP25B_CMD_STATUS_GET, NULL, EIO, NULL);
	op25bctl_with("metrics http", GET);
	assert_int_equal(run.code, REFUSED);
	assert_string_equal(content_of(run.out, head, false), strerror(EIO));
	/* what is kept of an error does not stay */
	op25bctl("metrics http east");
	assert_int_equal(run.code, USAGE);
	assert_string_equal(run.out, "");
}

static void test_without_memory(void **state)
{
	static const char *const head = "HTTP/1.1 503 Service Unavailable";
	unsigned int count, failing;

	(void)state;
	put_pools(9);
	allocations = (struct allocations) {};
	op25bctl_with("metrics http", GET);
	count = allocations.count;
	assert_true(count > 3);
	for (failing = 1; failing <= count; failing++) {
		__lsan_disable();
		allocations = (struct allocations) { .failing = failing };
		op25bctl_with("metrics http", GET);
		allocations.failing = 0;
		__lsan_enable();
		assert_int_equal(run.code, REFUSED);
		assert_string_equal(run.err, "Error: out of memory\n");
		if (*run.out)
			assert_string_equal(content_of(run.out, head, false), "out of memory");
	}
}

static void test_usage(void **state)
{
	(void)state;
	op25bctl_with("-j metrics http", GET);
	assert_int_equal(run.code, USAGE);
	assert_string_equal(run.out, "");
	assert_string_equal(run.err, "Error: metrics are text, and have no JSON\n");
	op25bctl_with("-b -", "metrics http\n" GET);
	assert_int_equal(run.code, USAGE);
	assert_string_equal(run.out, "");
	assert_string_equal(run.err, "-:1: \"metrics http\" is for the command line\n");
	op25bctl("metrics htp");
	assert_int_equal(run.code, USAGE);
	assert_non_null(strstr(run.err, "did you mean \"metrics http\"?\n"));
}

/* --- connections --- */

/* Starts a process that is the client of a connection; the end of this process is socket[0]. */
static pid_t connect_client(int socket[2])
{
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socket), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	close(socket[!!pid]);
	return pid;
}

static void end(pid_t pid, int fd)
{
	int status;

	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* In the client: the answer has to begin so. It may end with a reset, if the client is late. */
static void expect_from(int fd, const char *start)
{
	char answer[4096] = "";
	size_t size = 0;
	ssize_t got;

	while ((got = read(fd, answer + size, sizeof(answer) - 1 - size)) > 0)
		size += got;
	if (strncmp(answer, start, strlen(start)))
		_exit(1);
}

/* Runs the command on a connection. It leaves the file as it was. */
static void serve(int fd)
{
	int err = memfd_create("err", 0), flags = fcntl(fd, F_GETFL);
	char text[256] = "";

	op25bctl_on("metrics http", fd, fd, err);
	assert_true(pread(err, text, sizeof(text) - 1, 0) >= 0);
	assert_string_equal(text, "");
	assert_int_equal(run.code, DONE);
	assert_int_equal(fcntl(fd, F_GETFL), flags);
	close(err);
}

/* A client that sends nothing, half a request, or a byte now and then, is told that it is slow. */
static void test_slow_requests(void **state)
{
	int socket[2], way;
	pid_t pid;

	(void)state;
	clock_speed = 50;
	for (way = 0; way < 3; way++) {
		pid = connect_client(socket);
		if (!pid) {
			/* the command may have answered before: what is sent does not matter */
			if (way == 1)
				(void)send(socket[1], GET, 20, MSG_NOSIGNAL);
			while (way == 2 && send(socket[1], "G", 1, MSG_NOSIGNAL) == 1 &&
			       recv(socket[1], &(char){ 0 }, 1, MSG_PEEK | MSG_DONTWAIT) < 0)
				usleep(1000);
			expect_from(socket[1], "HTTP/1.1 408 Request Timeout\r\n");
			_exit(0);
		}
		serve(socket[0]);
		end(pid, socket[0]);
	}
	assert_int_equal(kernel.opened, 0);
}

static void ignore(int signal)
{
	(void)signal;
}

/* A request in many pieces is fine while there is time. Signals do not take any away. */
static void test_pieces(void **state)
{
	const struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = {};
	const struct sigaction action = { .sa_handler = ignore };
	int socket[2];
	const char *at;
	pid_t pid;

	(void)state;
	put_pools(1);
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	pid = connect_client(socket);
	if (!pid) {
		for (at = GET; *at; at++) {
			if (write(socket[1], at, 1) != 1)
				_exit(1);
			usleep(100);
		}
		expect_from(socket[1], "HTTP/1.1 200 OK\r\n");
		_exit(0);
	}
	assert_int_equal(fcntl(socket[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	serve(socket[0]);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	end(pid, socket[0]);
}

/* The answer is much more than fits into the socket. */
static void make_small(int fd)
{
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){ 4096 }, sizeof(int)), 0);
}

static void test_slow_readers(void **state)
{
	static char answer[100000];
	size_t size = 0, length;
	char *content, *expected;
	int socket[2];
	ssize_t got;
	pid_t pid;

	(void)state;
	put_pools(30);
	op25bctl("metrics");
	expected = strdup(run.out);
	length = strlen(expected);
	assert_true(length > 30000);

	/* slow, but in time */
	pid = connect_client(socket);
	if (!pid) {
		if (write(socket[1], GET, strlen(GET)) < 0)
			_exit(1);
		while ((got = read(socket[1], answer + size, 1000)) > 0) {
			size += got;
			usleep(1000);
		}
		content = strstr(answer, "\r\n\r\n");
		_exit(got || !content || strcmp(content + 4, expected));
	}
	make_small(socket[0]);
	serve(socket[0]);
	end(pid, socket[0]);
	free(expected);

	/* not reading */
	pid = connect_client(socket);
	if (!pid) {
		if (write(socket[1], GET, strlen(GET)) < 0)
			_exit(1);
		pause();
	}
	make_small(socket[0]);
	clock_speed = 200;
	serve(socket[0]);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(socket[0]);
}

/* What a client sends behind its request is read, so that closing does not take the answer away. */
static void test_longer_than_asked(void **state)
{
	static char body[100000];
	int socket[2], left, way;
	size_t sent = 0;
	pid_t pid;

	(void)state;
	for (way = 0; way < 3; way++) {
		/* the second one does not close, and the last one never ends */
		clock_speed = way == 1 ? 50 : 1;
		pid = connect_client(socket);
		if (!pid) {
			static const char post[] =
				"POST /metrics HTTP/1.0\r\nContent-Length: 100000\r\n\r\n";

			if (write(socket[1], post, strlen(post)) < 0 ||
			    (way != 1 && write(socket[1], body, sizeof(body)) < 0))
				_exit(1);
			expect_from(socket[1], "HTTP/1.1 405 Method Not Allowed\r\n");
			while (way == 2 && send(socket[1], body, sizeof(body), MSG_NOSIGNAL) > 0)
				sent += sizeof(body);
			if (way == 1)
				pause();
			/* the end of the answer comes while the command still reads */
			if (!way && send(socket[1], body, 1, MSG_NOSIGNAL) != 1)
				_exit(1);
			/* 1 MiB is read, and the socket holds some more */
			_exit(sent > 4000000);
		}
		serve(socket[0]);
		assert_int_equal(ioctl(socket[0], FIONREAD, &left), 0);
		if (!way)
			assert_int_equal(left, 0);
		if (way == 1)
			assert_int_equal(kill(pid, SIGKILL), 0);
		if (way == 1)
			assert_int_equal(waitpid(pid, NULL, 0), pid);
		else
			end(pid, socket[0]);
	}
}

/* A client resets its connection while an answer is sent that is longer than both buffers of TCP. */
static void test_reset(void **state)
{
	struct sockaddr_in address = { AF_INET, 0, { htonl(INADDR_LOOPBACK) }, {} };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
	socklen_t size = sizeof(address);
	pid_t pid;

	(void)state;
	put_pools(30);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(listen(listener, 1), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		const struct linger reset = { 1, 0 };

		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){ 2048 }, sizeof(int)) ||
		    connect(fd, (struct sockaddr *)&address, size) ||
		    write(fd, GET, strlen(GET)) < 0 || recv(fd, &(char){ 0 }, 1, MSG_PEEK) != 1 ||
		    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)))
			_exit(1);
		usleep(50000);
		close(fd);
		_exit(0);
	}
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	make_small(fd);
	serve(fd);
	end(pid, fd);
	close(listener);
}

static void test_gone(void **state)
{
	int socket[2], null = open("/dev/null", O_RDWR), pipes[2];
	pid_t pid;

	(void)state;
	/* without a request */
	op25bctl("metrics http");
	assert_int_equal(run.code, DONE);
	assert_string_equal(run.out, "");
	assert_string_equal(run.err, "");
	assert_int_equal(kernel.opened, 0);

	/* before the answer: no SIGPIPE */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socket), 0);
	assert_int_equal(write(socket[1], GET, strlen(GET)), strlen(GET));
	close(socket[1]);
	serve(socket[0]);
	close(socket[0]);
	assert_int_equal(kernel.opened, 1);

	/* by a reset, which is what an unread byte makes of a close */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socket), 0);
	assert_int_equal(write(socket[0], "x", 1), 1);
	close(socket[1]);
	serve(socket[0]);
	close(socket[0]);

	/* a pipe */
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	close(pipes[0]);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		int in = memfd_create("in", 0);

		if (write(in, GET, strlen(GET)) < 0 || lseek(in, 0, SEEK_SET))
			_exit(1);
		op25bctl_on("metrics http", in, pipes[1], null);
		_exit(run.code);
	}
	end(pid, pipes[1]);
	close(null);
}

/* What is no client's fault is an error. */
static void test_broken(void **state)
{
	int null = open("/dev/null", O_RDWR), full = open("/dev/full", O_RDWR);
	int in = memfd_create("in", 0), err = memfd_create("err", 0);
	char text[256] = "";

	(void)state;
	assert_int_equal(write(in, GET, strlen(GET)), strlen(GET));
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	op25bctl_on("metrics http", in, full, err);
	assert_int_equal(run.code, REFUSED);
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	op25bctl_on("metrics http", in, -1, err);
	assert_int_equal(run.code, REFUSED);
	op25bctl_on("metrics http", -1, null, err);
	assert_int_equal(run.code, REFUSED);
	assert_true(pread(err, text, sizeof(text) - 1, 0) > 0);
	assert_string_equal(text, "Error: cannot write: No space left on device\n"
				  "Error: cannot write: Bad file descriptor\n"
				  "Error: cannot read: Bad file descriptor\n");
	close(err);
	close(in);
	close(full);
	close(null);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_metrics),
		TEST(test_other_paths),
		TEST(test_refused),
		TEST(test_zero_bytes),
		TEST(test_too_long),
		TEST(test_damaged),
		TEST(test_unavailable),
		TEST(test_without_memory),
		TEST(test_usage),
		TEST(test_slow_requests),
		TEST(test_pieces),
		TEST(test_slow_readers),
		TEST(test_longer_than_asked),
		TEST(test_reset),
		TEST(test_gone),
		TEST(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
