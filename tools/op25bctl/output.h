/* SPDX-License-Identifier: GPL-2.0 */
/* Tables, colours and JSON on standard output. */
#ifndef OP25BCTL_OUTPUT_H
#define OP25BCTL_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>

#include "address.h"

enum colour { NO_COLOUR, POOL_COLOUR, IPV4_COLOUR, IPV6_COLOUR, GOOD_COLOUR, BAD_COLOUR };

struct column {
	bool right;		/* aligned to the right */
	enum colour colour;	/* of the next cell */
	int width;		/* starts as 0 */
};

int output_colour_option(const char *when);
void output_coloured(enum colour colour, const char *text);
enum colour prefix_colour(const struct prefix *prefix);

void row_fit(struct column *columns, int count, const char *const *cells);
void row_print(const struct column *columns, int count, const char *const *cells);

void json_print(json_t *json);
void json_print_element(json_t *json, bool first);
void json_print_end(bool empty);
json_t *json_text(const char *text);
json_t *json_prefix(const struct prefix *prefix);

#endif /* OP25BCTL_OUTPUT_H */
