// SPDX-License-Identifier: GPL-2.0
/*
 * Logging senders to NFLOG, for ulogd2, tcpdump, Suricata and others
 *
 * Of a sender, its first packet is logged, and then at most one in LOG_INTERVAL. Who listens to the
 * group of the pool gets it from nfnetlink_log, which is loaded when the first pool asks for it,
 * and kept until this module goes.
 *
 * Elsewhere, the packet path takes no lock and allocates nothing. nf_log_packet() does both. It is
 * called for a SYN of a recorded sender only, and no more than LOG_MAX times a second for each pool
 * and processor.
 */
#include <linux/bottom_half.h>
#include <linux/errno.h>
#include <linux/kmod.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/netlink.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <net/netfilter/nf_log.h>

#include "op25b_log.h"
#include "op25b_recorder.h"
#include "op25b_sender_table.h"

/* In seconds, for each sender */
#define LOG_INTERVAL	60

/* How many packets of a pool a processor logs in one second */
#define LOG_MAX		100

static DEFINE_MUTEX(log_mutex);
/* References to the loggers are held. */
static bool have_loggers;

static int get_loggers(void)
{
	int err = nf_logger_find_get(NFPROTO_IPV4, NF_LOG_TYPE_ULOG);

	if (err)
		return err;
	err = nf_logger_find_get(NFPROTO_IPV6, NF_LOG_TYPE_ULOG);
	if (err)
		nf_logger_put(NFPROTO_IPV4, NF_LOG_TYPE_ULOG);
	return err;
}

/**
 * op25b_log_require() - make sure that packets can be logged
 * @extack: takes the reason of a failure
 *
 * May load a module, so that the caller must not hold a lock that its init function takes.
 *
 * Return: 0 or -EOPNOTSUPP.
 */
int op25b_log_require(struct netlink_ext_ack *extack)
{
	bool have;

	mutex_lock(&log_mutex);
	if (!have_loggers)
		have_loggers = !get_loggers();
	if (!have_loggers) {
		request_module("nfnetlink_log");
		have_loggers = !get_loggers();
	}
	have = have_loggers;
	mutex_unlock(&log_mutex);
	if (have)
		return 0;
	NL_SET_ERR_MSG(extack, "log needs the module nfnetlink_log: load it first");
	return -EOPNOTSUPP;
}

/**
 * op25b_log_exit() - drop the references to the loggers
 */
void op25b_log_exit(void)
{
	if (!have_loggers)
		return;
	nf_logger_put(NFPROTO_IPV4, NF_LOG_TYPE_ULOG);
	nf_logger_put(NFPROTO_IPV6, NF_LOG_TYPE_ULOG);
}

/* Whether this processor may log another packet of a pool in this second */
static bool is_below_limit(struct op25b_recorder_logs *logs)
{
	u32 now = op25b_sender_now();

	if (logs->second != now) {
		logs->second = now;
		logs->packets = 0;
	}
	return logs->packets < LOG_MAX;
}

/**
 * op25b_log_packet() - log a packet, unless others were logged just before
 * @conf: the configuration of its pool, which logs, read under RCU
 * @skb: the packet, a SYN that was counted for its sender
 * @state: the state of the hook
 * @family: of its addresses
 * @verdict: what becomes of it
 */
void op25b_log_packet(const struct op25b_pool_conf *conf, const struct sk_buff *skb,
		      const struct nf_hook_state *state, enum op25b_family family,
		      enum op25b_verdict verdict)
{
	const struct nf_loginfo info = {
		.type = NF_LOG_TYPE_ULOG,
		.u.ulog.group = conf->settings.log_group,
	};
	struct op25b_recorder_logs *logs;

	local_bh_disable();
	logs = this_cpu_ptr(conf->recorder->logs);
	if (is_below_limit(logs) &&
	    op25b_recorder_mark_logged(conf->recorder, skb, family, LOG_INTERVAL)) {
		logs->packets++;
		nf_log_packet(state->net, family == OP25B_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6,
			      state->hook, skb, state->in, state->out, &info, "op25b %s %s",
			      conf->pool->name,
			      verdict == OP25B_VERDICT_BLOCKED ? "blocked" : "observed");
	}
	local_bh_enable();
}
