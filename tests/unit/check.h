/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the unit tests of the module's sources: assertions that are counted, and pseudorandom
 * numbers that are the same in each run
 */
#ifndef _CHECK_H
#define _CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <linux/types.h>

extern unsigned long checks;

/* A macro, because cmocka's own assertions are functions, too slow for many millions of calls. */
#define CHECK(condition, ...) do {							\
	checks++;									\
	if (!(condition)) {								\
		print_error("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);	\
		print_error("  " __VA_ARGS__);						\
		print_error("\n");							\
		fail();									\
		abort();	/* fail() does not return, but lacks the attribute */	\
	}										\
} while (0)

extern u64 chance_state;

/* xorshift64*, S. Vigna: the same numbers in each run */
static inline u64 chance(void)
{
	chance_state ^= chance_state >> 12;
	chance_state ^= chance_state << 25;
	chance_state ^= chance_state >> 27;
	return chance_state * 0x2545f4914f6cdd1dULL;
}

/* A number from 0 to @n - 1 */
static inline unsigned int chance_below(unsigned int n)
{
	return (chance() >> 32) % n;
}

static inline int checks_report(const char *name, int failed)
{
	print_message("%s: %lu checks\n", name, checks);
	return failed;
}

/* Run all tests but those whose names match the pattern in UNIT_SKIP, which saves time. */
#define CHECK_RUN(name, tests) ({						\
	cmocka_set_skip_filter(getenv("UNIT_SKIP"));				\
	checks_report(name, cmocka_run_group_tests(tests, NULL, NULL));		\
})

#endif /* _CHECK_H */
