// SPDX-License-Identifier: GPL-2.0
/*
 * spend FILE COMMAND ARG...: what a command costs, from fork() to wait(), and all that the kernel
 * does meanwhile: nanoseconds, less those that the processor was idle. Where the clock counts
 * instructions, so does this. To FILE, and behind it what the kernel does in the second after:
 * what it has to free comes late.
 *
 * Exit status: the command's.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long busy(void)
{
	static const char path[] = "/sys/kernel/debug/op25b_bench/idle";
	FILE *file = fopen(path, "r");
	struct timespec time;
	long long idle;

	if (!file || fscanf(file, "%lld", &idle) != 1)
		err(126, "%s", path);
	fclose(file);
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec - idle * 1000;
}

int main(int argc, char **argv)
{
	long long before, spent, later;
	int status;
	FILE *file;
	pid_t pid;

	if (argc < 3)
		errx(126, "usage: spend FILE COMMAND ARG...");
	file = fopen(argv[1], "w");
	if (!file)
		err(126, "%s", argv[1]);
	sleep(1); /* what came before has come to its end */
	before = busy();
	pid = fork();
	if (!pid) {
		execv(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		err(126, "fork");
	spent = busy() - before;
	sleep(1);
	later = busy() - before - spent;
	fprintf(file, "%lld %lld\n", spent, later);
	fclose(file);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
