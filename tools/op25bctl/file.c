// SPDX-License-Identifier: GPL-2.0
/*
 * A file is replaced by writing a new one beside it, which then takes its name.
 * Whoever opens the file, even after a power failure, reads the old contents or
 * the new ones. Signals wait meanwhile, so that none leaves the new file behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "report.h"

#define LINKS_MAX	40	/* as in the kernel */
#define SUFFIX		".XXXXXX"

/**
 * struct file - a file that is being replaced
 * @path: its name, without symbolic links at its end
 * @exists: there is an old file
 * @old: its owner and mode
 * @beside: the name of the new file until it takes @path
 * @directory: an open descriptor of the directory of both
 */
struct file {
	char path[PATH_MAX];
	bool exists;
	struct stat old;
	char beside[PATH_MAX + sizeof(SUFFIX)];
	int directory;
};

/* Finds where symbolic links lead, even if nothing is there yet. Returns 0 or an errno. */
static int follow_links(const char *name, char path[PATH_MAX])
{
	char target[PATH_MAX];
	int links;

	if (strlen(name) >= PATH_MAX)
		return ENAMETOOLONG;
	memcpy(path, name, strlen(name) + 1);
	for (links = 0; links < LINKS_MAX; links++) {
		ssize_t length = readlink(path, target, sizeof(target) - 1);
		char *slash = strrchr(path, '/'), *start = path;

		if (length < 0)
			return errno == EINVAL || errno == ENOENT ? 0 : errno;
		target[length] = '\0';
		if (*target != '/' && slash)
			start = slash + 1;
		if (start - path + length >= PATH_MAX)
			return ENAMETOOLONG;
		memcpy(start, target, length + 1);
	}
	return ELOOP;
}

static int open_directory(const char *path)
{
	char directory[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');

	if (slash) {
		memcpy(directory, path, slash + 1 - path);
		directory[slash + 1 - path] = '\0';
	}
	return open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The owner is kept if that is possible, the mode always. Returns 0 or an errno. */
static int copy_owner_and_mode(const struct file *file, int fd)
{
	mode_t mode = file->old.st_mode & 0777;

	if (!file->exists) {
		mode = umask(0);
		umask(mode);
		mode = 0666 & ~mode;
	} else if (fchown(fd, file->old.st_uid, file->old.st_gid) &&
		   fchown(fd, -1, file->old.st_gid)) {
		/* Without its group, the group's rights would be those of another one. */
		mode &= ~0070;
	}
	return fchmod(fd, mode) ? errno : 0;
}

/* Fills the new file, and closes it. Returns 0 or an errno. */
static int fill(const struct file *file, int fd, file_writer writer, const void *data)
{
	static char buffer[65536];
	FILE *stream = fdopen(fd, "w");
	int code = 0;

	if (!stream) {
		code = errno;
		close(fd);
		return code;
	}
	(void)setvbuf(stream, buffer, _IOFBF, sizeof(buffer));
	writer(stream, data);
	if (fflush(stream) || ferror(stream))
		code = errno;
	if (!code)
		code = copy_owner_and_mode(file, fd);
	if (!code && fsync(fd))
		code = errno;
	if (fclose(stream) && !code)
		code = errno;
	return code;
}

/* Returns 0 or an errno; then there is no new file. */
static int write_beside(struct file *file, file_writer writer, const void *data)
{
	int fd, code;

	snprintf(file->beside, sizeof(file->beside), "%s" SUFFIX, file->path);
	fd = mkostemp(file->beside, O_CLOEXEC);
	if (fd < 0)
		return errno;
	code = fill(file, fd, writer, data);
	if (!code && rename(file->beside, file->path))
		code = errno;
	if (code)
		unlink(file->beside);
	return code;
}

/* Looks at what is there. Returns 0 or an errno; -1: a device or the like. */
static int look(struct file *file, const char *name)
{
	int code = follow_links(name, file->path);

	if (code)
		return code;
	file->exists = !stat(name, &file->old);
	if (!file->exists && (errno != ENOENT || !*name))
		return errno;
	if (file->exists && S_ISDIR(file->old.st_mode))
		return EISDIR;
	return file->exists && !S_ISREG(file->old.st_mode) ? -1 : 0;
}

/**
 * file_replace() - replace a file, or make it
 * @name: its name; a symbolic link stays, and the file that it leads to is replaced
 * @writer: writes the new contents; errors of the stream are noticed here
 * @data: passed to @writer
 *
 * Return: DONE; or REFUSED, and unless the last step fails, which makes sure that the file
 * survives a power failure, nothing has changed.
 */
int file_replace(const char *name, file_writer writer, const void *data)
{
	struct file file = {};
	sigset_t all, before;
	int status = DONE;
	int code;

	code = look(&file, name);
	if (code < 0)
		return report_refusal("cannot replace \"%s\": it is not a file; print to it, as in: save > %s",
				      name, name);
	if (code)
		return report_refusal("cannot write \"%s\": %s", name, strerror(code));
	file.directory = open_directory(file.path);
	if (file.directory < 0)
		return report_refusal("cannot write \"%s\": %s", name, strerror(errno));

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	code = write_beside(&file, writer, data);
	if (code)
		status = report_refusal("cannot write \"%s\": %s", name, strerror(code));
	else if (fsync(file.directory))
		status = report_refusal("\"%s\" was written, but may not survive a power failure: %s",
					name, strerror(errno));
	close(file.directory);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}
