# SPDX-License-Identifier: GPL-2.0
"""The memory of a policy is charged to the control group of the process that makes it. So the root user
of a user namespace, who is not trusted, cannot use more than the limit of the group."""
import contextlib
import errno
import itertools
import os
import random
import subprocess
import tempfile
import time

import pytest

import hosts
import memory
import packets
from client import CMD, PROGRAM, Client
from conftest import Command
from groups import Group
from rounds import DEBUG

MB = 1 << 20
# An unprivileged user who is root in a user namespace and a network namespace of its own
BECOME_STRANGER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                   "unshare", "-r", "-n"]


class Stranger:
    """An unprivileged user in a control group, with a shell."""
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
        """The output before a line that starts with one of these words, and that line."""
        text = ""
        while not (line := self.process.stdout.readline()).startswith(ends):
            assert line, f"the shell ended after: {text}"
            text += line
        return text, line

    def run(self, *words, lines=""):
        """Run op25bctl: its exit code, and its output."""
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
    """Prefixes with few bits in common: each takes about one and a half nodes of the tree."""
    draw = random.Random(seed)
    return [f"2001:db8:{draw.getrandbits(16):x}:{draw.getrandbits(16):x}::"
            f"{draw.getrandbits(16):x}" for _ in range(count)]


def test_there_is_an_end_to_what_a_stranger_can_load(group):
    """Changes fail with ENOMEM, no process is killed, and a flush frees all memory."""
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
    # the change that failed left nothing behind
    assert stranger("status")["prefixes"]["ipv4"] == 5000 * (n - 1)

    stranger.do("FLUSH")
    memory.wait_until(lambda: group.kernel() < MB)
    stranger.do("POOL_ADD", "POOL:s:mine PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ]")
    stranger.end()


MANY = 20000
LOADS = {
    "prefix": [f"prefix add mine {prefix}" for prefix in scattered(MANY)],
    "exempt": ["prefix add mine 2001:db8::/32"] +
              [f"exempt add mine {prefix} comment {'c' * 200}" for prefix in scattered(MANY)],
    "relay": [f"relay add {prefix} pool mine" for prefix in scattered(MANY)],
    "pool": [f"pool add {n}" for n in range(5000)],
}
# The bytes that sysfs allocates for a pool without charging them. On arm64, the smallest allocation
# has 128 bytes.
POOLS_FILES = 2200


@pytest.mark.parametrize("kind", LOADS)
def test_what_a_policy_takes_is_charged(group, stranger, kind):
    stranger("pool", "add", "mine")
    charged, used = group.kernel(), memory.kernel()
    stranger("restore", lines="\n".join(["pool add mine"] + LOADS[kind]))
    charged, used = group.kernel() - charged, memory.kernel() - used
    assert charged > len(LOADS[kind]) * 64
    free = POOLS_FILES * len(LOADS[kind]) if kind == "pool" else charged // 10
    # kmemleak allocates an object for each allocation, and does not charge it.
    assert used < charged + free or DEBUG


def test_a_restore_that_is_too_large(group, stranger):
    """The restore fails, and the policy in force stays as it is."""
    group.write("memory.max", 14 * MB)
    stranger("restore", lines="pool add mine\n")
    before = stranger.run("-j", "status")
    code, text = stranger.run("restore", lines="\n".join(["pool add mine"] + LOADS["exempt"]))
    assert (code, "Cannot allocate memory" in text) == (2, True), text
    assert not group.table("memory.events")["oom_kill"]
    assert stranger.run("-j", "status") == before
    memory.wait_until(lambda: group.kernel() < MB)


def test_what_expiry_copies_is_charged(group, stranger):
    """The worker that deletes expired exempts copies the nodes that they share with others, and charges
    the copies to the memcg that added the exempts."""
    pairs = scattered(20000)
    stranger("restore", lines="\n".join(
        ["pool add mine prefix 2001:db8::/32"] +
        [f"exempt add mine {prefix}:0" for prefix in pairs] +
        [f"exempt add mine {prefix}:1 timeout 1" for prefix in pairs]))
    hosts.until(lambda: '"exempts":20000' in stranger.run("-j", "status")[1].replace(" ", ""), 90)
    time.sleep(3)   # for a grace period, and because the statistics of the group are delayed
    assert group.kernel() > 20000 * 64


