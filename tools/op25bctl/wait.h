/* SPDX-License-Identifier: GPL-2.0 */
/* --wait: all messages are built, and sent when somebody says so. */
#ifndef OP25BCTL_WAIT_H
#define OP25BCTL_WAIT_H

#include "command.h"

int wait_check(const struct control *control, const char *file);
int wait_for_line(const struct control *control);

#endif /* OP25BCTL_WAIT_H */
