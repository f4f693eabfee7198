// SPDX-License-Identifier: GPL-2.0
/* Parsing prefixes, compared with tables and with inet_pton(). */
#include <arpa/inet.h>

#include "address.h"
#include "report.h"
#include "test_cmd.h"

static void test_good(void **state)
{
	static const char *const rows[][2] = {
		{ "10.0.0.0/24", "10.0.0.0/24" },
		{ "10.0.0.7", "10.0.0.7/32" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "128.0.0.0/1", "128.0.0.0/1" },
		{ "255.255.255.255", "255.255.255.255/32" },
		{ "10.0.0.2/31", "10.0.0.2/31" },
		{ "::/0", "::/0" },
		{ "::", "::/128" },
		{ "::1", "::1/128" },
		{ "1::", "1::/128" },
		{ "2001:DB8::/32", "2001:db8::/32" },
		{ "2001:0db8:0000:0000:0000:0000:0000:0000/33", "2001:db8::/33" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8/128" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0/128" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8/128" },
		{ "fe80::ffff:0:0/96", "fe80::ffff:0:0/96" },
		{ "::/80", "::/80" },
		{ "::fffe:0:0/95", "::fffe:0:0/95" },
		{ "::1:ffff:192.0.2.1", "::1:ffff:c000:201/128" },
		{ "64:ff9b::192.0.2.0/120", "64:ff9b::c000:200/120" },
		{ "2001:db8::fffe/127", "2001:db8::fffe/127" },
		{ "2001:db8:0:8000::/49", "2001:db8:0:8000::/49" },
	};
	char text[PREFIX_TEXT_MAX], line[128];
	struct prefix prefix, plain;
	const char *end;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(prefix_looks_like(rows[i][0]));
		assert_int_equal(prefix_parse(&prefix, rows[i][0]), DONE);
		assert_string_equal(prefix_format(&prefix, text), rows[i][1]);

		sprintf(line, "%s\n", rows[i][0]);
		end = prefix_read_plain(&plain, line);
		if (end && *end == '\n')
			assert_memory_equal(&plain, &prefix, sizeof(plain));
		else
			assert_non_null(strrchr(strchr(line, ':'), '.'));
	}
}

