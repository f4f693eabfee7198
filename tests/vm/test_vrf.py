# SPDX-License-Identifier: GPL-2.0
"""VRFs: the customers of several ISPs on one router, with the same addresses."""
import contextlib
import socket
import time

import pytest

import hosts
import memory
import packets
from client import LINUX
from conftest import Command, table
from rounds import DEBUG
from traffic import Meanwhile, paced, sender

VRFS = ("red", "blue", "none")      # the last one is no VRF


class Wholesale(hosts.Network):
    """A router with a customer and a server in each of two VRFs, and in none: c-red, s-red, and so on.
    All customers have the same addresses, and so have all servers."""
    LINKS = {f"{side}-{vrf}": hosts.Network.LINKS[link]
             for side, link in (("c", "customer"), ("s", "foreign")) for vrf in VRFS}

    def __init__(self):
        super().__init__("w", [])
        for number, vrf in enumerate(VRFS[:2]):
            self.bras.ip(f"link add {vrf} type vrf table {20 + number}\nlink set {vrf} up\n")
        for number, link in enumerate(self.LINKS, 1):
            vrf = link[2:]
            self.wire(hosts.Host(f"w{link}"), link, number, None if vrf == "none" else vrf)

    def host(self, side, vrf):
        return getattr(self, f"{side}-{vrf}")

    def opens(self, packet, vrf):
        """Whether a customer's packet arrives at the server of the same VRF."""
        return self.passes(packet, sender=self.host("c", vrf), receiver=self.host("s", vrf))


@pytest.fixture(scope="module", name="isps")
def fixture_isps(module):
    network = Wholesale()
    yield network
    network.remove()


@pytest.fixture
def op25b(isps):
    command = Command(isps.bras)
    command("flush")
    command("-f", "session", "sync", input="")
    yield command
    command("-f", "session", "sync", input="")


class Ends:
    """The addresses that are the same everywhere"""

    def __init__(self, net, v):
        customer, server = net.host("c", "red"), net.host("s", "red")
        self.customer, self.neighbour, self.foreign = \
            customer.ghosts[v][0], customer.ghosts[v][1], server.ghosts[v][0]
        self.pool, self.foreign_net = customer.network[v], server.network[v]

    def syn(self, src=None, **options):
        return packets.syn(src or self.customer, self.foreign, **options)


@pytest.fixture(name="ends")
def fixture_ends(isps, v):
    return Ends(isps, v)


def counted(op25b):
    """What each pool has counted, of SYNs"""
    return {name: {verdict: n for verdict, n in packets_of["syn"].items() if n}
            for name, packets_of in op25b.counters().items()}


def test_the_same_prefix_in_each_vrf(isps, op25b, ends):
    op25b.load(f"pool add r vrf red prefix {ends.pool}\n"
               f"pool add b mode observe vrf blue prefix {ends.pool}\n"
               f"pool add n prefix {ends.pool}\n"
               f"exempt add n {ends.neighbour}\n"
               f"relay add {ends.foreign} pool n")
    assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [False, True, True]
    assert [isps.opens(ends.syn(ends.neighbour), vrf) for vrf in VRFS] == [False, True, True]
    assert counted(op25b) == {"r": {"blocked": 2}, "b": {"observed": 2},
                              "n": {"relayed": 1, "exempted": 1}}
    # relays and targets of every pool hold in every VRF
    op25b("relay", "del", ends.foreign, "pool", "n")
    op25b("target", "add", ends.foreign_net)
    assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [False, False, False]
    op25b("relay", "add", ends.foreign_net)
    assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [True, True, True]
    # and those of one pool where it is
    op25b("relay", "del", ends.foreign_net)
    op25b("relay", "add", ends.foreign_net, "pool", "r")
    assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [True, False, False]


