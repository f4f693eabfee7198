/* SPDX-License-Identifier: GPL-2.0 */
/* A batch: commands from a file, one a line. */
#ifndef OP25BCTL_BATCH_H
#define OP25BCTL_BATCH_H

#include "command.h"

int batch_run(struct control *control);

#endif /* OP25BCTL_BATCH_H */
