// SPDX-License-Identifier: GPL-2.0
/* Warnings of exempts that open nothing, and of relays that cannot send mail themselves. */
#include "address.h"
#include "report.h"
#include "test_cmd.h"

static void put(uint8_t command, const char *pool, const char *text)
{
	struct message *message = kernel_answer(command);
	struct prefix prefix;

	if (pool)
		message_put_string(message, OP25B_A_POOL, pool);
	assert_int_equal(prefix_parse(&prefix, text), DONE);
	message_put_prefix(message, OP25B_A_PREFIX, &prefix, NULL);
}

/* What is there before each change. */
static void put_policy(void)
{
	kernel_reset();
	put(OP25B_CMD_PREFIX_GET, "east", "10.0.0.0/8");
	put(OP25B_CMD_PREFIX_GET, "west", "10.1.0.0/16");
	put(OP25B_CMD_PREFIX_GET, "west", "10.16.0.0/16");
	put(OP25B_CMD_PREFIX_GET, "east", "10.2.128.0/17");
	put(OP25B_CMD_PREFIX_GET, "east", "172.16.0.0/25");
	put(OP25B_CMD_PREFIX_GET, "east", "172.16.0.128/25");
	put(OP25B_CMD_PREFIX_GET, "east", "2001:db8:e::/48");
	put(OP25B_CMD_EXEMPT_GET, "east", "10.0.0.7");
	put(OP25B_CMD_EXEMPT_GET, "east", "10.3.0.16/29");
	put(OP25B_CMD_EXEMPT_GET, "east", "10.3.1.24");
	put(OP25B_CMD_RELAY_GET, NULL, "192.0.2.0/28");
	put(OP25B_CMD_RELAY_GET, "west", "10.3.0.17");
	put(OP25B_CMD_RELAY_GET, NULL, "10.3.1.16/28");
	put(OP25B_CMD_RELAY_GET, NULL, "10.4.0.25");
	put(OP25B_CMD_RELAY_GET, NULL, "2001:db8:e::25");
}

#define OPENS_NOTHING(exempt) \
	"Warning: exempt " exempt " lies in no prefix of pool \"east\", and opens nothing until it does\n"
#define ELSEWHERE(exempt, pool, prefix, other) \
	"Warning: exempt " exempt " lies in no prefix of pool \"" pool "\", but in " prefix " of pool \"" other "\"\n"
#define NO_MAIL(relay, prefix, pool) \
	"Warning: relay " relay " lies in prefix " prefix " of pool \"" pool "\", and cannot send mail itself unless it is exempt\n"