def test_a_vrf_without_pools_is_like_none(isps, op25b, ends):
    op25b.load(f"pool add n prefix {ends.pool}")
    assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [False] * 3
    # a pool of the VRF, even one without prefixes, has all that comes in it
    op25b("pool", "add", "r", "vrf", "red")
    assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [True, False, False]
    op25b("pool", "del", "r")
    assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [False] * 3
    # and one of a VRF alone has nothing of the others
    op25b.load(f"pool add r vrf red prefix {ends.pool}")
    assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [False, True, True]


def test_all_classes_and_slow_paths(isps, op25b, ends):
    op25b.load(f"pool add r guard synack inbound vrf red prefix {ends.pool}\n"
               f"pool add n prefix {ends.pool}\nexempt add n {ends.pool}")
    back = {"sender": isps.host("s", "red"), "receiver": isps.host("c", "red")}
    assert not isps.passes(packets.syn(ends.foreign, ends.customer), **back)
    assert not isps.passes(packets.syn(ends.foreign, ends.customer, dport=40000, sport=25,
                                           flags=packets.SYN | packets.ACK), **back)
    ways = {"sender": isps.host("c", "red"), "receiver": isps.host("s", "red")}
    assert isps.send(*packets.fragments(ends.syn(), 8), **ways).arrived == []
    assert isps.send(ends.syn(), tap=isps.host("c", "red").paged_tap, **ways).arrived == []
    packets_of = op25b.counters()
    assert packets_of["n"] == table()
    assert [packets_of["r"][name]["blocked"] for name in ("syn", "malformed", "synack", "inbound")] \
        == [1, packets_of["r"]["malformed"]["blocked"], 1, 1]
    assert packets_of["r"]["malformed"]["blocked"] > 0
    assert isps.opens(ends.syn(dport=587), "red")


def test_a_vrf_is_its_name(isps, op25b, ends):
    """A policy may come before the VRF; and the VRF may be renamed, go and come again."""
    op25b.load(f"pool add g vrf green prefix {ends.pool}\npool add r vrf red prefix {ends.pool}\n"
               f"pool add n mode off prefix {ends.pool}")
    assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [False, True, True]

    def rename(old, new):
        # before Linux 6.2, a device has to go down for a new name; its ports keep their routes
        isps.bras.ip((f"link set {old} down\n" if LINUX < (6, 2) else "") +
                     f"link set {old} name {new}\nlink set {new} up\n")

    rename("red", "green")
    assert not isps.opens(ends.syn(), "red")
    assert counted(op25b) == {"g": {"blocked": 1}, "r": {"blocked": 1}, "n": {}}
    rename("green", "yellow")
    assert isps.opens(ends.syn(), "red")
    rename("yellow", "red")
    assert not isps.opens(ends.syn(), "red")
    assert counted(op25b) == {"g": {"blocked": 1}, "r": {"blocked": 2}, "n": {}}
    # a device that is no VRF, of the same name
    isps.bras.ip("link add green type dummy\n")
    assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [False, True, True]
    isps.bras.ip("link del green\n")


@pytest.fixture(name="passenger")
def fixture_passenger(isps):
    """The tap of a customer whose device joins a VRF and leaves it. It has no routes: none is needed
    for packets that are blocked, and those of others do."""
    ours, theirs = "02:00:00:00:07:01", "02:00:00:00:07:02"
    customer = hosts.Host("wpassenger")
    isps.bras.ip(f"link add passenger address {ours} type veth peer name eth0 netns {customer.name} "
                 f"address {theirs}\nlink set passenger up\n")
    customer.ip("link set eth0 up\n")
    yield hosts.Tap(customer, "eth0", ours, theirs)
    customer.remove()


def sender_while_up(tap, packet):
    """A step that sends a packet, unless the device at the other end is down, and returns how many it
    has sent."""
    count = 0

    def step():
        nonlocal count
        with contextlib.suppress(OSError):
            tap.send(packet)
            count += 1
        return count
    return step