static void test_bad(void **state)
{
	static const char *const rows[][2] = {
		{ "10.0.0.1/24", "prefix 10.0.0.1/24 has host bits set, did you mean 10.0.0.0/24?" },
		{ "10.0.0.1/0", "prefix 10.0.0.1/0 has host bits set, did you mean 0.0.0.0/0?" },
		{ "10.0.0.1/31", "prefix 10.0.0.1/31 has host bits set, did you mean 10.0.0.0/31?" },
		{ "2001:DB8::1/32", "prefix 2001:DB8::1/32 has host bits set, did you mean 2001:db8::/32?" },
		{ "::1/64", "prefix ::1/64 has host bits set, did you mean ::/64?" },
		{ "::1/127", "prefix ::1/127 has host bits set, did you mean ::/127?" },
		{ "1:2:3:4:8000::/64", "prefix 1:2:3:4:8000::/64 has host bits set, did you mean 1:2:3:4::/64?" },
		{ "1:2:3:5::/63", "prefix 1:2:3:5::/63 has host bits set, did you mean 1:2:3:4::/63?" },
		{ "::ffff:192.0.2.1/120", "prefix ::ffff:192.0.2.1/120 is IPv4-mapped, did you mean 192.0.2.0/24?" },
		{ "::ffff:192.0.2.1", "prefix ::ffff:192.0.2.1 is IPv4-mapped, did you mean 192.0.2.1/32?" },
		{ "::ffff:a00:100/120", "prefix ::ffff:a00:100/120 is IPv4-mapped, did you mean 10.0.1.0/24?" },
		{ "::FFFF:0:0/96", "prefix ::FFFF:0:0/96 is IPv4-mapped, did you mean 0.0.0.0/0?" },
		{ "::ffff:0:0/95", "prefix ::ffff:0:0/95 has host bits set, did you mean ::fffe:0:0/95?" },
		{ "10.0.0.0/033", "prefix 10.0.0.0/033 has a bad length, expected 0 to 32" },
		{ "10.0.0.0/33", "prefix 10.0.0.0/33 has a bad length, expected 0 to 32" },
		{ "10.0.0.0/4294967296", "prefix 10.0.0.0/4294967296 has a bad length, expected 0 to 32" },
		{ "10.0.0.0/-1", "prefix 10.0.0.0/-1 has a bad length, expected 0 to 32" },
		{ "10.0.0.0/+8", "prefix 10.0.0.0/+8 has a bad length, expected 0 to 32" },
		{ "10.0.0.0/00", "prefix 10.0.0.0/00 has a bad length, expected 0 to 32" },
		{ "10.0.0.0/", "prefix 10.0.0.0/ has a bad length, expected 0 to 32" },
		{ "10.0.0.0/8x", "prefix 10.0.0.0/8x has a bad length, expected 0 to 32" },
		{ "10.0.0.0/8/8", "prefix 10.0.0.0/8/8 has a bad length, expected 0 to 32" },
		{ "10.0.0.0/255.255.255.0", "prefix 10.0.0.0/255.255.255.0 has a netmask, did you mean 10.0.0.0/24?" },
		{ "10.0.0.7/255.255.255.0", "prefix 10.0.0.7/255.255.255.0 has a netmask, did you mean 10.0.0.0/24?" },
		{ "10.0.0.7/255.255.255.255", "prefix 10.0.0.7/255.255.255.255 has a netmask, did you mean 10.0.0.7/32?" },
		{ "10.0.0.0/128.0.0.0", "prefix 10.0.0.0/128.0.0.0 has a netmask, did you mean 0.0.0.0/1?" },
		{ "0.0.0.0/0.0.0.0", "prefix 0.0.0.0/0.0.0.0 has a netmask, did you mean 0.0.0.0/0?" },
		{ "10.0.0.0/0.0.0.255", "prefix 10.0.0.0/0.0.0.255 has a netmask, did you mean 10.0.0.0/24?" },
		{ "10.0.0.0/255.0.255.0", "prefix 10.0.0.0/255.0.255.0 has a bad length, expected 0 to 32" },
		{ "10.0.0.0/0.0.255.0", "prefix 10.0.0.0/0.0.255.0 has a bad length, expected 0 to 32" },
		{ "2001:db8::/255.0.0.0", "prefix 2001:db8::/255.0.0.0 has a bad length, expected 0 to 128" },
		{ "10.0.0.0/24,10.0.1.0/24", "\"10.0.0.0/24,10.0.1.0/24\" is not a prefix, expected blanks between prefixes, not commas" },
		{ "10.0.0.1,10.0.0.2", "\"10.0.0.1,10.0.0.2\" is not a prefix, expected blanks between prefixes, not commas" },
		{ "2001:db8::/32,", "\"2001:db8::/32,\" is not a prefix, expected blanks between prefixes, not commas" },
		{ "10.0.0.0-10.0.0.255", "\"10.0.0.0-10.0.0.255\" is not a prefix, expected prefixes such as 10.0.0.0/24, not a range" },
		{ "10.0.0.0/25-10.0.0.255", "\"10.0.0.0/25-10.0.0.255\" is not a prefix, expected prefixes such as 10.0.0.0/24, not a range" },
		{ "fe80::-fe80::ff", "\"fe80::-fe80::ff\" is not a prefix, expected prefixes such as 10.0.0.0/24, not a range" },
		{ "be-ef", "\"be-ef\" is not a prefix" },
		{ "2001:db8::/129", "prefix 2001:db8::/129 has a bad length, expected 0 to 128" },
		{ "2001:db8::/1280", "prefix 2001:db8::/1280 has a bad length, expected 0 to 128" },
		{ "", "\"\" is not a prefix" },
		{ "/", "\"/\" is not a prefix" },
		{ "/24", "\"/24\" is not a prefix" },
		{ "10", "\"10\" is not a prefix" },
		{ "10.0.0", "\"10.0.0\" is not a prefix" },
		{ "10.0.0/24", "\"10.0.0/24\" is not a prefix" },
		{ "10.0.0.0.", "\"10.0.0.0.\" is not a prefix" },
		{ "10.0.0.0.0", "\"10.0.0.0.0\" is not a prefix" },
		{ "10.0.0.256", "\"10.0.0.256\" is not a prefix" },
		{ "10.0.0.01", "\"10.0.0.01\" is not a prefix" },
		{ "0x0a.0.0.0", "\"0x0a.0.0.0\" is not a prefix" },
		{ " 10.0.0.0", "\" 10.0.0.0\" is not a prefix" },
		{ "10.0.0.0 /8", "\"10.0.0.0 /8\" is not a prefix" },
		{ "fe80::1%eth0", "\"fe80::1%eth0\" is not a prefix" },
		{ "fe80::1%1/64", "\"fe80::1%1/64\" is not a prefix" },
		{ ":", "\":\" is not a prefix" },
		{ ":::", "\":::\" is not a prefix" },
		{ "1:::", "\"1:::\" is not a prefix" },
		{ ":1", "\":1\" is not a prefix" },
		{ "1:", "\"1:\" is not a prefix" },
		{ "1::2::3", "\"1::2::3\" is not a prefix" },
		{ "1:2:3:4:5:6:7", "\"1:2:3:4:5:6:7\" is not a prefix" },
		{ "1:2:3:4:5:6:7:8:9", "\"1:2:3:4:5:6:7:8:9\" is not a prefix" },
		{ "1:2:3:4::5:6:7:8", "\"1:2:3:4::5:6:7:8\" is not a prefix" },
		{ "12345::", "\"12345::\" is not a prefix" },
		{ "::g", "\"::g\" is not a prefix" },
		{ "[::1]", "\"[::1]\" is not a prefix" },
		{ "mail.example.org", "\"mail.example.org\" is not a prefix" },
	};
	char command[128], expected[256], line[128];
	struct prefix prefix;
	const char *end;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sprintf(command, "prefix add east '%s'", rows[i][0]);
		sprintf(expected, "Error: %s\n", rows[i][1]);
		op25bctl(command);
		assert_string_equal(run.err, expected);
		assert_int_equal(run.code, USAGE);

		sprintf(line, "%s\n", rows[i][0]);
		end = prefix_read_plain(&prefix, line);
		assert_true(!end || *end != '\n');
	}
	assert_string_equal(kernel.log, "");
}

