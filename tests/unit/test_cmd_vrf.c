// SPDX-License-Identifier: GPL-2.0
/* Pools and sessions that belong to a VRF. */
#include "address.h"
#include "report.h"
#include "test_cmd.h"

static void put_pool(const char *name, const char *vrf)
{
	struct message *message = kernel_answer(OP25B_CMD_POOL_GET);

	message_put_string(message, OP25B_A_POOL, name);
	message_put_u32(message, OP25B_A_MODE, OP25B_MODE_ENFORCE);
	message_put_u32(message, OP25B_A_ACTION, OP25B_ACTION_DROP);
	if (vrf)
		message_put_string(message, OP25B_A_VRF, vrf);
}

static void put(uint8_t command, const char *pool, const char *text)
{
	struct message *message = kernel_answer(command);
	struct prefix prefix;

	message_put_string(message, OP25B_A_POOL, pool);
	assert_int_equal(prefix_parse(&prefix, text), DONE);
	message_put_prefix(message, OP25B_A_PREFIX, &prefix, NULL);
}

/* Three pools with the same prefix and one, west, with none */
static void put_policy(void)
{
	kernel_reset();
	put_pool("red1", "red");
	put_pool("blue1", "blue");
	put_pool("none1", NULL);
	put_pool("red2", "red");
	put_pool("west", NULL);
	put(OP25B_CMD_PREFIX_GET, "red1", "10.0.0.0/24");
	put(OP25B_CMD_PREFIX_GET, "blue1", "10.0.0.0/24");
	put(OP25B_CMD_PREFIX_GET, "none1", "10.0.0.0/24");
	put(OP25B_CMD_EXEMPT_GET, "blue1", "2001:db8::/64");
	put(OP25B_CMD_EXEMPT_GET, "none1", "2001:db8::/64");
}

static void expect(const char *line, int code, const char *out, const char *err)
{
	*kernel.log = '\0';
	op25bctl(line);
	assert_string_equal(run.err, err);
	assert_string_equal(run.out, out);
	assert_int_equal(run.code, code);
}

static void test_usage(void **state)
{
	(void)state;
	expect("pool add x vrf", USAGE, "", "Error: vrf takes the name of a device\n");
	expect("pool add x vrf ''", USAGE, "", "Error: vrf takes the name of a device, not \"\"\n");
	expect("pool add x vrf a vrf b", USAGE, "", "Error: vrf is given twice\n");
	expect("pool add x vrf a23456789b123456", USAGE, "",
	       "Error: vrf takes the name of a device, not \"a23456789b123456\"\n");
	expect("pool add x vrf '\377'", USAGE, "",
	       "Error: vrf takes the name of a device, not \"\\xff\"\n");
	expect("pool set x vrf red", USAGE, "",
	       "Error: the VRF of a pool cannot change: delete the pool and add it, or restore a file\n");
	expect("test 10.0.0.1 192.0.2.1 vrf red dev lo", USAGE, "",
	       "Error: \"dev\" is one word too many\n");
	expect("test 10.0.0.1 192.0.2.1 vrf", USAGE, "", "Error: vrf takes the name of a device\n");
}

static void test_show_and_save(void **state)
{
	(void)state;
	put_pool("east", NULL);
	put_pool("r", "red");
	op25bctl("pool show");
	assert_non_null(strstr(run.out, "  VRF\neast "));
	assert_non_null(strstr(run.out, "  -\nr "));
	assert_non_null(strstr(run.out, "  red\n"));
	op25bctl("-j pool show");
	assert_non_null(strstr(run.out, "{\"name\":\"east\",\"vrf\":null,"));
	assert_non_null(strstr(run.out, "{\"name\":\"r\",\"vrf\":\"red\","));
	op25bctl("pool show r");
	assert_ptr_equal(strstr(run.out, "r  vrf red  mode enforce"), run.out);
	expect("save", DONE,
	       "# begin of op25bctl save\n"
	       "pool add east mode enforce action drop\n"
	       "pool add r mode enforce action drop vrf red\n"
	       "# end of op25bctl save\n", "");
	op25bctl("metrics");
	assert_non_null(strstr(run.out, "{pool=\"r\",vrf=\"red\",mode="));

	/* from another client: the name of a device may have any bytes */
	put_pool("odd", "e\033[31m\377");
	op25bctl("pool show");
	assert_non_null(strstr(run.out, "  e?[31m?\n"));
	op25bctl("save");
	assert_int_equal(run.code, REFUSED);
	assert_non_null(strstr(run.err, "does not know VRF of pool \"odd\", whose name is not UTF-8"));

	/* without one, the table has no column for it */
	kernel_reset();
	put_pool("east", NULL);
	op25bctl("pool show");
	assert_null(strstr(run.out, "VRF"));
}