def test_a_vrf_that_comes_and_goes_under_traffic(isps, op25b, passenger):
    """Packets of other VRFs are judged as ever, and none is judged as one of a VRF that is gone."""
    ends = Ends(isps, 4)
    op25b.load(f"pool add g vrf green prefix {ends.pool}\npool add r vrf red prefix {ends.pool}\n"
               f"pool add n mode observe prefix {ends.pool}")
    red, none = isps.host("c", "red"), isps.host("c", "none")
    with Meanwhile(paced(sender(red.tap, ends.syn())), 0) as in_red, \
            Meanwhile(paced(sender(none.tap, ends.syn())), 0) as in_none, \
            Meanwhile(paced(sender_while_up(passenger, ends.syn())), 0) as in_green:
        for _ in range(4 if DEBUG else 20):
            isps.bras.ip("link add green type vrf table 30\nlink set green up\n"
                         "link set passenger master green\n")
            time.sleep(0.1)
            isps.bras.ip("link del green\n")
            time.sleep(0.1)
    isps.settle(red, isps.host("s", "red"))
    isps.settle(none, isps.host("s", "none"))
    after = counted(op25b)
    assert after["r"] == {"blocked": in_red.result} and in_red.result > 10
    assert after["g"]["blocked"] > 10 and in_none.result > 10
    # a device that joins or leaves is down for a moment
    assert in_none.result + 10 < after["n"]["observed"] <= \
        in_none.result + in_green.result - after["g"]["blocked"]


def test_route_leaking(isps, op25b, ends):
    """A packet is judged in the VRF that it came in, wherever it goes."""
    op25b.load(f"pool add r vrf red prefix {ends.pool}\npool add n mode observe prefix {ends.pool}")
    version = 6 if ":" in ends.pool else 4
    server = isps.host("s", "none")
    other = server.network[version].replace("198.51.100.0", "203.0.113.0") \
        .replace("2001:db8:f:", "2001:db8:ff:")
    for vrf in ("vrf red", ""):
        isps.bras.ip(f"route add {other} via {server.address[version]} dev s-none {vrf}\n")
    dst = other.replace("0/24", "7").replace(":/64", ":7")

    def leaks(vrf, **options):
        """Whether a packet of this VRF, and nothing else, arrives at the server outside."""
        packet = packets.syn(ends.customer, dst, **options)
        customer = isps.host("c", vrf)
        server.tap.drain()
        customer.tap.send(packet)
        arrived = isps.pass_marker(customer, isps.host("s", vrf))
        if vrf != "none":
            assert not arrived
            while packet_of := server.tap.receive():
                arrived.append(packet_of)
        assert arrived in ([], [packets.forwarded(packet)])
        return bool(arrived)

    assert leaks("red", dport=587)
    assert not leaks("red")
    assert leaks("none")
    assert counted(op25b) == {"r": {"blocked": 1}, "n": {"observed": 1}}
    for vrf in ("vrf red", ""):
        isps.bras.ip(f"route del {other} dev s-none {vrf}\n")


def test_an_address_of_the_router_outside_of_the_vrf(isps, op25b, ends):
    """In the VRF it is that of a customer."""
    op25b.load(f"pool add r guard inbound vrf red prefix {ends.pool}")
    isps.bras.ip(f"link set lo up\naddress add {ends.neighbour} dev lo\n")
    try:
        assert not isps.passes(packets.syn(ends.foreign, ends.neighbour), sender=isps.host("s", "red"),
                               receiver=isps.host("c", "red"))
        assert op25b.counters()["r"]["inbound"]["blocked"] == 1
    finally:
        isps.bras.ip(f"address del {ends.neighbour} dev lo\n")