static void test_changes(void **state)
{
	static const struct {
		const char *line;
		const char *err;
		const char *log;
	} rows[] = {
		/* exempts */
		{ "exempt add east 10.0.0.8 10.0.0.0/24", "",
		  "POOL_GET pool=east\nTEST 10.0.0.8/32 10.0.0.8/32\nTEST 10.0.0.0/32 10.0.0.0/32\n"
		  "EXEMPT_ADD pool=east 10.0.0.8/32 10.0.0.0/24\n" },
		{ "exempt add east 10.0.0.0/8", "", NULL },
		{ "exempt add -f east 10.0.0.7", "", NULL },
		{ "exempt add east 192.0.2.7", OPENS_NOTHING("192.0.2.7/32"),
		  "POOL_GET pool=east\nTEST 192.0.2.7/32 192.0.2.7/32\nEXEMPT_ADD pool=east 192.0.2.7/32\n" },
		{ "exempt add east 2001:db8:f::/56 10.0.0.9 192.0.2.7",
		  OPENS_NOTHING("192.0.2.7/32") OPENS_NOTHING("2001:db8:f::/56"), NULL },
		/* prefixes cover it in part, or in pieces, and are more specific */
		{ "exempt add east 8.0.0.0/6", OPENS_NOTHING("8.0.0.0/6"), NULL },
		{ "exempt add east 172.16.0.0/24", OPENS_NOTHING("172.16.0.0/24"),
		  "POOL_GET pool=east\nTEST 172.16.0.0/32 172.16.0.0/32\nEXEMPT_ADD pool=east 172.16.0.0/24\n"
		  "POOL_GET\nPREFIX_GET\n" },
		/* a more specific prefix at its first address, but a less specific one, too */
		{ "exempt add east 10.16.0.0/15", "", NULL },
		{ "exempt add east 10.1.0.7", "",
		  "POOL_GET pool=east\nTEST 10.1.0.7/32 10.1.0.7/32\nEXEMPT_ADD pool=east 10.1.0.7/32\nPOOL_GET\nPREFIX_GET\n" },
		{ "exempt add west 10.0.0.8",
		  ELSEWHERE("10.0.0.8/32", "west", "10.0.0.0/8", "east"), NULL },
		{ "exempt add west 10.2.128.8",
		  ELSEWHERE("10.2.128.8/32", "west", "10.2.128.0/17", "east"), NULL },
		{ "exempt del east 192.0.2.7", "", "EXEMPT_DEL pool=east 192.0.2.7/32\n" },
		/* relays */
		{ "relay add 192.0.2.16", "", "RELAY_ADD 192.0.2.16/32\nTEST 192.0.2.16/32 192.0.2.16/32\n" },
		{ "relay add 10.1.0.25", NO_MAIL("10.1.0.25/32", "10.1.0.0/16", "west"),
		  "RELAY_ADD 10.1.0.25/32\nTEST 10.1.0.25/32 10.1.0.25/32\n" },
		{ "relay add 10.1.0.25 pool east", NO_MAIL("10.1.0.25/32", "10.1.0.0/16", "west"), NULL },
		{ "relay add 10.0.0.7", "", NULL },
		{ "relay add 10.5.0.16/28 192.0.2.99", NO_MAIL("10.5.0.16/28", "10.0.0.0/8", "east"),
		  "RELAY_ADD 10.5.0.16/28 192.0.2.99/32\nTEST 10.5.0.16/32 10.5.0.16/32\n"
		  "TEST 192.0.2.99/32 192.0.2.99/32\nPOOL_GET\nEXEMPT_GET\n" },
		/* partly exempt, or partly outside: the servers may be there */
		{ "relay add 10.3.0.0/24", "", NULL },
		{ "relay add 10.3.0.18/31", "", NULL },
		{ "relay add 172.16.0.0/16", "", NULL },
		{ "relay add 0.0.0.0/0", "", NULL },
		/* another prefix within it, at its first address */
		{ "relay add 10.16.0.0/15", NO_MAIL("10.16.0.0/15", "10.0.0.0/8", "east"),
		  "RELAY_ADD 10.16.0.0/15\nTEST 10.16.0.0/32 10.16.0.0/32\nPOOL_GET\nPREFIX_GET\nEXEMPT_GET\n" },
		{ "relay add 10.0.0.0/7", "", "RELAY_ADD 10.0.0.0/7\nTEST 10.0.0.0/32 10.0.0.0/32\nPOOL_GET\nPREFIX_GET\nEXEMPT_GET\n" },
		{ "relay add 10.8.0.0/14", NO_MAIL("10.8.0.0/14", "10.0.0.0/8", "east"), NULL },
		/* new prefixes around relays */
		{ "prefix add west 10.9.0.0/16", "", "PREFIX_ADD pool=west 10.9.0.0/16\nRELAY_GET\nPOOL_GET pool=west\n" },
		{ "prefix add east 10.4.0.0/24 10.4.0.0/16", NO_MAIL("10.4.0.25/32", "10.0.0.0/8", "east"),
		  "PREFIX_ADD pool=east 10.4.0.0/24 10.4.0.0/16\nRELAY_GET\nPOOL_GET pool=east\n"
		  "TEST 10.4.0.25/32 10.4.0.25/32\n" },
		{ "prefix add east 10.3.0.0/16", "", NULL },
		{ "pool add east prefix 2001:db8:e::/48",
		  NO_MAIL("2001:db8:e::25/128", "2001:db8:e::/48", "east"), NULL },
		{ "pool add east", "", "POOL_ADD pool=east\n" },
		{ "pool set east mode off", "", "POOL_SET pool=east mode=2\n" },
	};
	char line[128];
	size_t i;
	int json;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (json = 0; json < 2; json++) {
			put_policy();
			sprintf(line, "%s%s", json ? "-j " : "", rows[i].line);
			op25bctl(line);
			assert_string_equal(run.err, rows[i].err);
			assert_string_equal(run.out, "");
			assert_int_equal(run.code, DONE);
			if (rows[i].log)
				assert_string_equal(kernel.log, rows[i].log);
		}
	}

	/* what is refused is not warned of */
	put_policy();
	kernel_refuse(OP25B_CMD_EXEMPT_ADD, "east", ENOENT, "pool does not exist");
	op25bctl("exempt add east 192.0.2.7");
	assert_string_equal(run.err, "Error: pool \"east\" does not exist\n");
	assert_int_equal(run.code, REFUSED);
}

