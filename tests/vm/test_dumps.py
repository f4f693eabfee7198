# SPDX-License-Identifier: GPL-2.0
"""Dumps of a policy that changes meanwhile, and clients that do not read them."""
import errno
import ipaddress
import itertools
import socket
import struct
import time

import pytest

import hosts
import memory
from client import CMD, PROGRAM, Client, words
from conftest import Command
from rounds import DEBUG, rounds
from test_security import NLM_F_DUMP, NLM_F_REQUEST, Netlink
from traffic import Meanwhile

READERS = rounds(200)
KEPT = 2 if DEBUG else 0.5      # of a policy: what others may have allocated meanwhile


@pytest.fixture(scope="module")
def host(module):
    namespace = hosts.Host("dumps")
    yield namespace
    namespace.remove()


@pytest.fixture
def op25b(host):
    command = Command(host)
    command("flush")
    yield command
    command("flush")


@pytest.fixture
def client(host, op25b):
    one = Client(host, PROGRAM)
    yield one
    one.end()


def read_on(client):
    """The rest of a dump: its number of messages and its error."""
    messages = 0
    while True:
        answer = client("more")
        messages = answer["messages"]
        assert not answer["interrupted"]
        if answer["done"]:
            return messages, answer["error"]


def policy(count, first=16):
    """A file for restore, with this number of prefixes, each so far from the next that it has memory
    of its own."""
    addresses = (ipaddress.IPv4Address((first << 24) + 257 * n) for n in range(count))
    return "pool add east\n" + "".join(f"prefix add east {address}\n" for address in addresses)


@pytest.mark.parametrize("command, count", [("PREFIX_GET", 5000), ("EXEMPT_GET", 5000),
                                            ("RELAY_GET", 5000), ("TARGET_GET", 5000),
                                            ("POOL_GET", 1001), ("POLICY_GET", 21002)])
def test_a_dump_is_of_one_policy(client, command, count):
    """All that makes the policy is deleted after the first part."""
    client.do("POOL_ADD", "POOL:s:east")
    client(f"many 1000 {CMD['POOL_ADD']} p")
    for kind, first in (("PREFIX", 16), ("EXEMPT", 16), ("RELAY", 48), ("TARGET", 48)):
        assert client(f"prefixes 5000 {CMD[kind + '_ADD']} east {first}.0.0.0")["error"] == 0
    for change in (None, "POOL_RESET", "FLUSH"):
        client("socket reader")
        client(f"start {CMD[command]}")
        answer = client("more")
        assert (answer["error"], answer["done"]) == (0, False)
        if change:
            client("socket main")
            client.do(change)
            client("socket reader")
        assert read_on(client) == (count, 0)


def test_saves_while_the_policy_changes(op25b, tmp_path):
    """No dump is interrupted, and what is saved is a policy that was in force."""
    site = tmp_path / "site.conf"
    site.write_text(policy(20000))
    op25b("restore", str(site))
    turn = 0

    def change():
        nonlocal turn
        turn += 1
        # a prefix and a relay together: both are there, or neither is
        op25b("-f", "-b", "-", input="pool add x prefix 10.0.0.0/8\nrelay add 192.0.2.1 pool x\n"
              "pool del x\n")
        return turn

    with Meanwhile(change) as changes:
        saved = [op25b("save").splitlines() for _ in range(5)]
        differences = [op25b.run("diff", str(site)) for _ in range(5)]
    assert changes.result > 5
    for lines in saved:
        assert sum(line.startswith("prefix add east ") for line in lines) == 20000
        assert ("relay add 192.0.2.1/32 pool x" in lines) <= ("pool add x mode enforce action drop"
                                                             in lines)
    for result in differences:
        assert result.returncode in (0, 1) and not result.stderr
        assert not any("east" in line for line in result.stdout.splitlines())


def start(host):
    """Begin a dump of all prefixes on a socket of its own, and read nothing."""
    one = Netlink(host)
    message = struct.pack("=BBH", CMD["PREFIX_GET"], 1, 0)
    one.socket.send(struct.pack("=IHHII", 16 + len(message), one.family,
                                NLM_F_REQUEST | NLM_F_DUMP, 1, 0) + message)
    return one.socket


def end_of(reader):
    """Read a dump to its end: its error."""
    while True:
        received = reader.recv(1 << 16)
        while received:
            length, kind = struct.unpack_from("=IH", received)
            if kind in (2, 3):
                return -struct.unpack_from("=i", received, 16)[0]
            received = received[(length + 3) & ~3:]


@pytest.fixture
def readers():
    """Sockets, closed after the test: an open dump holds the module."""
    sockets = []
    yield sockets
    for one in sockets:
        one.close()