def test_the_vrf_of_another_namespace(isps, op25b, ends):
    """It has the same name, and its device the same number."""
    other = hosts.Host("elsewhere")
    elsewhere = Command(other)
    with isps.bras:
        number = socket.if_nametoindex("red")
    try:
        other.ip(f"link add red index {number} type vrf table 20\nlink set red up\n")
        op25b.load(f"pool add r vrf red prefix {ends.pool}\n"
                   f"pool add n mode observe prefix {ends.pool}")
        elsewhere.load(f"pool add b vrf blue\npool add e mode observe vrf red prefix {ends.pool}")
        assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [False, True, True]
        assert elsewhere.json("test", ends.customer, ends.foreign, "dev", "red")["pool"] == "e"
        assert counted(op25b) == {"r": {"blocked": 1}, "n": {"observed": 2}}
    finally:
        other.remove()


def test_sessions_of_a_vrf(isps, op25b, ends):
    op25b.load("".join(f"pool add p-{vrf} {'' if vrf == 'none' else f'vrf {vrf}'} "
                       f"prefix {ends.pool}\n" for vrf in VRFS))
    op25b("session", "add", "a", ends.customer, "vrf", "red")
    assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [True, False, False]
    op25b("session", "add", "b", ends.customer)
    assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [True, False, True]
    op25b("session", "add", "c", ends.neighbour, "vrf", "red", "comment", "x", "timeout", "1h")
    result = op25b.run("session", "add", "d", ends.customer, "vrf", "red")
    length = 128 if ":" in ends.customer else 32
    assert (result.returncode, result.stderr) == \
        (2, f'Error: prefix {ends.customer}/{length} is in session "a"\n')
    op25b("-f", "session", "add", "d", ends.customer, "vrf", "red")
    assert [(one["id"], one["vrf"]) for one in op25b.json("session", "show")] == \
        [("b", None), ("c", "red"), ("d", "red")]
    lines = op25b("session", "save")
    assert f"d {ends.customer}/{length} vrf red\n" in lines
    assert op25b("session", "sync", input=lines.replace("3600", "3599")) == \
        "0 added, 0 changed, 0 deleted, 3 kept\n"
    assert op25b("session", "sync", input=lines.replace("vrf red", "vrf blue")) == \
        "0 added, 2 changed, 0 deleted, 1 kept\n"
    assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [False, True, True]
    # in a VRF without pools, packets are judged as those of none, with the sessions of these
    op25b("pool", "del", "p-blue")
    op25b("-f", "session", "del", "b")
    assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [False, False, False]
    # a session by device opens port 25 in a VRF, too
    op25b("session", "add", "e", "dev", "c-red")
    assert [isps.opens(ends.syn(), vrf) for vrf in VRFS] == [True, False, False]


def test_test(isps, op25b):
    ends = Ends(isps, 4)
    op25b.load(f"pool add r vrf red prefix {ends.pool}\npool add n mode observe prefix {ends.pool}")
    op25b("session", "add", "a", ends.neighbour, "vrf", "red")

    def verdict(src, *words):
        answer = op25b.json("test", src, ends.foreign, *words)
        return answer["vrf"], answer["pool"], answer["session"], answer["verdict"]

    assert verdict(ends.customer) == (None, "n", None, "observed")
    assert verdict(ends.customer, "vrf", "red") == ("red", "r", None, "blocked")
    assert verdict(ends.customer, "dev", "c-red") == ("red", "r", None, "blocked")
    assert verdict(ends.customer, "dev", "red") == ("red", "r", None, "blocked")
    assert verdict(ends.neighbour, "vrf", "red") == ("red", "r", "a", "exempted")
    assert verdict(ends.neighbour) == (None, "n", None, "observed")
    # as the pools without a VRF have it: this VRF has none, whether it is there or not
    assert verdict(ends.customer, "vrf", "blue") == ("blue", "n", None, "observed")
    assert verdict(ends.customer, "vrf", "pink") == ("pink", "n", None, "observed")
    assert verdict(ends.customer, "dev", "c-none") == (None, "n", None, "observed")
    assert "  vrf     red\n" in op25b("test", ends.customer, ends.foreign, "vrf", "red")


