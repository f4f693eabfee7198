# SPDX-License-Identifier: GPL-2.0
"""Runs the tests of an agent, as nobody, up to the first one that fails."""

import os
import time

NOBODY = 65534


def run(what, make, with_real):
    """make(command) returns an object whose test_*() are the tests. If $OP25BCTL names the real command,
    only those of with_real are run, which need no stand-in for it."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    test = make(os.environ.get('OP25BCTL'))
    names = [name for name in vars(type(test)) if name.startswith('test_')]
    if not test.stand_in:
        names = with_real
        print(f'{what}: only the tests that need no stand-in for op25bctl:', *names)
    for name in names:
        begin = time.monotonic()
        getattr(test, name)()
        print(f'{what}: {name}: passed, {time.monotonic() - begin:.0f} s', flush=True)
