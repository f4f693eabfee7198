/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Senders: which subscribers tried to open port 25
 */
#ifndef _OP25B_SENDER_H
#define _OP25B_SENDER_H

#include <linux/time64.h>
#include <linux/types.h>

#include "core/sender.h"
#include "op25b_policy.h"
#include "op25b_sender_table.h"
#include "op25b_table.h"

void op25b_senders_reset(struct op25b_table *table, const struct op25b_sender_filter *filter);

/**
 * struct op25b_sender - a sender, as all processors together have seen it
 * @pool: the name of its pool
 * @subscriber: its prefix
 * @row: what is known of it, but for the time
 * @first: when its first packet came that the row knows, in seconds since 1970
 * @last: when its last packet came
 */
struct op25b_sender {
	char pool[OP25B_POOL_NAME_MAX + 1];
	struct op25b_prefix subscriber;
	struct op25b_sender_row row;
	time64_t first;
	time64_t last;
};

struct op25b_sender_reader;

struct op25b_sender_reader *op25b_sender_reader_get(struct op25b_table *table,
						    const struct op25b_sender_filter *filter);
bool op25b_sender_reader_read(struct op25b_sender_reader *reader, struct op25b_sender *sender);
void op25b_sender_reader_note(const struct op25b_sender_reader *reader, u8 size);
void op25b_sender_reader_next(struct op25b_sender_reader *reader);
void op25b_sender_reader_put(struct op25b_sender_reader *reader);

#endif /* _OP25B_SENDER_H */
