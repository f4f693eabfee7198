/* SPDX-License-Identifier: GPL-2.0 */
/* The command "show" of prefixes, exempts, relays and targets. */
#ifndef OP25BCTL_LISTING_H
#define OP25BCTL_LISTING_H

#include "command.h"
#include "output.h"
#include "policy.h"

typedef json_t *(*listing_json)(const struct policy *policy, const struct entry *entry);

int listing_show(struct control *control, struct words *words, enum policy_list list,
		 listing_json json);
bool listing_is_shown(size_t rows);
const char *entry_pool(const struct policy *policy, const struct entry *entry);

#endif /* OP25BCTL_LISTING_H */
