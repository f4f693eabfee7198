# SPDX-License-Identifier: GPL-2.0
"""How long a small change waits for others that are as large as they can be: `make load` runs this."""
import contextlib
import time

import pytest

from client import CMD, Client, PROGRAM
from test_netlink import client, host    # noqa: F401 (fixtures)
from traffic import Meanwhile

POOLS, PREFIXES = 65535, 1000000
# In milliseconds, in an emulated guest. Where the machine is busy, most of that is not waiting for a
# lock but for a processor.
LONGEST = 500


class Waiting:
    """A client that makes a small change again and again, and measures how long that takes."""

    def __init__(self, host):
        self.client = Client(host, PROGRAM)
        self.longest = 0

    def change(self):
        start = time.monotonic()
        self.client.do("RELAY_ADD", "FORCE:x: PREFIX[ ADDR4:x:c0000200 ]")
        self.longest = max(self.longest, time.monotonic() - start)
        return 1000 * self.longest


@pytest.fixture
def longest(host):
    """`with longest(WHAT):` measures during the block. At the end, none has been too long."""
    too_long = {}

    @contextlib.contextmanager
    def measure(what):
        waiting = Waiting(host)
        start = time.monotonic()
        with Meanwhile(waiting.change) as other:
            yield
        if other.result > LONGEST:
            too_long[what] = other.result
        waiting.client.process.kill()
        print(f"{what}: {time.monotonic() - start:.1f} s, longest wait {other.result:.1f} ms")

    yield measure
    assert not too_long


def stage(client, name):
    client.do("RESTORE_BEGIN")
    assert client(f"many {POOLS} {CMD['POOL_ADD']} {name}") == {"failed": 0}


def test_many_pools(client, longest):
    stage(client, "p")
    with longest("restore of pools that are new"):
        client.do("RESTORE_COMMIT")
    stage(client, "p")
    with longest("restore of the same pools"):
        client.do("RESTORE_COMMIT")
    stage(client, "q")
    with longest("restore of other pools"):
        client.do("RESTORE_COMMIT")
    stage(client, "r")
    with longest("restore that is begun anew"):
        client.do("FLUSH")
    assert client(f"many {POOLS} {CMD['POOL_ADD']} r") == {"failed": 0}
    with longest("restore that is refused"):
        client(f"do {CMD['POOL_SET']}")
    client("socket another")
    stage(client, "r")
    with longest("restore whose client goes away"):
        client("close")
    client("socket third")
    assert client("status")["pools"] == POOLS
    with longest("reset of all pools"):
        client.do("POOL_RESET")
    with longest("flush"):
        client.do("FLUSH")


def test_many_prefixes(client, longest):
    def stage_prefixes():
        client.do("RESTORE_BEGIN")
        client.do("POOL_ADD", "POOL:s:p")
        for n in range(PREFIXES // 50000):
            answer = client(f"prefixes 50000 {CMD['PREFIX_ADD']} p 10.{n}.0.0")
            assert answer["error"] == 0
    with longest("staging prefixes"):
        stage_prefixes()
    with longest("restore"):
        client.do("RESTORE_COMMIT")
    stage_prefixes()
    with longest("restore again"):
        client.do("RESTORE_COMMIT")
    stage_prefixes()
    with longest("restore that is refused"):
        client(f"do {CMD['POOL_SET']}")
    client("socket another")
    with longest("pool del"):
        client.do("POOL_DEL", "POOL:s:p")