/* A question that is not answered does not make a change fail. */
static void test_no_answer(void **state)
{
	static const struct {
		uint8_t refused;
		const char *line;
	} rows[] = {
		{ OP25B_CMD_TEST, "exempt add east 192.0.2.7" },
		{ OP25B_CMD_PREFIX_GET, "exempt add east 172.16.0.0/24" },
		{ OP25B_CMD_TEST, "relay add 10.1.0.25" },
		{ OP25B_CMD_EXEMPT_GET, "relay add 10.5.0.16/28" },
		{ OP25B_CMD_PREFIX_GET, "relay add 10.16.0.0/15" },
		{ OP25B_CMD_RELAY_GET, "prefix add east 10.4.0.0/16" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_policy();
		kernel_refuse(rows[i].refused, NULL, ENOMEM, NULL);
		op25bctl(rows[i].line);
		assert_string_equal(run.err, "");
		assert_int_equal(run.code, DONE);
	}
}

static void test_batch(void **state)
{
	(void)state;
	put_policy();
	op25bctl_with("-j -b -", "\nexempt add east 192.0.2.7\nrelay add 10.1.0.25\n");
	assert_string_equal(run.err,
			    "-:2: " OPENS_NOTHING("192.0.2.7/32")
			    "-:3: " NO_MAIL("10.1.0.25/32", "10.1.0.0/16", "west"));
	assert_string_equal(run.out, "{\"line\":1,\"ok\":true}\n{\"line\":2,\"ok\":true}\n"
				     "{\"line\":3,\"ok\":true}\n");
	assert_int_equal(run.code, DONE);
}

static void test_restore(void **state)
{
	static const char *const rows[][2] = {
		{ "pool add east prefix 10.0.0.0/8\nexempt add east 10.0.0.7\n", "" },
		{ "pool add east prefix 10.0.0.0/8\nexempt add east 11.0.0.7\n",
		  OPENS_NOTHING("11.0.0.7/32") },
		{ "pool add east\nexempt add east 10.0.0.7 10.0.0.7 11.0.0.0/8\nprefix add east 11.0.0.0/9\n"
		  "prefix add east 11.128.0.0/9\n",
		  OPENS_NOTHING("10.0.0.7/32") OPENS_NOTHING("11.0.0.0/8") },
		{ "pool add east\npool add west prefix 10.0.0.0/8 10.0.0.0/24\nexempt add east 10.0.0.7\n",
		  ELSEWHERE("10.0.0.7/32", "east", "10.0.0.0/24", "west") },
		{ "pool add east prefix 10.0.0.0/8 10.5.0.0/16\nrelay add 10.0.0.25 10.5.0.25 192.0.2.0/24\n"
		  "exempt add east 10.0.0.26\n",
		  NO_MAIL("10.0.0.25/32", "10.0.0.0/8", "east")
		  NO_MAIL("10.5.0.25/32", "10.5.0.0/16", "east") },
		{ "pool add east prefix 10.0.0.0/8\nrelay add 10.0.0.0/28\nrelay add 10.0.1.0/28 pool east\n"
		  "relay add 0.0.0.0/0\nexempt add east 10.0.0.0/24 10.0.1.15\n", "" },
		/* the prefix is more specific than the exempt */
		{ "pool add east prefix 10.0.0.0/8 10.0.0.0/28\nrelay add 10.0.0.1\n"
		  "exempt add east 10.0.0.0/24\n",
		  NO_MAIL("10.0.0.1/32", "10.0.0.0/28", "east") },
		{ "pool add east prefix 10.0.0.1 10.0.0.0/8\nrelay add 10.0.0.1\nexempt add east 10.0.0.1\n",
		  "" },
		/* without exempts, the kernel is asked about relays afterwards */
		{ "pool add east prefix 10.0.0.0/8\nrelay add 10.16.0.25 192.0.2.0/24 10.0.0.7\n",
		  NO_MAIL("10.16.0.25/32", "10.16.0.0/16", "west") },
		/* the kernel is asked what deletions leave; the fake one takes none */
		{ "pool add east prefix 10.0.0.0/8\nexempt add east 10.0.0.7\nexempt add east 11.0.0.7\n"
		  "relay add 10.0.0.25\nprefix del east 10.0.0.0/9\n",
		  OPENS_NOTHING("11.0.0.7/32") NO_MAIL("10.0.0.25/32", "10.0.0.0/8", "east") },
		{ "pool add east\nexempt add east 11.0.0.1 11.0.0.6 11.0.0.3 11.0.0.4 11.0.0.5 11.0.0.2 11.0.0.7\n",
		  OPENS_NOTHING("11.0.0.1/32") OPENS_NOTHING("11.0.0.2/32") OPENS_NOTHING("11.0.0.3/32")
		  OPENS_NOTHING("11.0.0.4/32") OPENS_NOTHING("11.0.0.5/32") "Warning: and 2 more\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_policy();
		write_file("site.conf", rows[i][0]);
		op25bctl("restore site.conf");
		assert_string_equal(run.err, rows[i][1]);
		assert_string_equal(run.out, "");
		assert_int_equal(run.code, DONE);
		if (strstr(rows[i][1], "10.16.0.25"))
			continue;
		op25bctl("restore -n site.conf");
		assert_string_equal(run.err, rows[i][1]);
		op25bctl("diff site.conf");
		assert_string_equal(run.err, "");
	}
	kernel_refuse(OP25B_CMD_RESTORE_COMMIT, NULL, ENOMEM, NULL);
	op25bctl("restore site.conf");
	assert_string_equal(run.err, "Error: Cannot allocate memory\n");
}

/* Any prefixes in any order: the same warnings as by comparing each with each. */
static void test_random(void **state)
{
	struct prefix prefixes[40], exempts[40];
	char text[PREFIX_TEXT_MAX], *file, *expected;
	size_t size, i, j, round, count;
	FILE *out;

	(void)state;
	srand(25);
	for (round = 0; round < 300; round++) {
		out = open_memstream(&file, &size);
		fputs("pool add east\n", out);
		for (i = 0; i < 80; i++) {
			struct prefix *prefix = i < 40 ? &prefixes[i] : &exempts[i - 40];
			unsigned int length = rand() % 9, address = rand() & (0xff00 >> length) & 0xff;

			*prefix = (struct prefix) { AF_INET, 24 + length, { 10, 0, 0, address } };
			fprintf(out, "%s add -f east %s\n", i < 40 ? "prefix" : "exempt",
				prefix_format(prefix, text));
		}
		fclose(out);
		for (i = 0, count = 0; i < 40; i++) {
			bool again = false, held = false;

			for (j = 0; j < i; j++)
				again |= !prefix_compare(&exempts[i], &exempts[j]);
			for (j = 0; j < 40; j++)
				held |= prefixes[j].length <= exempts[i].length &&
					!((prefixes[j].address[3] ^ exempts[i].address[3]) &
					  (0xff00 >> (prefixes[j].length - 24)) & 0xff);
			count += !again && !held;
		}
		kernel_reset();
		write_file("site.conf", file);
		op25bctl("restore site.conf");
		assert_int_equal(run.code, DONE);
		for (i = 0, expected = run.err; (expected = strchr(expected, '\n')); i++)
			expected++;
		assert_int_equal(i, count > 5 ? 6 : count);
		free(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_changes),
		TEST(test_no_answer),
		TEST(test_batch),
		TEST(test_restore),
		TEST(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
