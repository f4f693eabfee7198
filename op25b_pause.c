// SPDX-License-Identifier: GPL-2.0
/*
 * Letting others run within a long loop
 *
 * cond_resched() alone does not let waiting softirqs run: once they have come too fast for a
 * moment, older kernels leave them to ksoftirqd, a task like others (until commit d15121be7485,
 * "Revert 'softirq: Let ksoftirqd do its job'", of 2023). A loop that began on an idle processor
 * then keeps it until its time slice is over, and every packet of that processor waits.
 */
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "core/pause.h"

/*
 * A loop sleeps if softirqs wait and have not had the processor for this long, in nanoseconds.
 * It is not shorter, for a loop has to get on under a flood of packets, too, when softirqs always
 * wait.
 */
#define OP25B_PAUSE_INTERVAL	(250 * NSEC_PER_USEC)
/* How long it sleeps, in microseconds */
#define OP25B_PAUSE_MIN		20
#define OP25B_PAUSE_MAX		100

/* When a loop has last slept on this processor, of ktime_get_mono_fast_ns() */
static DEFINE_PER_CPU(u64, slept);

/**
 * op25b_pause() - let other tasks run, and softirqs that wait
 *
 * To be called in process context, where it may sleep, after each part of a loop that takes well
 * below a millisecond.
 */
void op25b_pause(void)
{
	bool softirqs_wait;

	cond_resched();
	preempt_disable();
	softirqs_wait = local_softirq_pending();
	preempt_enable();
	if (likely(!softirqs_wait) ||
	    ktime_get_mono_fast_ns() - this_cpu_read(slept) < OP25B_PAUSE_INTERVAL)
		return;
	usleep_range(OP25B_PAUSE_MIN, OP25B_PAUSE_MAX);
	this_cpu_write(slept, ktime_get_mono_fast_ns());
}
