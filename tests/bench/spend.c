// SPDX-License-Identifier: GPL-2.0
/*
 * spend FILE COMMAND ARG...: measures the cost of a command, from fork() to waitpid(), including
 * everything else that the kernel does meanwhile: the nanoseconds in which the processor was not
 * idle. If the clock counts instructions, so does this. Writes to FILE this number and that of the
 * second after the command, in which the kernel still frees memory.
 *
 * Exit status: that of the command.
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
	sleep(1); /* wait for deferred work of earlier commands */
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
