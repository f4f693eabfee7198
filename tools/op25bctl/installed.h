/* SPDX-License-Identifier: GPL-2.0 */
/* The module that is installed. The unit tests have an implementation of their own. */
#ifndef OP25BCTL_INSTALLED_H
#define OP25BCTL_INSTALLED_H

#include <stdbool.h>

bool installed_differs(void);

#endif /* OP25BCTL_INSTALLED_H */
