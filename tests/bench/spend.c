// SPDX-License-Identifier: GPL-2.0
/*
 * spend FILE COMMAND ARG...: what a command costs, from fork() to wait(), and all that the kernel
 * does meanwhile: nanoseconds, less those that the processor was idle, to FILE. Where the clock
 * counts instructions, so does this.
 *
 * Exit status: the command's.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long long idle(void)
{
	static const char path[] = "/sys/kernel/debug/op25b_bench/idle";
	FILE *file = fopen(path, "r");
	long long us;

	if (!file || fscanf(file, "%lld", &us) != 1)
		err(126, "%s", path);
	fclose(file);
	return us * 1000;
}

int main(int argc, char **argv)
{
	long long idle_before, before, after;
	int status;
	FILE *file;
	pid_t pid;

	if (argc < 3)
		errx(126, "usage: spend FILE COMMAND ARG...");
	file = fopen(argv[1], "w");
	if (!file)
		err(126, "%s", argv[1]);
	idle_before = idle();
	before = now();
	pid = fork();
	if (!pid) {
		execv(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		err(126, "fork");
	after = now();
	fprintf(file, "%lld\n", after - before - (idle() - idle_before));
	fclose(file);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
