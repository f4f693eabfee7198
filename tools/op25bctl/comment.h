/* SPDX-License-Identifier: GPL-2.0 */
/* The free text of an exempt: one line of UTF-8. */
#ifndef OP25BCTL_COMMENT_H
#define OP25BCTL_COMMENT_H

#include <stdbool.h>

bool comment_is_text(const char *text);
int comment_check(const char *text);
void comment_clean(char *text);

#endif /* OP25BCTL_COMMENT_H */
