// SPDX-License-Identifier: GPL-2.0
/*
 * metrics: the counters, in the text format of Prometheus
 *
 * Everything is read before anything is printed, so that a scrape gets all of it or an error.
 */
#include <inttypes.h>
#include <stdio.h>

#include "http.h"
#include "installed.h"
#include "output.h"
#include "read.h"
#include "report.h"

/* Starts a metric: its samples follow. */
static void metric(const char *name, const char *type, const char *help)
{
	printf("# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A metric of one sample */
static void gauge(const char *name, const char *help, uint64_t value)
{
	metric(name, "gauge", help);
	printf("%s %" PRIu64 "\n", name, value);
}

static void print_label(const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			putchar('\\');
		if (*text == '\n')
			fputs("\\n", stdout);
		else
			putchar(*text);
	}
}

static void print_status(const struct status *status)
{
	metric("op25b_info", "gauge", "The version of the loaded module.");
	fputs("op25b_info{version=\"", stdout);
	print_label(status->version);
	puts("\"} 1");
	gauge("op25b_module_outdated", "Whether another module is installed than the loaded one.",
	      installed_differs());
	gauge("op25b_policy_generation", "The number of the policy in force.", status->generation);
	if (status->applied)
		gauge("op25b_policy_applied_timestamp_seconds",
		      "When a command changed the policy last.", status->applied);
	gauge("op25b_policy_unconfirmed", "Whether the policy in force waits to be confirmed.",
	      status->confirm > 0);
	gauge("op25b_relays", "Relays, of every pool and of single pools.", status->relays);
	gauge("op25b_targets", "Targets, of every pool and of single pools.", status->targets);
	gauge("op25b_sessions", "Sessions of a BRAS for which port 25 is open.", status->sessions);
	metric("op25b_events_lost_total", "counter",
	       "Events that were sent to nobody: too many at once, or no memory to make them.");
	printf("op25b_events_lost_total %" PRIu64 "\n", status->lost);
}

static void print_info(const struct policy *policy)
{
	char mode[KEYWORD_NUMBER_MAX], action[KEYWORD_NUMBER_MAX];
	size_t i;

	metric("op25b_pool_info", "gauge", "The settings of a pool.");
	for (i = 0; i < policy->pool_count; i++) {
		printf("op25b_pool_info{pool=\"%s\",vrf=\"", policy->names->name[i].text);
		print_label(policy->pools[i].vrf);
		printf("\",mode=\"%s\",action=\"%s\"} 1\n",
		       keyword_format(&mode_keywords, policy->pools[i].mode, mode),
		       keyword_format(&action_keywords, policy->pools[i].action, action));
	}
}

static void print_lengths(const struct policy *policy, enum policy_list list, const char *name,
			  const char *help)
{
	size_t i;

	metric(name, "gauge", help);
	for (i = 0; i < policy->pool_count; i++)
		printf("%s{pool=\"%s\"} %" PRIu32 "\n", name, policy->names->name[i].text,
		       policy->pools[i].counts[list]);
}

static void print_senders(const struct policy *policy)
{
	size_t i;

	metric("op25b_pool_senders", "gauge",
	       "About how many subscribers of a pool were senders since the last reset.");
	for (i = 0; i < policy->pool_count; i++)
		if (policy->pools[i].sender_counted)
			printf("op25b_pool_senders{pool=\"%s\"} %" PRIu64 "\n",
			       policy->names->name[i].text, policy->pools[i].sender_count);
}

/* A class that a pool looks for only with a guard counts as soon as it has the guard. */
static bool has_class(const struct pool *pool, int class)
{
	const char *word = keyword_name(&class_keywords, class);
	int verdict, bit = keyword_number(&guard_keywords, word);

	if (bit < 0 || pool->guard & 1 << bit)
		return true;
	for (verdict = OP25B_VERDICT_BLOCKED; verdict < VERDICTS; verdict++)
		if (pool->packets[class][verdict])
			return true;
	return false;
}

static void print_packets(const struct policy *policy)
{
	int class, verdict;
	size_t i;

	metric("op25b_packets_total", "counter", "Packets of a pool, by class and verdict.");
	for (i = 0; i < policy->pool_count; i++)
		for (class = 0; class < CLASSES; class++) {
			if (!has_class(&policy->pools[i], class))
				continue;
			for (verdict = OP25B_VERDICT_BLOCKED; verdict < VERDICTS; verdict++)
				printf("op25b_packets_total{pool=\"%s\",class=\"%s\",verdict=\"%s\"} %"
				       PRIu64 "\n", policy->names->name[i].text,
				       keyword_name(&class_keywords, class),
				       keyword_name(&verdict_keywords, verdict),
				       policy->pools[i].packets[class][verdict]);
		}
}

static void print_pools(const struct policy *policy)
{
	print_info(policy);
	print_lengths(policy, PREFIXES, "op25b_pool_prefixes", "Prefixes of a pool.");
	print_lengths(policy, EXEMPTS, "op25b_pool_exempts", "Exempts of a pool.");
	print_lengths(policy, RELAYS, "op25b_pool_relays", "Relays of a single pool.");
	print_lengths(policy, TARGETS, "op25b_pool_targets", "Targets of a single pool.");
	print_senders(policy);
	print_packets(policy);
}

static int print(struct control *control)
{
	struct names names = {};
	struct policy policy = { .names = &names };
	struct name every = {};
	struct status status;
	int ret;

	ret = read_pools(control, &policy, &every);
	if (!ret)
		ret = read_status(control, &status);
	if (!ret) {
		print_status(&status);
		print_pools(&policy);
	}
	policy_free(&policy);
	names_free(&names);
	return ret;
}

static int take_end(struct control *control, struct words *words)
{
	if (control->json)
		return report_usage("metrics are text, and have no JSON");
	return words_end(words);
}

static int run_show(struct control *control, struct words *words)
{
	int status = take_end(control, words);

	return status ? status : print(control);
}

static int run_http(struct control *control, struct words *words)
{
	int status = take_end(control, words);

	if (!status && words->in_file)
		status = report_usage("\"metrics http\" is for the command line");
	return status ? status : http_serve(control, print);
}

static const struct command commands[] = {
	{ "show", .run = run_show },
	{ "http", .run = run_http },
	{}
};

const struct object metrics_object = {
	.name = "metrics",
	.commands = commands,
	.grammar =
		"  metrics [show]\n"
		"  metrics http\n",
	.help =
		"Prints all counters in the text format of Prometheus, or an error and nothing\n"
		"else. A pool that does not record senders has no op25b_pool_senders, and classes\n"
		"whose guard is off, and that have counted nothing, are left out.\n"
		"\n"
		"http: answers one HTTP request on standard input, for the counters at /metrics,\n"
		"on standard output. op25b-metrics.socket has systemd start it for each\n"
		"connection.\n"
		"\n"
		"Example:\n"
		"  op25bctl metrics > op25b.prom.new && mv op25b.prom.new op25b.prom\n",
};
