/* SPDX-License-Identifier: GPL-2.0 */
/* --hold: all messages are built, and sent when somebody says so. */
#ifndef OP25BCTL_HOLD_H
#define OP25BCTL_HOLD_H

#include "command.h"

int hold_check(const struct control *control, const char *file);
int hold_wait(const struct control *control);

#endif /* OP25BCTL_HOLD_H */
