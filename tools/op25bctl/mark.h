/* SPDX-License-Identifier: GPL-2.0 */
/* The first and the last line of what save prints, by which a file that was cut is noticed. */
#ifndef OP25BCTL_MARK_H
#define OP25BCTL_MARK_H

#include "words.h"

#define MARK_BEGIN	"# begin of op25bctl save"
#define MARK_END	"# end of op25bctl save"

/**
 * struct mark - where in a file the reader is
 * @begin: the line of the begin mark whose end mark is still to come, or 0
 */
struct mark {
	unsigned int begin;
};

int mark_read(struct mark *mark, const struct lines *lines, const char *text, size_t length);
int mark_finish(const struct mark *mark);

#endif /* OP25BCTL_MARK_H */
