// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "installed.h"

#define SRCVERSION_MAX	64

/* Reads a line, without its end. It is "" if there is none. */
static void read_line(FILE *file, char line[SRCVERSION_MAX])
{
	if (!file || !fgets(line, SRCVERSION_MAX, file))
		*line = '\0';
	line[strcspn(line, "\n")] = '\0';
}

/**
 * installed_differs() - whether another module is installed than the loaded one
 *
 * Both are told apart by a checksum of their sources, so that it does not matter whether the version
 * has changed. A module that was loaded by insmod need not be installed at all.
 *
 * Return: true if both are known, and differ.
 */
bool installed_differs(void)
{
	char loaded[SRCVERSION_MAX], installed[SRCVERSION_MAX];
	FILE *file;

	file = fopen("/sys/module/op25b/srcversion", "re");
	read_line(file, loaded);
	if (file)
		fclose(file);
	/* modinfo is not in the path of every user */
	/* NOLINTNEXTLINE(cert-env33-c): the shell is given nothing but this text */
	file = popen("PATH=\"${PATH:+$PATH:}/usr/sbin:/sbin\" modinfo -F srcversion op25b 2>/dev/null", "re");
	read_line(file, installed);
	if (file)
		pclose(file);
	return *loaded && *installed && strcmp(loaded, installed);
}