/* A pool that changes its VRF is another one to diff. */
static void test_diff(void **state)
{
	(void)state;
	put_pool("r", "red");
	put_pool("b", NULL);
	write_file("site.conf", "pool add r vrf red\npool add b\n");
	expect("diff site.conf", DONE, "", "");
	write_file("site.conf", "pool add r vrf blue\npool add b\n");
	expect("diff site.conf", 1,
	       "- pool add r mode enforce action drop vrf red\n"
	       "+ pool add r mode enforce action drop vrf blue\n", "");
	write_file("site.conf", "pool add r\npool add b vrf red\n");
	expect("diff site.conf", 1,
	       "- pool add r mode enforce action drop vrf red\n"
	       "+ pool add r mode enforce action drop\n"
	       "- pool add b mode enforce action drop\n"
	       "+ pool add b mode enforce action drop vrf red\n", "");
}

static void test_test(void **state)
{
	struct message *message = kernel_answer(OP25B_CMD_TEST);

	(void)state;
	message_put_string(message, OP25B_A_VRF, "e\033");
	message_put_u32(message, OP25B_A_VERDICT, OP25B_VERDICT_BLOCKED);
	message_put_string(message, OP25B_A_POOL, "r");
	op25bctl("-j test 10.0.0.1 192.0.2.1 vrf red");
	assert_non_null(strstr(run.out, "\"vrf\":\"e?\",\"pool\":\"r\""));
	assert_string_equal(kernel.log, "TEST 10.0.0.1/32 192.0.2.1/32 vrf=red\n");
	op25bctl("test 10.0.0.1 192.0.2.1 dev red");
	assert_non_null(strstr(run.out, "\n  vrf     e?\n"));
}

/* Of several pools with a prefix, the one in the same VRF collides; Linux before 6.2 does not say which. */
static void test_collisions(void **state)
{
	static const struct {
		const char *line;
		uint8_t command;
		const char *value;
		const char *text;
		const char *error;
	} rows[] = {
		{ "prefix add red2 10.0.0.0/24", OP25B_CMD_PREFIX_ADD, "10.0.0.0/24",
		  "prefix is in another pool", "prefix 10.0.0.0/24 is in pool \"red1\"" },
		{ "prefix add west 10.0.0.0/24", OP25B_CMD_PREFIX_ADD, "10.0.0.0/24",
		  "prefix is in another pool", "prefix 10.0.0.0/24 is in pool \"none1\"" },
		{ "pool add x vrf blue prefix 10.0.0.0/24", OP25B_CMD_POOL_ADD, "10.0.0.0/24",
		  "prefix is in another pool", "prefix 10.0.0.0/24 is in pool \"blue1\"" },
		{ "pool add x prefix 2001:db8::/64", OP25B_CMD_POOL_ADD, "2001:db8::/64",
		  "prefix is an exempt of another pool",
		  "prefix 2001:db8::/64 is an exempt of pool \"none1\"" },
		/* it has gone meanwhile */
		{ "pool add x vrf green prefix 10.0.0.0/24", OP25B_CMD_POOL_ADD, "10.0.0.0/24",
		  "prefix is in another pool", "prefix 10.0.0.0/24 is in another pool" },
		{ "prefix del red2 10.0.0.0/24", OP25B_CMD_PREFIX_DEL, "10.0.0.0/24",
		  "prefix is not in the pool", "prefix 10.0.0.0/24 is in pool \"red1\"" },
		/* the kernel's own words */
		{ "pool add -f red1 vrf blue", OP25B_CMD_POOL_ADD, "blue",
		  "VRF is not that of the pool, \"red\"",
		  "VRF \"blue\" is not that of the pool, \"red\"" },
		{ "pool add -f red1 vrf blue", OP25B_CMD_POOL_ADD, "blue",
		  "VRF is not that of the pool, which cannot change",
		  "VRF \"blue\" is not that of the pool, \"red\"" },
		{ "test 10.0.0.1 192.0.2.1 vrf a/b", OP25B_CMD_TEST, "a/b",
		  "VRF needs the name of a device", "VRF \"a/b\" needs the name of a device" },
		{ "session add a 10.0.0.1 vrf a/b", OP25B_CMD_SESSION_ADD, "a/b",
		  "VRF needs the name of a device", "VRF \"a/b\" needs the name of a device" },
		{ "prefix move west 10.0.1.0/24", OP25B_CMD_PREFIX_MOVE, "10.0.1.0/24",
		  "prefix is in no pool without a VRF",
		  "prefix 10.0.1.0/24 is in no pool without a VRF" },
	};
	char error[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_policy();
		kernel_refuse(rows[i].command, rows[i].value, EEXIST, rows[i].text);
		sprintf(error, "Error: %s\n", rows[i].error);
		expect(rows[i].line, REFUSED, "", error);
	}

	/* if the pools cannot be asked for, the kernel's text is printed */
	put_policy();
	kernel_refuse(OP25B_CMD_PREFIX_ADD, "10.0.0.0/24", EEXIST, "prefix is in another pool");
	kernel_refuse(OP25B_CMD_POOL_GET, NULL, ENOMEM, NULL);
	expect("prefix add red2 10.0.0.0/24", REFUSED, "",
	       "Error: prefix 10.0.0.0/24 is in another pool\n");
	put_policy();
	kernel_refuse(OP25B_CMD_POOL_ADD, "blue", EEXIST,
		      "VRF is not that of the pool, which cannot change");
	kernel_refuse(OP25B_CMD_POOL_GET, NULL, ENOMEM, NULL);
	expect("pool add -f red1 vrf blue", REFUSED, "",
	       "Error: VRF \"blue\" is not that of the pool, which cannot change\n");
}

