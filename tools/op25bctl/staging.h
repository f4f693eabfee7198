/* SPDX-License-Identifier: GPL-2.0 */
/* Staging a file of commands in the kernel: a restore that has not been committed. */
#ifndef OP25BCTL_STAGING_H
#define OP25BCTL_STAGING_H

#include "command.h"
#include "warning.h"

int stage_file(struct control *control, const char *name, struct warnings *warnings);

#endif /* OP25BCTL_STAGING_H */
