/* SPDX-License-Identifier: GPL-2.0 */
/* The keywords for the numbers of the netlink protocol. */
#ifndef OP25BCTL_KEYWORDS_H
#define OP25BCTL_KEYWORDS_H

#include <linux/op25b.h>
#include <stddef.h>

struct keywords {
	const char *const *word;	/* by number */
	unsigned int count;
};

extern const struct keywords mode_keywords;
extern const struct keywords action_keywords;
extern const struct keywords guard_keywords;	/* by bit */
extern const struct keywords switch_keywords;	/* 0 or 1 */
extern const struct keywords verdict_keywords;
extern const struct keywords class_keywords;	/* by OP25B_A_PACKETS_... - 1 */
extern const struct keywords event_keywords;
extern const struct keywords command_keywords;	/* by OP25B_CMD_... */

#define KEYWORD_NUMBER_MAX	12	/* the size of a number as text */

#define CLASSES		OP25B_A_PACKETS_MAX
#define VERDICTS	(OP25B_VERDICT_MAX + 1)

int keyword_number(const struct keywords *keywords, const char *word);
const char *keyword_name(const struct keywords *keywords, unsigned int number);
const char *keyword_format(const struct keywords *keywords, unsigned int number,
			   char text[KEYWORD_NUMBER_MAX]);
void keywords_list(const struct keywords *keywords, char *text, size_t size);
void list_append(char *text, size_t size, const char *separator, const char *word);

#endif /* OP25BCTL_KEYWORDS_H */