def test_what_a_dump_holds_back_is_bounded(host, client, readers):
    """Its policy is taken away as soon as it holds back too much, however short a time that takes."""
    def load():
        client.do("POOL_ADD", "POOL:s:east SENDERS:u8:1")
        client.do("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:10000001 COMMENT:s:it_counts_too ]")
        client(f"prefixes 5000 {CMD['PREFIX_ADD']} east 16.0.0.0")

    load()
    readers += [start(host), start(host)]
    begun = time.monotonic()
    client.do("FLUSH")
    assert end_of(readers.pop()) == 0
    for _ in range(8):
        load()
        client.do("FLUSH")
    assert end_of(readers.pop()) == errno.ESTALE
    assert time.monotonic() - begun < 30    # else it has been idle for too long


def test_dumps_that_nobody_reads_on(host, op25b, tmp_path, readers):
    """They hold back no more than a few policies, and nothing for long."""
    files = []
    for first in (16, 17):
        files.append(tmp_path / str(first))
        files[-1].write_text(policy(60000, first))
    op25b("restore", str(files[0]))
    memory.shrink()
    before = memory.kernel()
    op25b("flush")
    memory.wait_until(lambda: before - memory.kernel() > 1 << 20)
    one_policy = before - memory.kernel()
    op25b("restore", str(files[0]))
    # each has the first part of its dump in the queue of its socket
    memory.shrink()
    before = memory.kernel()
    readers += [start(host) for _ in range(READERS)]
    queues = memory.kernel() - before
    while readers:
        readers.pop().close()
    memory.wait_until(lambda: memory.kernel() < before + KEPT * one_policy)
    # a reader for each part of the time, so that each policy is pinned
    for turn in range(10):
        readers += [start(host) for _ in range(READERS // 10)]
        op25b("restore", str(files[turn & 1]))
    # the newest of them still have their policy
    assert end_of(readers[-1]) == 0
    memory.wait_until(lambda: memory.kernel() < before + queues + 4 * one_policy)
    assert end_of(readers[0]) == errno.ESTALE
    newest = start(host)
    assert end_of(newest) == 0
    # half a minute later the newest of the others have not got their policy any more, either
    time.sleep(46)
    assert end_of(readers[-2]) == errno.ESTALE
    newest.close()
    while readers:
        readers.pop().close()
    memory.wait_until(lambda: memory.kernel() < before + KEPT * one_policy)


def test_a_dump_of_the_policy_in_force_may_take_its_time(host, op25b):
    op25b("restore", "-", input=policy(5000))
    reader = start(host)
    time.sleep(46)
    assert end_of(reader) == 0
    reader.close()


def test_a_dump_that_ends_with_its_socket(host, op25b):
    """Closing a socket ends its pin, and so does the end of a namespace."""
    other = hosts.Host("elsewhere")
    command = Command(other)
    command("restore", "-", input=policy(5000))
    readers = [start(other) for _ in range(3)]
    command("flush")
    readers.pop().close()
    other.remove()
    for reader in readers:
        assert end_of(reader) in (0, errno.ESTALE)
        reader.close()
    op25b("restore", "-", input=policy(10))


def test_a_large_pool_is_deleted_while_others_change_the_policy(host, op25b):
    """Its deletion begins anew when the policy has changed meanwhile. No change is lost."""
    op25b.load("pool add small prefix 192.0.2.0/24")
    other, count = Client(host, PROGRAM), itertools.count(1000)

    def change():
        number = next(count)
        other.do("EXEMPT_ADD", f"POOL:s:small FORCE:x: PREFIX[ ADDR4:x:c0000207 TIMEOUT:u32:{number} ]")
        return number

    prefixes = "".join(f"10.{n >> 8}.{n & 255}.0/24\n" for n in range(5000))
    exempts = "".join(f"10.{n >> 8}.{n & 255}.7\n" for n in range(300))
    before = op25b.json("status")["generation"]
    turns = rounds(10)
    with Meanwhile(change) as changes:
        for _ in range(turns):
            op25b("pool", "add", "large")
            op25b("prefix", "add", "large", "-", input=prefixes)
            op25b("exempt", "add", "large", "-", "timeout", "1000", input=exempts)
            own = op25b.json("status")["prefixes"]["ipv4"]
            op25b("pool", "del", "large")
    assert own == 5001
    status = op25b.json("status")
    assert (status["pools"], status["prefixes"]["ipv4"], status["exempts"]) == (1, 1, 1)
    exempt, = op25b.json("exempt", "show")
    assert changes.result - 60 < exempt["expires"] <= changes.result
    # at least: a long list is sent in several messages
    assert status["generation"] - before >= changes.result - 999 + 4 * turns


def test_dumps_that_are_refused_keep_nothing(net, client):
    def cycle():
        for _ in range(50):
            client(f"start {CMD['PREFIX_GET']} {words('POOL:s:none')[0]}")
            assert client("more")["error"] == errno.ENOENT

    memory.assert_no_growth(net, cycle)
