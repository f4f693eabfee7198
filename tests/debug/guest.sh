# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# Read by what starts a guest of the kernel that looks for bugs: the options of tests/guest/run.

# RCU's callbacks run in threads that go before all others: on processors this slow and busy, softirqs
# fall minutes behind, and rcu_barrier() with them.
debug_guest=(--mem 2048 --append 'kmemleak=on rcutree.use_softirq=0 rcutree.kthread_prio=1')
