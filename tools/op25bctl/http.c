// SPDX-License-Identifier: GPL-2.0
/*
 * As much of HTTP/1.1 (RFC 9110, RFC 9112) as a scrape by Prometheus needs
 *
 * systemd accepts connections, and starts a process for each, whose standard input and output are
 * the connection. There is one request, and the connection is closed after the answer.
 *
 * The client may be anybody, and may be slow on purpose: reading the request, writing the answer
 * and waiting for the client to close take a limited time each, however the bytes come.
 * The counters are not read before the request is complete, and the status line is not written
 * before the metrics are, into memory: a client gets all of them, or an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http.h"
#include "report.h"

/* The request line and all header fields, in bytes. That of Prometheus has some 300. */
#define REQUEST_MAX	16384

/* In milliseconds. An answer of 65,535 pools has about 100 MB. */
#define REQUEST_TIME	5000
#define ANSWER_TIME	30000
#define LINGER_TIME	2000

/* How often more is read from a client that has its answer */
#define LINGER_READS	64

#define DATE_MAX	40

#define ALPHANUMERIC	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define TOKEN		ALPHANUMERIC "!#$%&'*+-.^_`|~"

enum {
	BROKEN = -1,	/* the input cannot be read, for the reason in errno */
	GONE = 0,	/* nobody waits for an answer */
	OK = 200,
	BAD_REQUEST = 400,
	NOT_FOUND = 404,
	NOT_ALLOWED = 405,
	TIMED_OUT = 408,
	TARGET_TOO_LONG = 414,
	FIELDS_TOO_LARGE = 431,
	UNAVAILABLE = 503,
	WRONG_VERSION = 505,
};

static const char *reason(int code)
{
	switch (code) {
	case OK:
		return "OK";
	case NOT_FOUND:
		return "Not Found";
	case NOT_ALLOWED:
		return "Method Not Allowed";
	case TIMED_OUT:
		return "Request Timeout";
	case TARGET_TOO_LONG:
		return "URI Too Long";
	case FIELDS_TOO_LARGE:
		return "Request Header Fields Too Large";
	case UNAVAILABLE:
		return "Service Unavailable";
	case WRONG_VERSION:
		return "HTTP Version Not Supported";
	default:
		return "Bad Request";
	}
}

/* --- the connection --- */

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Waits until a file is ready, or has failed. Returns false, with ETIMEDOUT, after the deadline. */
static bool wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd file = { .fd = fd, .events = events };
	int64_t left;
	int ready;

	do {
		left = deadline - now();
		ready = left > 0 ? poll(&file, 1, (int)left) : 0;
	} while (ready < 0 && errno == EINTR);
	if (!ready)
		errno = ETIMEDOUT;
	return ready > 0;
}

