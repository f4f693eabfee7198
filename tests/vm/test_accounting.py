# SPDX-License-Identifier: GPL-2.0
"""Memory that a policy takes is charged to the control group of whoever makes it, so that root of
a user namespace, whom nobody trusts, has no more of it than its group may have."""
import contextlib
import errno
import os
import random
import subprocess
import tempfile
import time

import pytest

import hosts
import memory
from client import CMD, PROGRAM, Client
from conftest import Command
from groups import Group

MB = 1 << 20
# A user without rights, root of a user namespace and of a network namespace of its own
BECOME_STRANGER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                   "unshare", "-r", "-n"]


class Stranger:
    """One in a control group, who has a shell."""
    SHELL = f"""
        echo ready
        while read -r file words; do
            {Command.PATH} $words <"$file" 2>&1 && echo done || echo failed $?
        done"""

    def __init__(self, group):
        self.input = tempfile.NamedTemporaryFile("w", encoding="ascii")
        os.chmod(self.input.name, 0o644)
        self.process = subprocess.Popen(
            [*BECOME_STRANGER, "sh", "-c", self.SHELL], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        group.add(self.process.pid)
        self.answer("ready")

    def answer(self, *ends):
        """What it says before a line that starts with one of these words, and that line."""
        text = ""
        while not (line := self.process.stdout.readline()).startswith(ends):
            assert line, f"it is gone after: {text}"
            text += line
        return text, line

    def run(self, *words, lines=""):
        """Run op25bctl: its exit code, and what it says."""
        self.input.seek(0)
        self.input.truncate()
        self.input.write(lines)
        self.input.flush()
        print(self.input.name, *words, file=self.process.stdin, flush=True)
        text, end = self.answer("done", "failed")
        return int(end.split()[1]) if end.startswith("failed") else 0, text

    def __call__(self, *words, lines=""):
        assert self.run(*words, lines=lines) == (0, "")

    def go(self):
        self.process.communicate()
        self.input.close()


@pytest.fixture(name="group")
def fixture_group(module):
    with Group("stranger") as group:
        yield group


@pytest.fixture(name="stranger")
def fixture_stranger(group):
    stranger = Stranger(group)
    yield stranger
    stranger.go()


def scattered(count, seed=1):
    """Prefixes that have next to nothing in common: each takes a node, and half of another."""
    draw = random.Random(seed)
    return [f"2001:db8:{draw.getrandbits(16):x}:{draw.getrandbits(16):x}::"
            f"{draw.getrandbits(16):x}" for _ in range(count)]


def test_there_is_an_end_to_what_a_stranger_can_load(group):
    """It is told that there is no memory, nobody is killed, and all is given back."""
    limit = 8 * MB
    group.write("memory.max", limit)
    stranger = Client(contextlib.nullcontext(), *BECOME_STRANGER, PROGRAM)
    stranger.do("POOL_ADD", "POOL:s:mine")
    group.add(stranger.process.pid)
    error = n = 0
    while not error:
        error = stranger(f"prefixes 5000 {CMD['PREFIX_ADD']} mine 16.{n}.0.0")["error"]
        n += 1
    assert error == errno.ENOMEM
    assert int(group.read("memory.current")) <= limit
    assert group.kernel() > limit * 3 // 4
    events = group.table("memory.events")
    assert events["max"] and not events["oom_kill"]
    # the change that failed has left nothing behind
    assert stranger("status")["prefixes"]["ipv4"] == 5000 * (n - 1)

    stranger.do("FLUSH")
    memory.wait_until(lambda: group.kernel() < MB)
    stranger.do("POOL_ADD", "POOL:s:mine PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ]")
    stranger.end()


MANY = 20000
LOADS = {
    "prefix": [f"prefix add mine {prefix}" for prefix in scattered(MANY)],
    "exempt": [f"exempt add mine {prefix} comment {'c' * 200}" for prefix in scattered(MANY)],
    "relay": [f"relay add {prefix} pool mine" for prefix in scattered(MANY)],
    "pool": [f"pool add {n}" for n in range(5000)],
}
# Bytes: what the kernel's sysfs takes for a pool, and charges nobody for. The smallest piece of
# memory has 128 bytes on arm64.
POOLS_FILES = 2200


@pytest.mark.parametrize("kind", LOADS)
def test_what_a_policy_takes_is_charged(group, stranger, kind):
    stranger("pool", "add", "mine")
    charged, used = group.kernel(), memory.kernel()
    stranger("restore", lines="\n".join(["pool add mine"] + LOADS[kind]))
    charged, used = group.kernel() - charged, memory.kernel() - used
    assert charged > len(LOADS[kind]) * 64
    free = POOLS_FILES * len(LOADS[kind]) if kind == "pool" else charged // 10
    # A kernel that looks for leaks makes notes of each allocation, for which nobody is charged.
    assert used < charged + free or os.path.exists("/sys/kernel/debug/kmemleak")


def test_a_restore_that_is_too_large(group, stranger):
    """What there was stays in force."""
    group.write("memory.max", 14 * MB)
    stranger("restore", lines="pool add mine\n")
    before = stranger.run("-j", "status")
    code, text = stranger.run("restore", lines="\n".join(["pool add mine"] + LOADS["exempt"]))
    assert (code, "Cannot allocate memory" in text) == (2, True), text
    assert not group.table("memory.events")["oom_kill"]
    assert stranger.run("-j", "status") == before
    memory.wait_until(lambda: group.kernel() < MB)


def test_what_expiry_copies_is_charged(group, stranger):
    """A worker of the kernel's takes the exempts out, and copies what they were beside."""
    pairs = scattered(20000)
    stranger("restore", lines="\n".join(
        ["pool add mine"] + [f"exempt add mine {prefix}:0" for prefix in pairs] +
        [f"exempt add mine {prefix}:1 timeout 1" for prefix in pairs]))
    hosts.until(lambda: '"exempts":20000' in stranger.run("-j", "status")[1].replace(" ", ""), 90)
    time.sleep(3)   # a grace period, and what the group's figures lag behind
    assert group.kernel() > 20000 * 64
