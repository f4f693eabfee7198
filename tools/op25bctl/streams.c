// SPDX-License-Identifier: GPL-2.0
/*
 * A parent may leave standard input, output and error in any state.
 *
 * One of them may be closed. The next file that is opened, such as the netlink
 * socket, would take its place and receive what is printed. So something takes
 * the place before that from which nothing can be read and to which nothing can
 * be written, and the exit status says so.
 *
 * They may be non-blocking, because a parent that waits for several pipes at once
 * shares them. C's streams lose what they cannot write at once. So standard
 * output and error become streams with a function of our own that writes, which
 * waits. Once a write has failed, nothing else is written, so that what arrives
 * has no hole.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "streams.h"

/**
 * struct sink - what a stream writes to
 * @fd: the file descriptor
 * @error: the errno of the write that failed, or 0
 * @inherited: the stream that was there before
 */
struct sink {
	int fd;
	int error;
	FILE *inherited;
};

static struct sink out, err;

/* Can a call that has failed with @errno be tried again? Waits until it is worth it. */
static bool again(int fd, short events)
{
	struct pollfd file = { .fd = fd, .events = events };

	if (errno == EINTR)
		return true;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return false;
	poll(&file, 1, -1);
	return true;
}

/* As read(2), but waits for a file that does not block, and is not interrupted. */
ssize_t streams_read(int fd, void *data, size_t size)
{
	ssize_t got;

	do {
		got = read(fd, data, size);
	} while (got < 0 && again(fd, POLLIN));
	return got;
}

static ssize_t sink_write(void *cookie, const char *data, size_t size)
{
	struct sink *sink = cookie;
	size_t done = 0;

	while (done < size && !sink->error) {
		ssize_t written = write(sink->fd, data + done, size - done);

		if (written >= 0)
			done += written;
		else if (!again(sink->fd, POLLOUT))
			sink->error = errno;
	}
	return done;
}

/* Replaces a stream by one that writes to the same file. Returns false without memory. */
static bool sink_begin(struct sink *sink, int fd, FILE **stream, char *buffer, size_t size,
		       int buffering)
{
	FILE *own = fopencookie(sink, "w", (cookie_io_functions_t) { .write = sink_write });

	if (!own)
		return false;
	(void)setvbuf(own, buffer, buffering, size);
	*sink = (struct sink) { .fd = fd, .inherited = *stream };
	*stream = own;
	return true;
}

/* Writes what is left, and brings the stream back that was there before. */
static void sink_end(struct sink *sink, FILE **stream)
{
	if (!sink->inherited)
		return;
	fclose(*stream);
	*stream = sink->inherited;
	sink->inherited = NULL;
}

/* Nothing can be read from such a file or written to it, and it exists in every chroot. */
static bool open_missing(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/", O_PATH | O_CLOEXEC) != fd)
			return false;
	return true;
}

/**
 * streams_begin() - make standard input, output and error usable
 *
 * To be called before any file is opened, and to be followed by streams_end().
 *
 * Return: DONE or REFUSED.
 */
int streams_begin(void)
{
	static char out_buffer[65536], err_buffer[4096];

	if (!open_missing())
		return report_refusal("cannot open /: %s", strerror(errno));
	if (!sink_begin(&err, STDERR_FILENO, &stderr, err_buffer, sizeof(err_buffer), _IOLBF) ||
	    !sink_begin(&out, STDOUT_FILENO, &stdout, out_buffer, sizeof(out_buffer),
			isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF))
		return report_refusal("out of memory");
	return DONE;
}

/**
 * streams_end() - write what is left
 * @status: the status so far
 *
 * Return: @status; or REFUSED if that is no error, but something could not be written.
 */
int streams_end(int status)
{
	bool good = !status || status == DIFFERS;

	fflush(stdout);
	if (out.error && good)
		status = report_refusal("cannot write: %s", strerror(out.error));
	sink_end(&out, &stdout);
	sink_end(&err, &stderr);
	return err.error && good ? REFUSED : status;
}