def test_senders_are_told_apart(isps, op25b, ends):
    op25b.load("".join(f"pool add p-{vrf} senders on {'' if vrf == 'none' else f'vrf {vrf}'} "
                       f"prefix {ends.pool}\n" for vrf in VRFS))
    for count, vrf in enumerate(VRFS, 1):
        for _ in range(count):
            assert not isps.opens(ends.syn(), vrf)
    assert {one["pool"]: one["packets"] for one in op25b.json("sender", "show")} == \
        {"p-red": 1, "p-blue": 2, "p-none": 3}


def test_save_restore_and_diff(isps, op25b, ends, tmp_path):
    policy = (f"pool add r vrf red prefix {ends.pool}\npool add b vrf blue prefix {ends.pool}\n"
              f"pool add n prefix {ends.pool}\nexempt add r {ends.customer} timeout 1h\n"
              f"exempt add b {ends.customer} comment x\n")
    op25b.load(policy)
    saved = tmp_path / "saved"
    op25b("save", str(saved))
    assert "pool add r mode enforce action drop vrf red\n" in saved.read_text()
    assert op25b("diff", str(saved)) == ""
    shown = {pool["name"]: (pool["vrf"], pool["prefixes"], pool["exempts"])
             for pool in op25b.json("pool", "show")}
    assert shown == {"r": ("red", 1, 1), "b": ("blue", 1, 1), "n": (None, 1, 0)}
    assert len(op25b.json("prefix", "show")) == 3
    assert [one["pool"] for one in op25b.json("prefix", "show", "b")] == ["b"]
    assert not isps.opens(ends.syn(ends.neighbour), "red")
    counters = op25b.counters()
    op25b("restore", str(saved))
    assert op25b("diff", str(saved)) == "" and op25b.counters() == counters
    # a restore may change the VRF of a pool, which keeps its counters
    other = tmp_path / "other"
    other.write_text(saved.read_text().replace("vrf red", "vrf x").replace("vrf blue", "vrf red")
                     .replace("vrf x", "vrf blue"))
    result = op25b.run("diff", str(other))
    assert result.returncode == 1
    assert "- pool add r mode enforce action drop vrf red\n" \
        "+ pool add r mode enforce action drop vrf blue\n" in result.stdout
    op25b("restore", str(other))
    assert op25b.counters() == counters
    assert not isps.opens(ends.syn(ends.neighbour), "red")
    assert op25b.counters()["b"]["syn"]["blocked"] == 1
    # on trial, and back
    op25b("restore", "--confirm", "1h", str(saved))
    assert not isps.opens(ends.syn(ends.neighbour), "red")
    op25b("rollback")
    assert not isps.opens(ends.syn(ends.neighbour), "red")
    packets_of = op25b.counters()
    assert (packets_of["r"]["syn"]["blocked"], packets_of["b"]["syn"]["blocked"]) == (2, 2)
    assert op25b("diff", str(other)) == ""


@pytest.mark.parametrize("words, text", [
    ("pool add -f r vrf blue", 'VRF "blue" is not that of the pool, "red"'),
    ("pool add -f n vrf red", 'VRF "red" cannot be given to a pool that has none'),
    ("pool add x vrf a/b", 'VRF "a/b" needs the name of a device'),
    ("pool add x vrf ..", 'VRF ".." needs the name of a device'),
    ("session add s 10.0.0.9 vrf a:b", 'VRF "a:b" needs the name of a device'),
    ("test 10.0.0.9 192.0.2.1 vrf a/b", 'VRF "a/b" needs the name of a device'),
    ("prefix move n 10.0.0.0/24", "prefix 10.0.0.0/24 is in no pool without a VRF"),
    ("prefix move b 10.0.0.0/24", 'prefix 10.0.0.0/24 is in no pool of VRF "blue"'),
    ("prefix add r2 10.0.0.0/24", 'prefix 10.0.0.0/24 is in pool "r"')])
