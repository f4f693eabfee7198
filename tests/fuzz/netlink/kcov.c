// SPDX-License-Identifier: GPL-2.0
/*
 * KCOV traces the basic blocks of the kernel that this thread executes. Those of the module are
 * identified by their addresses. An edge is a pair of its blocks that are executed in succession.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/kcov.h>

#include "kcov.h"

#define TRACE_MAX	(1 << 17)	/* blocks of one system call */
#define EDGES		(1 << 16)

static unsigned long *trace;	/* the number of blocks, and their addresses */
static unsigned long text, text_size;
static unsigned char edges[EDGES];
static unsigned char *blocks;
static unsigned int blocks_seen;

/* Find the module's text. */
static bool find_module(void)
{
	FILE *file = fopen("/sys/module/op25b/sections/.text", "r");
	char name[64];
	bool found;

	found = file && fscanf(file, "%lx", &text) == 1 && text;
	if (file)
		fclose(file);
	file = fopen("/proc/modules", "r");
	while (found && fscanf(file, "%63s %lu%*[^\n]", name, &text_size) == 2)
		if (!strcmp(name, "op25b"))
			break;
	fclose(file);
	return found;
}

/**
 * kcov_open() - start tracing this thread
 *
 * Return: false if the kernel does not support it.
 */
bool kcov_open(void)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);

	if (fd < 0 || !find_module() || ioctl(fd, KCOV_INIT_TRACE, TRACE_MAX))
		return false;
	trace = mmap(NULL, TRACE_MAX * sizeof(*trace), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	blocks = calloc(text_size, 1);
	return trace != MAP_FAILED && blocks && !ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC);
}

/**
 * kcov_begin() - begin a new trace
 */
void kcov_begin(void)
{
	if (trace)
		__atomic_store_n(trace, 0, __ATOMIC_RELAXED);
}

/**
 * kcov_end() - end the trace
 *
 * Return: the number of edges of the module that no earlier trace had.
 */
unsigned int kcov_end(void)
{
	unsigned long i, at, n = trace ? __atomic_load_n(trace, __ATOMIC_RELAXED) : 0;
	unsigned int edge, last = 0, new = 0;

	for (i = 1; i <= n; i++) {
		at = trace[i] - text;
		if (at >= text_size)
			continue;
		blocks_seen += !blocks[at];
		blocks[at] = 1;
		edge = (last ^ at * 0x9e3779b1u) >> 7 & (EDGES - 1);
		new += !edges[edge];
		edges[edge] = 1;
		last = at * 0x85ebca6bu;
	}
	return new;
}

/**
 * kcov_blocks() - count the basic blocks of the module in all traces
 *
 * Return: their number.
 */
unsigned int kcov_blocks(void)
{
	return blocks_seen;
}
