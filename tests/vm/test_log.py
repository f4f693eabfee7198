# SPDX-License-Identifier: GPL-2.0
"""Senders that are logged to NFLOG. Which packets are, over time, is in tests/unit/test_log.c."""
import contextlib
import json
import os
import subprocess
import time

import pytest

import hosts
import packets
from conftest import MODULE, syn_to
from nfnetlink import Listener
from test_removal import loaded_again, no_modules_on_demand, remove     # noqa: F401 (a fixture)
from traffic import Meanwhile, sender

NEEDS_SENDERS = "Error: log needs senders on\n"
ULOGD = """\
[global]
logfile="/run/ulogd.log"
stack=log1:NFLOG,base1:BASE,ifi1:IFINDEX,ip2str1:IP2STR,json1:JSON
[log1]
group=5
[json1]
sync=1
file="/run/ulogd.json"
"""


@pytest.fixture
def group5(net):
    listener = Listener(net.bras, 5)
    yield listener
    listener.close()


def logs(listener, *expected):
    """Check that these packets were logged: prefix and packet of each."""
    logged = listener.read(hosts.SECONDS) if expected else listener.read()
    while len(logged) < len(expected) and (more := listener.read(hosts.SECONDS)):
        logged += more
    assert [(prefix, payload) for prefix, payload, _ in logged] == list(expected)


@pytest.mark.parametrize("mode, word", [("enforce", "blocked"), ("observe", "observed")])
def test_the_first_packet_of_a_sender(net, op25b, ends, group5, mode, word):
    op25b.load(f"pool add east mode {mode} senders on log 5 prefix 10.0.0.0/8 2001:db8:c::/48")
    first = syn_to(ends, sport=40001)
    net.send(first, syn_to(ends, sport=40002), syn_to(ends, sport=40003))
    other = packets.syn("2001:db8:c:7::1" if packets.is_ipv6(ends.customer) else ends.neighbour,
                        ends.foreign)
    net.send(other)
    logs(group5, (f"op25b east {word}", first), (f"op25b east {word}", other))
    # a sender that was forgotten begins at nothing
    op25b("sender", "reset")
    again = syn_to(ends, sport=40004)
    net.send(again, syn_to(ends, sport=40005))
    logs(group5, (f"op25b east {word}", again))
    assert op25b.counters()["east"]["syn"][word] == 6


def test_the_input_device_is_logged(net, op25b, ends4, group5):
    op25b.load(f"pool add east senders on log 5 prefix {ends4.pool}")
    net.send(syn_to(ends4))
    (_, _, device), = group5.read(hosts.SECONDS)
    with net.bras:
        name = [link["ifname"] for link in json.loads(hosts.run("ip", "-j", "link"))
                if link["ifindex"] == device]
    assert name == ["customer"]


def test_a_subscriber_of_ipv6_is_one_sender(net, op25b, group5):
    ends = net.customer.ghosts[6]
    op25b.load("pool add east senders on log 5 subscriber 48 prefix 2001:db8:c::/48")
    first = packets.syn(ends[0], net.foreign.ghosts[6][0])
    net.send(first, packets.syn(ends[1], net.foreign.ghosts[6][0]))
    logs(group5, ("op25b east blocked", first))


def test_a_sender_on_two_processors_is_logged_once(net, op25b, ends, group5):
    op25b.load(f"pool add east senders on log 5 prefix {ends.pool}")
    first = syn_to(ends)
    net.send(first)
    logs(group5, ("op25b east blocked", first))
    with Meanwhile(sender(net.customer.tap, first), processor=1) as other:
        time.sleep(0.5)
    assert other.result > 1
    logs(group5)
    assert op25b.json("sender", "show")[0]["packets"] == 1 + other.result


def test_what_is_not_logged(net, op25b, ends, group5):
    """Nothing but what makes a sender of a pool that logs, and that only to its group."""
    op25b.load(f"pool add east senders on log 5 guard synack inbound prefix {ends.pool}\n"
               f"exempt add east {ends.neighbour}\nrelay add {ends.relay}")
    net.send(packets.syn(ends.neighbour, ends.foreign), syn_to(ends, ends.relay),
             syn_to(ends, dport=26))
    net.send(packets.syn(ends.foreign, ends.customer), sender=net.foreign, receiver=net.customer)
    logs(group5)
    op25b("pool", "set", "east", "log", "off")
    net.send(syn_to(ends))
    logs(group5)
    op25b("pool", "set", "east", "log", "6")
    op25b("sender", "reset")
    net.send(syn_to(ends))
    logs(group5)
    listener = Listener(net.bras, 6)
    op25b("sender", "reset")
    packet = syn_to(ends, sport=40006)
    net.send(packet)
    logs(listener, ("op25b east blocked", packet))
    listener.close()