/* The same addresses are others in a VRF. */
static void test_warnings(void **state)
{
	static const char outside[] =
		"Warning: exempt 10.0.0.7/32 lies in no prefix of pool \"%s\", and opens nothing until it does\n";
	char warning[128];

	(void)state;
	write_file("site.conf",
		   "pool add r vrf red prefix 10.0.0.0/24\n"
		   "pool add s vrf red\n"
		   "pool add n\n"
		   "exempt add n 10.0.0.7\n"
		   "relay add 10.0.0.25\n");
	sprintf(warning, outside, "n");
	expect("restore site.conf", DONE, "", warning);
	/* what deletes something has the kernel asked */
	write_file("site.conf",
		   "pool add x\n"
		   "pool del -f x\n"
		   "pool add r vrf red prefix 10.0.0.0/24\n"
		   "pool add n\n"
		   "exempt add n 10.0.0.7\n"
		   "exempt add r 10.0.0.8\n"
		   "relay add 10.0.0.25\n");
	expect("restore site.conf", DONE, "", warning);
	/* one that belongs to the same VRF */
	write_file("site.conf",
		   "pool add r vrf red prefix 10.0.0.0/24\n"
		   "pool add s vrf red\n"
		   "exempt add s 10.0.0.7\n");
	expect("restore site.conf", DONE, "",
	       "Warning: exempt 10.0.0.7/32 lies in no prefix of pool \"s\", but in 10.0.0.0/24 of pool \"r\"\n");

	kernel_reset();
	put_pool("r", "red");
	put(OP25B_CMD_RELAY_GET, "r", "10.0.0.25");
	expect("prefix add r 10.0.0.0/24", DONE, "", "");
	expect("pool add s vrf red prefix 10.0.0.0/24", DONE, "", "");
	/* in no VRF, it is asked for */
	put(OP25B_CMD_PREFIX_GET, "n", "10.0.0.0/24");
	expect("prefix add n 10.0.0.0/24", DONE, "",
	       "Warning: relay 10.0.0.25/32 lies in prefix 10.0.0.0/24 of pool \"n\", and cannot send mail itself unless it is exempt\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_usage),
		TEST(test_show_and_save),
		TEST(test_diff),
		TEST(test_test),
		TEST(test_collisions),
		TEST(test_warnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