SECONDS = 60


def test_an_exempt_is_over_though_memory_is_short(group):
    """At the limit of the group the worker cannot delete exempts that have expired. They do not count
    from then on all the same, for packets and for those who ask."""
    group.write("memory.max", 6 * MB)
    stranger = Client(contextlib.nullcontext(), "prlimit", "--memlock=unlimited", *BECOME_STRANGER,
                      PROGRAM)
    # at the limit, reading it in again would take memory, and call the OOM killer
    stranger("mlock")
    group.add(stranger.process.pid)
    stranger.do("POOL_ADD", "POOL:s:mine PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ]")
    added = time.monotonic()
    # many that expire together: there may be memory to delete one, but not a hundred in one change
    addresses = [packets.pack_address(address).hex() for address in scattered(500)]
    for n in range(0, len(addresses), 100):
        stranger.do("EXEMPT_ADD", "POOL:s:mine " + " ".join(
            f"PREFIX[ ADDR6:x:{address} TIMEOUT:u32:{SECONDS} ]" for address in addresses[n:n + 100]))
    # and this one after them
    stranger.do("EXEMPT_ADD", f"POOL:s:mine PREFIX[ ADDR4:x:0a000007 TIMEOUT:u32:{SECONDS} ]")
    blocks = itertools.count(0, 20)     # of 256 addresses

    def use_up(count):
        """Add so many prefixes at a time, until there is no memory for more."""
        error = 0
        while not error:
            block = next(blocks)
            error = stranger(f"prefixes {count} {CMD['PREFIX_ADD']} mine "
                             f"{16 + (block >> 16)}.{block >> 8 & 255}.{block & 255}.0")["error"]
        assert error == errno.ENOMEM

    def is_over():
        # a processor may have had some memory of the group in store
        use_up(10)
        return stranger("test 10.0.0.7 192.0.2.1")["verdict"] == "blocked"

    for count in (5000, 500, 50):
        use_up(count)
    assert time.monotonic() < added + SECONDS, "the exempts expired before memory was short"
    assert stranger("test 10.0.0.7 192.0.2.1")["verdict"] == "exempted"

    hosts.until(is_over, 90)
    use_up(10)
    time.sleep(2)   # the worker tries again every second
    answer = stranger("test 10.0.0.7 192.0.2.1")
    assert (answer["prefix"], answer["exempt"]) == ("10.0.0.0/24", False)
    assert stranger(f"list {CMD['EXEMPT_GET']}") == []
    # the worker has really failed: it begins with those that were added first
    assert stranger("status")["exempts"] > 300
    # once there is memory, the worker goes on
    group.write("memory.max", "max")
    hosts.until(lambda: stranger("status")["exempts"] == 0, 60)
    stranger.end()


def dying_groups():
    """The number of control groups that were removed and are kept by references."""
    # the page cache keeps them, too
    with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
        file.write("1")
    with open("/sys/fs/cgroup/cgroup.stat", encoding="ascii") as file:
        return dict(map(str.split, file.read().splitlines()))["nr_dying_descendants"]


def test_a_control_group_goes_after_its_last_exempt(net, op25b):
    """The policy keeps the control group that expiry is charged to, until nothing is left to expire."""
    op25b.load("pool add east prefix 10.0.0.0/24")
    hosts.until(lambda: dying_groups() == "0", 90)
    for end in (["exempt", "del", "east", "10.0.0.7"],
                ["exempt", "add", "-f", "east", "10.0.0.7", "comment", "stays"], ["flush"]):
        with Group("leaving") as group:
            with net.bras:
                subprocess.run(["sh", "-c", f'echo $$ >{group.path}/cgroup.procs; exec "$@"', "sh",
                                Command.PATH, "exempt", "add", "-f", "east", "10.0.0.7", "timeout",
                                "3600"], check=True)
        time.sleep(2)
        assert dying_groups() == "1"
        op25b(*end)
        hosts.until(lambda: dying_groups() == "0", 90)