/* A random character, mostly one that an address may have. */
static char character(int family)
{
	const char *set = family == AF_INET ? "0123456789.." : "0123456789abcdefABCDEF:::::.g";

	return set[rand() % strlen(set)];
}

/* Random addresses, with up to two characters changed, are parsed as inet_pton() does. */
static void test_random(void **state)
{
	char text[64], canonical[PREFIX_TEXT_MAX];
	FILE *real_stderr = stderr;
	unsigned char address[16];
	int i, j, good = 0;

	(void)state;
	srand(25);
	stderr = fopen("/dev/null", "w");
	for (i = 0; i < 200000; i++) {
		int family = i % 2 ? AF_INET : AF_INET6;
		struct prefix prefix;
		bool taken;

		for (j = 0; j < 16; j++)
			address[j] = rand() % 3 ? 0 : rand();
		inet_ntop(family, address, text, sizeof(text));
		for (j = rand() % 3; j > 0; j--) {
			int at = rand() % (strlen(text) + 1);

			if (!text[at])
				text[at + 1] = '\0';
			text[at] = character(family);
		}
		family = strchr(text, ':') ? AF_INET6 : AF_INET;
		taken = inet_pton(family, text, address) == 1;
		assert_int_equal(address_parse(&prefix, text), taken ? DONE : USAGE);
		if (!taken)
			continue;
		good++;
		assert_int_equal(prefix.family, family);
		assert_memory_equal(prefix.address, address, family == AF_INET ? 4 : 16);
		inet_ntop(family, address, text, sizeof(text));
		assert_string_equal(address_format(&prefix, canonical), text);
	}
	fclose(stderr);
	stderr = real_stderr;
	assert_true(good > 50000 && good < 150000);
}

/* The prefix that an error suggests has as many bits set as its length. */
static void test_lengths(void **state)
{
	struct prefix prefix, meant;
	char text[64];
	FILE *real_stderr = stderr;
	int length, i;

	(void)state;
	for (length = 0; length <= 128; length++) {
		char *error = NULL;
		size_t size;

		sprintf(text, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/%d", length);
		stderr = open_memstream(&error, &size);
		assert_int_equal(prefix_parse(&prefix, text), length == 128 ? DONE : USAGE);
		fclose(stderr);
		stderr = real_stderr;
		if (length < 128) {
			*strrchr(error, '?') = '\0';
			assert_int_equal(prefix_parse(&meant, strstr(error, "mean ") + 5), DONE);
			assert_int_equal(meant.length, length);
			for (i = 0; i < 128; i++)
				assert_int_equal(meant.address[i / 8] >> (7 - i % 8) & 1,
						 i < length);
		}
		free(error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good),
		TEST(test_bad),
		TEST(test_random),
		TEST(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