def test_a_flood_is_not_logged(net, op25b, ends4, group5):
    """At most 100 in a second, for each pool and processor."""
    op25b.load("pool add east senders on log 5 prefix 10.0.0.0/8")
    begin = time.monotonic()
    net.send(*(packets.syn(f"10.0.{n >> 8}.{n & 255}", ends4.foreign) for n in range(2000)))
    seconds = 2 + int(time.monotonic() - begin)
    logged = group5.read(hosts.SECONDS)
    while more := group5.read(0.2):
        logged += more
    assert 100 <= len(logged) <= min(1999, 100 * seconds * os.cpu_count())
    assert len({payload for _, payload, _ in logged}) == len(logged)


def test_log_needs_senders(op25b):
    for words in (("add", "east", "log", "5"), ("add", "east", "log", "5", "senders", "off")):
        result = op25b.run("pool", *words)
        assert (result.returncode, result.stderr) == (2, NEEDS_SENDERS)
    op25b("pool", "add", "east")
    assert op25b.run("pool", "set", "east", "log", "0").stderr == NEEDS_SENDERS
    op25b("pool", "set", "east", "log", "0", "senders", "on")
    assert op25b.run("pool", "set", "east", "senders", "off").stderr == NEEDS_SENDERS
    assert op25b.run("pool", "add", "-f", "east", "senders", "off").stderr == NEEDS_SENDERS
    assert op25b.json("pool", "show")[0]["log"] == 0
    op25b("pool", "set", "east", "senders", "off", "log", "off")
    assert op25b.json("pool", "show")[0]["log"] is None


def test_it_is_saved_and_restored(net, op25b, ends4, tmp_path, group5):
    op25b.load(f"pool add east senders on log 5 prefix {ends4.pool}\npool add west senders on log 65535")
    saved = op25b("save")
    assert "senders on log 5\n" in saved and "senders on log 65535\n" in saved
    file = tmp_path / "policy"
    file.write_text(saved)
    net.send(syn_to(ends4))
    assert len(group5.read(hosts.SECONDS)) == 1
    assert op25b("diff", str(file)) == ""
    op25b("restore", str(file))
    assert op25b("save") == saved
    net.send(syn_to(ends4))                     # a sender that goes on
    assert group5.read() == []
    file.write_text("pool add east senders on\npool add south log 5\n")
    for words in (("restore",), ("restore", "-n")):
        result = op25b.run(*words, str(file))
        assert (result.returncode, result.stderr) == (2, f"{file}:2: log needs senders on\n")
    assert op25b("save") == saved


def test_ulogd_writes_json(net, op25b, ends):
    """The real one, with the configuration of docs/operations.md, but for the names of files."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink("/run/ulogd.json")
    with open("/run/ulogd.conf", "w", encoding="ascii") as file:
        file.write(ULOGD)
    with net.bras:
        ulogd = subprocess.Popen(["ulogd", "-c", "/run/ulogd.conf"])

    def listens():
        with net.bras, open("/proc/net/netfilter/nfnetlink_log", encoding="ascii") as file:
            return file.read()
    try:
        hosts.until(listens)
        op25b.load(f"pool add east senders on log 5 prefix {ends.pool}")
        net.send(syn_to(ends, sport=40007), syn_to(ends, sport=40008))

        def lines():
            with open("/run/ulogd.json", encoding="ascii") as file:
                return file.read().splitlines()
        hosts.until(lines)
    finally:
        ulogd.terminate()
        ulogd.wait()
    line, = map(json.loads, lines())
    assert (line["oob.prefix"], line["src_ip"], line["dest_ip"], line["src_port"],
            line["dest_port"], line["oob.in"]) == \
        ("op25b east blocked", ends.customer, ends.foreign, 40007, 25, "customer")


def references():
    with open("/sys/module/nfnetlink_log/refcnt", encoding="ascii") as file:
        return int(file.read())


def test_its_module_stays(op25b):
    """It is loaded when the first pool asks for it, and held as long as this module: once for each
    family."""
    op25b("pool", "add", "east", "senders", "on", "log", "5")
    held = references()
    op25b("pool", "add", "west", "senders", "on", "log", "6")
    op25b("flush")
    assert references() == held
    remove()
    assert references() == held - 2
    hosts.run("insmod", MODULE)
    op25b("pool", "add", "east", "senders", "on")
    assert references() == held - 2
    op25b("pool", "set", "east", "log", "5")
    assert references() == held


def test_without_its_module(op25b):
    """The pool is refused, and nothing else."""
    remove()
    hosts.run("modprobe", "-r", "nfnetlink_log")
    hosts.run("insmod", MODULE)
    with no_modules_on_demand():
        result = op25b.run("pool", "add", "east", "senders", "on", "log", "5")
        op25b("pool", "add", "west", "senders", "on", "log", "off")
    assert (result.returncode, result.stderr) == \
        (2, "Error: log needs the module nfnetlink_log: load it first\n")
    assert [pool["name"] for pool in op25b.json("pool", "show")] == ["west"]
    op25b("pool", "add", "east", "senders", "on", "log", "5")