def test_refusals(op25b, words, text):
    op25b.load("pool add r vrf red prefix 10.0.0.0/24\npool add r2 vrf red\npool add b vrf blue\n"
               "pool add n")
    before = op25b("save")
    result = op25b.run(*words.split())
    if LINUX < (6, 2) and "is in no pool of VRF" in text:
        text = "prefix 10.0.0.0/24 is in no pool of this VRF"
    assert (result.returncode, result.stderr) == (2, f"Error: {text}\n")
    assert op25b("save") == before


@pytest.mark.parametrize("words, text", [
    ("pool set r vrf blue",
     "the VRF of a pool cannot change: delete the pool and add it, or restore a file"),
    ("pool add x vrf", "vrf takes the name of a device"),
    ("pool add x vrf a vrf b", "vrf is given twice"),
    ("pool add x vrf sixteen-bytes-yy", 'vrf takes the name of a device, not "sixteen-bytes-yy"'),
    ("session add s dev lo vrf red",
     "a session with a device has no VRF of its own: the device may be in one"),
    ("test 10.0.0.9 192.0.2.1 vrf red dev lo", '"dev" is one word too many')])
def test_usage(op25b, words, text):
    result = op25b.run(*words.split())
    assert (result.returncode, result.stderr) == (1, f"Error: {text}\n")


def test_pool_add_by_force_keeps_the_vrf(op25b):
    op25b("pool", "add", "r", "vrf", "red")
    op25b("pool", "add", "-f", "r", "vrf", "red", "mode", "off")
    op25b("pool", "add", "-f", "r", "mode", "observe")
    assert [(pool["vrf"], pool["mode"]) for pool in op25b.json("pool", "show")] == \
        [("red", "observe")]
    assert "  vrf red  mode observe" in op25b("pool", "show", "r")
    assert op25b("pool", "show").splitlines()[0].endswith("  VRF")
    assert 'op25b_pool_info{pool="r",vrf="red",mode="observe",action="drop"} 1\n' in op25b("metrics")


def test_warnings_know_vrfs(op25b):
    op25b.load("pool add r vrf red prefix 10.0.0.0/24\npool add n prefix 10.0.1.0/24")
    for words in ("exempt add r 10.0.0.7", "relay add 10.0.0.9", "exempt add n 10.0.1.7"):
        assert op25b.run(*words.split()).stderr == ""
    assert op25b.run("exempt", "add", "n", "10.0.0.8").stderr == \
        'Warning: exempt 10.0.0.8/32 lies in no prefix of pool "n", and opens nothing until it does\n'
    assert op25b.run("exempt", "add", "r", "10.0.1.8").stderr == \
        'Warning: exempt 10.0.1.8/32 lies in no prefix of pool "r", and opens nothing until it does\n'
    result = op25b.run("restore", "-n", "-", input=op25b("save"))
    assert sorted(result.stderr.splitlines()) == [
        'Warning: exempt 10.0.0.8/32 lies in no prefix of pool "n", and opens nothing until it does',
        'Warning: exempt 10.0.1.8/32 lies in no prefix of pool "r", and opens nothing until it does']


def test_a_thousand_vrfs(op25b, isps):
    """Each has the same prefix; what they take is given back."""
    count = 100 if DEBUG else 1000
    policy = "".join(f"pool add p{n} vrf v{n} prefix 10.0.0.0/24 2001:db8::/48\n"
                     for n in range(count))
    op25b.load(policy)      # the first ones allocate memory that is kept for reuse
    op25b("flush")
    before = memory.Memory(isps)
    op25b.load(policy)
    assert op25b.json("status")["prefixes"] == {"ipv4": count, "ipv6": count}
    assert op25b.json("test", "10.0.0.5", "192.0.2.1", "vrf", f"v{count - 1}")["pool"] == \
        f"p{count - 1}"
    assert len(op25b("save").splitlines()) == 3 * count + 2
    op25b("flush")
    before.assert_is_back(100)
