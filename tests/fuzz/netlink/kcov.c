// SPDX-License-Identifier: GPL-2.0
/*
 * KCOV tells which basic blocks of the kernel this thread has been through. Those of the module are
 * told from others by their addresses; a step from one of them to the next is an edge.
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

/* Where the module is */
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
 * kcov_open() - have what this thread does traced from now on
 *
 * Return: false if the kernel cannot.
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
 * kcov_begin() - what is traced begins here
 */
void kcov_begin(void)
{
	if (trace)
		__atomic_store_n(trace, 0, __ATOMIC_RELAXED);
}

/**
 * kcov_end() - and ends here
 *
 * Return: how many edges of the module were never seen before.
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
 * kcov_blocks() - how much of the module was seen
 *
 * Return: basic blocks.
 */
unsigned int kcov_blocks(void)
{
	return blocks_seen;
}
