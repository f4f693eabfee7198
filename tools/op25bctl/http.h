/* SPDX-License-Identifier: GPL-2.0 */
/* One request of HTTP on standard input, and its answer on standard output. */
#ifndef OP25BCTL_HTTP_H
#define OP25BCTL_HTTP_H

#include "command.h"

/* Prints the metrics, or reports an error and returns its exit code. */
typedef int (*http_print)(struct control *control);

int http_serve(struct control *control, http_print print);

#endif /* OP25BCTL_HTTP_H */