/* Can a read or write that has failed be tried again? */
static bool again(void)
{
	return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

/* As read(2), but only until the deadline. */
static ssize_t receive(char *data, size_t size, int64_t deadline)
{
	ssize_t got;

	do {
		if (!wait_for(STDIN_FILENO, POLLIN, deadline))
			return -1;
		got = read(STDIN_FILENO, data, size);
	} while (got < 0 && again());
	return got;
}

/* Writes all of it until the deadline, or returns false. */
static bool send_all(const char *data, size_t size, int64_t deadline)
{
	while (size) {
		ssize_t written;

		if (!wait_for(STDOUT_FILENO, POLLOUT, deadline))
			return false;
		written = write(STDOUT_FILENO, data, size);
		if (written < 0 && !again())
			return false;
		if (written > 0) {
			data += written;
			size -= written;
		}
	}
	return true;
}

/* --- the request --- */

/**
 * struct input - what was received of the request
 * @text: its bytes; the rest is zero
 * @size: how many there are
 * @start: where the request line begins
 * @line: where the line begins whose end has not come yet
 * @lines: how many lines are complete
 */
struct input {
	char text[REQUEST_MAX + 1];
	size_t size;
	size_t start;
	size_t line;
	size_t lines;
};

/* Has the empty line come that ends the header? Those before the request are skipped. */
static bool is_complete(struct input *input)
{
	const char *end;
	bool empty;

	while ((end = memchr(input->text + input->line, '\n', input->size - input->line))) {
		const char *line = input->text + input->line;

		empty = end == line || (end == line + 1 && *line == '\r');
		input->line = end + 1 - input->text;
		if (empty && input->lines)
			return true;
		if (empty)
			input->start = input->line;
		else
			input->lines++;
	}
	return false;
}

/* Returns OK when the header is complete, or else why it is not. */
static int read_request(struct input *input)
{
	int64_t deadline = now() + REQUEST_TIME;
	ssize_t got;

	while (!is_complete(input)) {
		if (input->size == REQUEST_MAX)
			return input->lines ? FIELDS_TOO_LARGE : TARGET_TOO_LONG;
		got = receive(input->text + input->size, REQUEST_MAX - input->size, deadline);
		if (got > 0)
			input->size += got;
		else if (!got)
			return input->size ? BAD_REQUEST : GONE;
		else if (errno == ETIMEDOUT)
			return TIMED_OUT;
		else if (errno == ECONNRESET)
			return GONE;
		else
			return BROKEN;
	}
	return OK;
}

static bool is_token(const char *text)
{
	return *text && !text[strspn(text, TOKEN)];
}

/* What a header field may have as its value: no control characters, which a line's end is, too. */
static bool is_value(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
			return false;
	return true;
}

static bool is_target(const char *text)
{
	return *text && is_value(text) && !strpbrk(text, "\t ");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_version(const char *text)
{
	return !strncmp(text, "HTTP/", 5) && is_digit(text[5]) && text[6] == '.' &&
	       is_digit(text[7]) && !text[8];
}

/* Returns the next line, without its end. The header ends with an empty one. */
static char *next_line(char **text)
{
	char *line = strsep(text, "\n");
	size_t length = strlen(line);

	if (length && line[length - 1] == '\r')
		line[length - 1] = '\0';
	return line;
}

/* Checks the header fields, none of which changes the answer. */
static int parse_fields(char *text, bool needs_host)
{
	unsigned int hosts = 0;
	char *line, *name;

	while (*(line = next_line(&text))) {
		name = strsep(&line, ":");
		if (!line || !is_token(name) || !is_value(line))
			return BAD_REQUEST;
		hosts += !strcasecmp(name, "Host");
	}
	return hosts > 1 || (needs_host && !hosts) ? BAD_REQUEST : OK;
}

/* The path of a target, which a proxy's client sends as a whole URL; NULL if it is neither. */
static const char *find_path(char *target)
{
	static const char scheme[] = "http://";

	target[strcspn(target, "?")] = '\0';
	if (!strncasecmp(target, scheme, strlen(scheme))) {
		target = strchrnul(target + strlen(scheme), '/');
		return *target ? target : "/";
	}
	return *target == '/' ? target : NULL;
}

/**
 * struct request - what a client asks for
 * @head: only for the header of the answer
 * @path: the path, which is part of the input
 */
struct request {
	bool head;
	const char *path;
};

/* Returns OK, or what is wrong. */
static int parse(struct input *input, struct request *request)
{
	char *text = input->text + input->start, *end = input->text + input->line;
	char *method, *target, *line;
	int code;

	*end = '\0';
	if (strlen(text) != (size_t)(end - text))
		return BAD_REQUEST;
	line = next_line(&text);
	method = strsep(&line, " ");
	target = line ? strsep(&line, " ") : NULL;
	if (!line || !is_token(method) || !is_target(target) || !is_version(line))
		return BAD_REQUEST;
	if (strcmp(line, "HTTP/1.0") && strcmp(line, "HTTP/1.1"))
		return WRONG_VERSION;
	code = parse_fields(text, !strcmp(line, "HTTP/1.1"));
	if (code != OK)
		return code;
	request->head = !strcmp(method, "HEAD");
	if (!request->head && strcmp(method, "GET"))
		return NOT_ALLOWED;
	request->path = find_path(target);
	return request->path ? OK : BAD_REQUEST;
}

/* --- the answer --- */

/**
 * struct answer - the answer to a request
 * @code: the status code
 * @head: send the header only
 * @type: the type of the content
 * @text: the content
 * @size: its size in bytes
 * @metrics: the metrics in memory, or NULL; freed with the answer
 */
struct answer {
	int code;
	bool head;
	const char *type;
	const char *text;
	size_t size;
	char *metrics;
};

/* Prints the metrics into memory. Without memory for what is read, the program ends, unanswered. */
static int print_metrics(struct control *control, http_print print, struct answer *answer)
{
	FILE *output = stdout, *stream = open_memstream(&answer->metrics, &answer->size);
	bool failed;
	int status;

	if (!stream)
		return report_refusal("out of memory");
	stdout = stream;
	status = print(control);
	stdout = output;
	failed = ferror(stream);
	failed |= fclose(stream) != 0;
	if (failed && !status)
		status = report_refusal("out of memory");
	return status;
}

static void answer_text(struct answer *answer, const char *type, const char *text)
{
	answer->type = type;
	answer->text = text;
	answer->size = strlen(text);
}

/* Makes the answer to a request that is fine. Returns an exit code. */
static int answer_request(struct control *control, http_print print, const char *path,
			  struct answer *answer)
{
	static const char page[] =
		"<!DOCTYPE html>\n"
		"<html lang=\"en\">\n"
		"<head><title>op25b</title></head>\n"
		"<body><h1>op25b</h1><p><a href=\"/metrics\">Metrics</a></p></body>\n"
		"</html>\n";
	int status;

	if (!strcmp(path, "/")) {
		answer_text(answer, "text/html; charset=utf-8", page);
		return DONE;
	}
	if (strcmp(path, "/metrics")) {
		answer->code = NOT_FOUND;
		return DONE;
	}
	status = print_metrics(control, print, answer);
	if (status) {
		answer->code = UNAVAILABLE;
		answer_text(answer, "text/plain; charset=utf-8", report_kept());
		return status;
	}
	answer->type = "text/plain; version=0.0.4; charset=utf-8";
	answer->text = answer->metrics;
	return DONE;
}

/* Writes the date as in RFC 9110, 5.6.7. */
static void format_date(char text[DATE_MAX])
{
	time_t seconds = time(NULL);
	struct tm parts;

	/* there is no other year than one of four digits */
	if (!gmtime_r(&seconds, &parts) ||
	    !strftime(text, DATE_MAX, "%a, %d %b %Y %H:%M:%S GMT", &parts))
		*text = '\0';
}

static bool send_answer(const struct answer *answer)
{
	int64_t deadline = now() + ANSWER_TIME;
	char head[512], date[DATE_MAX];
	int length;

	format_date(date);
	length = snprintf(head, sizeof(head),
			  "HTTP/1.1 %d %s\r\n"
			  "Date: %s\r\n"
			  "%s"
			  "Content-Type: %s\r\n"
			  "Content-Length: %zu\r\n"
			  "Connection: close\r\n"
			  "\r\n",
			  answer->code, reason(answer->code), date,
			  answer->code == NOT_ALLOWED ? "Allow: GET, HEAD\r\n" : "",
			  answer->type, answer->size);
	return send_all(head, length, deadline) &&
	       (answer->head || send_all(answer->text, answer->size, deadline));
}

/* Writes without blocking, since send_all() waits itself. A file that is shared stays as it was. */
static int send_without_blocking(const struct answer *answer)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);
	int error;

	(void)fcntl(STDOUT_FILENO, F_SETFL, flags | O_NONBLOCK);
	error = send_answer(answer) ? 0 : errno;
	(void)fcntl(STDOUT_FILENO, F_SETFL, flags);
	return error;
}

