# SPDX-License-Identifier: GPL-2.0
"""Loading the module with each of its allocations failing: apart from torture_failing.py, as it
makes a namespace's part for each one that is there, and here there is but one."""
import contextlib
import os

import hosts
from conftest import MODULE
from test_namespaces import trace
from test_netlink import PROGRAM
from test_removal import is_loaded, remove
from torture_failing import (Patient, failing, has_called,      # noqa: F401 (a fixture)
                             test_nothing_is_lost, tracing)


def test_a_load_without_memory(module):
    """From the last allocation back to the first of the module's own: it is not there, and leaves
    nothing; then it loads. (What comes before, the kernel's own, complains by a call trace.)"""
    loader = Patient(contextlib.nullcontext(), PROGRAM)     # while there is a family to speak to
    remove()

    def attempt(nth):
        answer = loader.fail(nth, f"insmod {os.path.abspath(MODULE)}")
        assert is_loaded() == (not answer["error"])
        assert os.path.exists("/sys/kernel/op25b") == (not answer["error"])
        if is_loaded():
            remove()
        return answer

    with tracing("do_init_module"):
        last = attempt(1000000)["used"]
        failed = 0
        for nth in range(last, 0, -1):
            trace("trace", "")
            failed += attempt(nth)["error"] != 0
            if not has_called("do_init_module"):
                break
    print(f"load: {failed} from {nth} to {last}")
    # 20 to 28 were seen: what the kernel allocates for itself in between is never quite the same,
    # so that one may be met twice and another not. That the module's own were, coverage tells.
    assert failed > 10
    hosts.run("insmod", MODULE)
    loader.end()
