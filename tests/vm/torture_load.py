# SPDX-License-Identifier: GPL-2.0
"""Load the module with each of its allocations failing. This is not in torture_failing.py because
loading initializes the module for each existing namespace, and here there is only one."""
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
    """Each of the module's own allocations fails, from the last to the first: the module is not
    loaded and leaves nothing behind. Then it loads. (The kernel's own allocations come before: if
    one of them fails, the kernel prints a call trace.)"""
    loader = Patient(contextlib.nullcontext(), PROGRAM)     # it needs the family to start
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
    # 20 to 28 failures were seen: the number of the kernel's own allocations in between varies, so
    # that an allocation may fail twice or not at all. Coverage shows that the module's own failed.
    assert failed > 10
    hosts.run("insmod", MODULE)
    loader.end()