/*
 * Waits until the client has closed, too. If a connection is closed while something is left to be
 * read from it, such as the rest of a request that was too long, the answer may get lost.
 */
static void linger(struct input *input)
{
	int64_t deadline = now() + LINGER_TIME;
	int i;

	if (shutdown(STDOUT_FILENO, SHUT_WR))
		return;
	for (i = 0; i < LINGER_READS; i++)
		if (receive(input->text, REQUEST_MAX, deadline) <= 0)
			return;
}

/* A client that does not wait for the end of its answer is no error of ours. */
static int finish(int error, int status, struct input *input)
{
	if (!error)
		linger(input);
	else if (error != EPIPE && error != ECONNRESET && error != ETIMEDOUT && !status)
		status = report_refusal("cannot write: %s", strerror(error));
	return status;
}

/**
 * http_serve() - answer one request that comes on standard input
 * @control: the run
 * @print: prints what is at /metrics
 *
 * Return: DONE, whatever the client has sent, and whether or not it waits for the answer; what
 * @print has returned, if that failed; or REFUSED if there is no connection.
 */
int http_serve(struct control *control, http_print print)
{
	struct answer answer = {};
	struct request request = {};
	struct input input = {};
	int status = DONE;

	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return report_refusal("cannot ignore SIGPIPE: %s", strerror(errno));
	answer.code = read_request(&input);
	if (answer.code == BROKEN)
		return report_refusal("cannot read: %s", strerror(errno));
	if (answer.code == GONE)
		return DONE;
	if (answer.code == OK)
		answer.code = parse(&input, &request);
	answer.head = request.head;
	report_keep(true);
	if (answer.code == OK)
		status = answer_request(control, print, request.path, &answer);
	if (!answer.text)
		answer_text(&answer, "text/plain; charset=utf-8", reason(answer.code));
	status = finish(send_without_blocking(&answer), status, &input);
	report_keep(false);
	free(answer.metrics);
	return status;
}
