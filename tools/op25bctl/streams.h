/* SPDX-License-Identifier: GPL-2.0 */
/* Standard input, output and error, whatever state they were inherited in. */
#ifndef OP25BCTL_STREAMS_H
#define OP25BCTL_STREAMS_H

#include <stddef.h>
#include <sys/types.h>

int streams_begin(void);
int streams_end(int status);
ssize_t streams_read(int fd, void *data, size_t size);

#endif /* OP25BCTL_STREAMS_H */
