# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# Sourced by scripts that start a guest with the debug kernel: options of tests/guest/run.

# Run RCU callbacks in threads with real-time priority. In this slow kernel under load, softirqs fall
# behind by minutes, and rcu_barrier() takes as long.
debug_guest=(--mem 2048 --append 'kmemleak=on rcutree.use_softirq=0 rcutree.kthread_prio=1')
