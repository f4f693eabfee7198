/* SPDX-License-Identifier: GPL-2.0 */
/* Replacing a file: whole or not at all. */
#ifndef OP25BCTL_FILE_H
#define OP25BCTL_FILE_H

#include <stdio.h>

typedef void (*file_writer)(FILE *stream, const void *data);

int file_replace(const char *name, file_writer writer, const void *data);

#endif /* OP25BCTL_FILE_H */
