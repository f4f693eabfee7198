/* SPDX-License-Identifier: GPL-2.0 */
/* The words for the numbers of the protocol. */
#ifndef OP25BCTL_TERMS_H
#define OP25BCTL_TERMS_H

#include <linux/op25b.h>
#include <stddef.h>

#define TERMS(list)	((int)(sizeof(list) / sizeof((list)[0])))

extern const char *const mode_terms[OP25B_MODE_OFF + 1];
extern const char *const action_terms[OP25B_ACTION_ADMIN_PROHIBITED + 1];
extern const char *const guard_terms[2];	/* by bit */
extern const char *const verdict_terms[OP25B_VERDICT_EXEMPTED + 1];
extern const char *const class_terms[OP25B_A_PACKETS_MAX];	/* by attribute, from 1 */

int term_number(const char *const *terms, int count, const char *word);
const char *term_name(const char *const *terms, int count, unsigned int number);
void terms_append(char *text, size_t size, const char *separator, const char *word);

#endif /* OP25BCTL_TERMS_H */
