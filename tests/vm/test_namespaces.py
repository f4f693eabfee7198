# SPDX-License-Identifier: GPL-2.0
"""Network namespaces, VRFs, users without privileges, and sysfs."""
import contextlib
import os
import socket
import stat
import subprocess

import pytest

import hosts
import packets
from conftest import ANSWERS, MODULE, SYSFS, Command, assert_counted, sysfs, syn_to, table

NOBODY = 65534
NO_RIGHT = "Error: this takes CAP_NET_ADMIN in the network namespace: use sudo, or be root there\n"


@pytest.fixture
def other():
    """Another router, in a namespace of its own."""
    host = hosts.Host("other")
    yield host
    host.remove()


def test_two_namespaces_do_not_see_each_other(net, op25b, ends4, other):
    elsewhere = Command(other)
    op25b.load(f"pool add east prefix {ends4.pool}")
    assert elsewhere.json("pool", "show") == []
    assert elsewhere.json("status")["pools"] == 0

    elsewhere.load(f"pool add east mode off prefix {ends4.pool}\npool add west\nrelay add ::/0")
    net.send(syn_to(ends4))
    assert_counted(op25b, east={"syn": {"blocked": 1}})
    assert elsewhere.counters()["east"]["syn"]["blocked"] == 0
    assert op25b.json("relay", "show") == []
    before = op25b("save")
    elsewhere("flush")
    assert op25b("save") == before


def test_sysfs_shows_the_namespace_of_who_mounted_it(net, op25b, other):
    op25b.load("pool add east\npool add west")
    Command(other).load("pool add other")
    generations = [int(Command(host).json("status")["generation"]) for host in (net.bras, other)]
    # ip netns exec mounts a sysfs of its own
    listing = "cd /sys/kernel/op25b && ls pools && cat generation"
    for name, pools, generation in (("bras", "east\nwest\n", generations[0]),
                                    ("other", "other\n", generations[1])):
        assert hosts.run("ip", "netns", "exec", name, "sh", "-c", listing) == \
            f"{pools}{generation}\n"
    assert os.listdir("/sys/kernel/op25b/pools") == []


def test_sysfs_files(net, op25b, ends4):
    op25b.load(f"pool add east mode observe action tcp-reset prefix {ends4.pool} {ends4.relay_net}")
    net.send(syn_to(ends4))
    root = f"{SYSFS}/kernel/op25b"
    assert sorted(os.listdir(root)) == ["generation", "pools", "version"]
    assert {name: sysfs(f"pools/east/{name}") for name in os.listdir(f"{root}/pools/east")} == {
        "mode": "observe", "action": "tcp-reset", "prefixes": "2",
        "blocked": "0", "observed": "1", "relayed": "0", "exempted": "0"}
    status = op25b.json("status")
    assert sysfs("version") == status["version"]
    assert sysfs("generation") == str(status["generation"])
    for folder, _, files in os.walk(root):
        for name in files:
            assert stat.S_IMODE(os.stat(f"{folder}/{name}").st_mode) == 0o444


def test_sysfs_follows_the_policy(op25b):
    op25b.load("pool add east\npool add west")
    op25b("pool", "set", "east", "mode", "off", "action", "admin-prohibited")
    assert (sysfs("pools/east/mode"), sysfs("pools/east/action")) == ("off", "admin-prohibited")
    op25b("prefix", "add", "east", "10.7.0.0/16", "2001:db8:7::/48")
    assert sysfs("pools/east/prefixes") == "2"
    op25b("restore", input="pool add north\npool add west mode observe\n")
    assert sorted(os.listdir(f"{SYSFS}/kernel/op25b/pools")) == ["north", "west"]
    assert sysfs("pools/west/mode") == "observe"
    op25b("flush")
    assert os.listdir(f"{SYSFS}/kernel/op25b/pools") == []


def test_reading_a_file_of_a_deleted_pool_fails(op25b):
    op25b.load("pool add east")
    with open(f"{SYSFS}/kernel/op25b/pools/east/blocked", encoding="ascii") as file:
        assert file.read() == "0\n"
        op25b("flush")
        with pytest.raises(OSError):
            file.seek(0)
            file.read()


def test_removing_a_namespace_with_pools(net, ends4):
    for _ in range(5):
        host = hosts.Host("fleeting")
        Command(host).load(f"pool add east prefix {ends4.pool}\n"
                           f"exempt add east {ends4.customer} timeout 1\n"
                           f"relay add {ends4.foreign} pool east")
        host.remove()


def test_an_unprivileged_user_reads_counters_and_changes_nothing(net, op25b, ends4):
    op25b.load(f"pool add east prefix {ends4.pool}\nrelay add {ends4.relay_net}")
    net.send(syn_to(ends4))

    for words in (("pool", "show"), ("prefix", "show"), ("relay", "show"), ("exempt", "show"),
                  ("status",), ("test", ends4.customer, ends4.foreign)):
        assert op25b("-j", *words, user=NOBODY) == op25b("-j", *words), words
    assert op25b("save", user=NOBODY) == op25b("save")

    before = op25b("save"), op25b.json("status"), op25b.counters()
    for words in ("pool add west", "pool set east mode off", "pool del east", "pool reset",
                  "pool reset east", "prefix add east 10.9.0.0/16", f"prefix del east {ends4.pool}",
                  f"exempt add east {ends4.customer}", f"exempt del east {ends4.customer}",
                  "relay add 10.9.9.9", f"relay del {ends4.relay_net}", "flush",
                  "-f pool del west"):
        result = op25b.run(*words.split(), user=NOBODY)
        assert (result.returncode, result.stdout, result.stderr) == (2, "", NO_RIGHT), words
    for words in ("restore", "restore -n", "diff"):
        result = op25b.run(*words.split(), input="pool add west\n", user=NOBODY)
        assert (result.returncode, result.stdout, result.stderr) == (2, "", NO_RIGHT), words
    assert (op25b("save"), op25b.json("status"), op25b.counters()) == before


def test_an_unprivileged_user_reads_sysfs(net, op25b, ends4):
    op25b.load(f"pool add east prefix {ends4.pool}")
    net.send(syn_to(ends4))
    text = hosts.run("cat", f"{SYSFS}/kernel/op25b/pools/east/blocked", user=NOBODY)
    assert text == "1\n"


def test_root_of_a_user_namespace_rules_its_own_network_namespace(op25b):
    """But no other network namespace."""
    op25b.load("pool add east")
    script = f"{Command.PATH} pool add mine && {Command.PATH} -j pool show mine"
    with op25b.host:
        own = subprocess.run(["unshare", "-r", "-n", "sh", "-c", script], user=NOBODY, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        foreign = subprocess.run(["unshare", "-r", Command.PATH, "pool", "add", "mine"], text=True,
                                 user=NOBODY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 check=False)
    assert own.returncode == 0 and '"name":"mine"' in own.stdout.replace(" ", "")
    assert (foreign.returncode, foreign.stdout) == (2, NO_RIGHT)
    assert [pool["name"] for pool in op25b.json("pool", "show")] == ["east"]


TRACING = "/sys/kernel/tracing"


def trace(name, text):
    with open(f"{TRACING}/{name}", "w", encoding="ascii") as file:
        file.write(text)


def traced():
    with open(f"{TRACING}/trace", encoding="ascii", errors="replace") as file:
        return [line for line in file if not line.startswith("#")]


def test_a_namespace_without_pools_has_no_hook(net, op25b, ends4):
    """No function of the module runs for its packets."""
    trace("set_ftrace_filter", f"*:mod:{os.path.basename(MODULE).removesuffix('.ko')}")
    trace("current_tracer", "function")
    try:
        def calls():
            trace("trace", "")
            net.send(syn_to(ends4))
            return len(traced())

        def calls_after(*words):
            op25b(*words)
            return calls()

        assert calls() == 0
        assert calls_after("relay", "add", ends4.relay_net) == 0
        assert calls_after("pool", "add", "east") > 0
        assert calls_after("pool", "del", "east") == 0
        op25b("restore", input="pool add east\n")
        assert calls() > 0
        assert calls_after("flush") == 0
    finally:
        trace("current_tracer", "nop")
        trace("set_ftrace_filter", "")


def test_drop_location_is_in_the_module(net, op25b, ends):
    """If the kernel has NF_DROP_REASON(), the location of a drop, which dropwatch shows, is in the
    module."""
    able = "NF_DROP_REASON(" in hosts.run(
        "sh", "-c", 'cd "$OP25B_HEADERS" && cat include/linux/netfilter.h '
        '../linux-headers-*-common/include/linux/netfilter.h 2>/dev/null; true')
    with open("/proc/modules", encoding="ascii") as file:
        size, start = next((int(line.split()[1]), int(line.split()[5], 16)) for line in file
                           if line.startswith("op25b "))
    op25b.load(f"pool add east prefix {ends.pool}")
    # The filter of the trace event compares the address, since not every kernel prints it.
    trace("events/skb/kfree_skb/filter", f"location >= {start} && location < {start + size}")
    trace("trace", "")
    trace("events/skb/kfree_skb/enable", "1")
    try:
        net.send(*[syn_to(ends)] * 3)
        drops = [line for line in traced() if "kfree_skb" in line]
    finally:
        trace("events/skb/kfree_skb/enable", "0")
        trace("events/skb/kfree_skb/filter", "0")

    # The reason itself is not checked, since not every kernel prints it.
    assert len(drops) == (3 if able else 0)


@pytest.fixture(scope="module")
def vrf():
    """Another provider's network, all of it in a VRF."""
    network = hosts.Network("v", ["customer", "foreign"], vrf="vrf-isp")
    network.foreign.listen(25)
    yield network
    network.remove()


def test_a_packet_that_crosses_a_vrf_counts_once(vrf, v):
    op25b = Command(vrf.bras)
    src, dst = vrf.customer.ghosts[v][0], vrf.foreign.ghosts[v][0]
    op25b.load(f"pool add east mode observe guard synack inbound prefix {vrf.customer.network[v]}")
    vrf.bras.run("nft", "-f", "-", input="""
        table inet seen {
            counter twice { }
            chain prerouting {
                type filter hook prerouting priority raw
                tcp dport 25 counter name twice
            }
        }""")
    assert vrf.send(packets.syn(src, dst)).arrived
    text = vrf.bras.run("nft", "list", "counter", "inet", "seen", "twice")
    vrf.bras.run("nft", "delete", "table", "inet", "seen")
    assert "packets 2 " in text     # it has passed PRE_ROUTING twice

    assert vrf.send(packets.syn(dst, src), sender=vrf.foreign, receiver=vrf.customer).arrived
    assert vrf.send(*packets.fragments(packets.syn(src, dst), 8)).arrived
    counters = op25b.counters()["east"]
    assert [counters[kind]["observed"] for kind in ("syn", "inbound", "malformed")] == [1, 1, 2]


@pytest.fixture(scope="module")
def leak():
    """A provider whose customers' links are outside of the VRF that routes their traffic."""
    network = hosts.Network("l", ["customer", "foreign"], vrf="vrf-isp", outside=["customer"])
    for table, link in (("main", "foreign"), ("10", "customer")):
        for to in network.LINKS[link]:
            to += ".0/24" if "." in to else ":/64"
            network.bras.ip(f"route replace {to} dev {link} table {table}\n")
    yield network
    network.remove()


def judged_once(network, sent, then):
    """Send a packet that becomes another one on the router, and check that the customer's pool
    observes or blocks it, and counts it once."""
    op25b = Command(network.bras)
    pool = " ".join(network.customer.network.values())
    op25b.load(f"pool add east mode observe prefix {pool}")
    assert network.send(sent).arrived == [packets.forwarded(then)]
    op25b("pool", "set", "east", "mode", "enforce")
    assert network.send(sent).arrived == []
    assert op25b.counters()["east"]["syn"] == \
        {"blocked": 1, "observed": 1, "relayed": 0, "exempted": 0}


def test_packets_redirected_into_a_vrf_are_judged(leak, v):
    leak.bras.run("tc", "qdisc", "add", "dev", "customer", "clsact")
    leak.bras.run("tc", "filter", "add", "dev", "customer", "ingress", "matchall",
                  "action", "mirred", "ingress", "redirect", "dev", "vrf-isp")
    try:
        syn = packets.syn(leak.customer.ghosts[v][0], leak.foreign.ghosts[v][0])
        judged_once(leak, syn, syn)
    finally:
        leak.bras.run("tc", "qdisc", "del", "dev", "customer", "clsact")


def test_packets_decapsulated_into_a_vrf_are_judged(leak, v):
    """They pass PRE_ROUTING only as received on the VRF device."""
    syn = packets.syn(leak.customer.ghosts[v][0], leak.foreign.ghosts[v][0])
    outer = to_the_end_of_srv6(leak, v, "main", syn)
    if outer:
        judged_once(leak, outer, syn)


def test_bytes_after_the_end_of_a_decapsulated_packet_are_ignored(leak):
    """seg6_local does not trim the inner packet as ip6_rcv() does. Here bytes after its end seem to
    complete the header chain of a first fragment."""
    op25b = Command(leak.bras)
    op25b.load(f"pool add east prefix {leak.customer.network[6]}")
    src, dst = leak.customer.ghosts[6][0], leak.foreign.ghosts[6][0]
    harmless = packets.tcp(src, dst, 40000, 80, packets.SYN)
    chain = [packets.fragment_header(0, True), packets.extension(packets.DSTOPTS, 16)]
    outer = to_the_end_of_srv6(leak, 6, "main",
                               packets.ip(src, dst, harmless, chain=chain, length=8 + 8))
    if outer:
        assert leak.send(outer).arrived == []
        assert op25b.counters()["east"]["malformed"]["blocked"] == 1


@pytest.mark.parametrize("v, protocol, action", [
    (6, 41, "End.DT6 table 254"), (4, 4, "End.DX4 nh4 {}"), (6, 41, "End.DX6 nh6 {}")])
def test_packets_decapsulated_outside_a_vrf_pass(net, op25b, v, protocol, action):
    """They do not pass PRE_ROUTING: the README lists this among the limits."""
    action = action.format(net.foreign.ghosts[v][0])
    net.bras.ip(f"route replace 2001:db8:5::66 encap seg6local action {action} dev foreign\n")
    op25b.load(f"pool add east prefix {net.customer.network[v]}")
    syn = packets.syn(net.customer.ghosts[v][0], net.foreign.ghosts[v][0])
    assert not net.passes(syn)
    outer = packets.ip(net.customer.address[6], "2001:db8:5::66", syn, protocol)
    assert net.send(outer).arrived == [packets.forwarded(syn)]
    net.bras.ip("route del 2001:db8:5::66\n")


def to_the_end_of_srv6(network, v, table, packet):
    """Encapsulate a packet to a SID that decapsulates into the VRF; None if the kernel does not
    support that."""
    sid, action, protocol = {4: ("2001:db8:5::4", "End.DT4", 4),
                             6: ("2001:db8:5::6", "End.DT6", 41)}[v]
    network.bras.sysctl("vrf/strict_mode", 1)
    try:
        network.bras.ip(f"route replace {sid} encap seg6local action {action} vrftable 10 "
                        f"dev vrf-isp table {table}\n")
    except subprocess.CalledProcessError:
        # vrftable is supported since Linux 5.11
        assert os.uname().release.startswith("5.10.")
        return None
    return packets.ip(network.customer.address[6], sid, packet, protocol)


def test_packets_decapsulated_into_the_vrf_of_their_sender_are_blocked(vrf, v):
    """They look like packets at their second pass, so they are not counted unless they are blocked."""
    op25b = Command(vrf.bras)
    op25b.load(f"pool add east mode observe prefix {vrf.customer.network[v]}")
    syn = packets.syn(vrf.customer.ghosts[v][0], vrf.foreign.ghosts[v][0])
    outer = to_the_end_of_srv6(vrf, v, "10", syn)
    if not outer:
        return
    assert vrf.send(outer).arrived == [packets.forwarded(syn)]
    op25b("pool", "set", "east", "mode", "enforce")
    assert vrf.send(outer).arrived == []
    assert op25b.counters()["east"]["syn"] == \
        {"blocked": 1, "observed": 0, "relayed": 0, "exempted": 0}


@pytest.mark.parametrize("how", ["tracked", "untracked"])
def test_packets_redirected_to_port_25_in_a_vrf_pass(vrf, v, how):
    """The router has changed the port between the two passes of PRE_ROUTING: at the first one, the
    packet was not a SYN to port 25."""
    op25b = Command(vrf.bras)
    op25b.load(f"pool add east prefix {vrf.customer.network[v]}")
    src, dst = vrf.customer.ghosts[v][0], vrf.foreign.ghosts[v][0]
    kind, address = ("ip", dst) if v == 4 else ("ip6", f"[{dst}]")
    rules = {"tracked": f"""type nat hook prerouting priority dstnat
                            tcp dport 587 dnat {kind} to {address}:25""",
             "untracked": """type filter hook prerouting priority raw
                             tcp dport 587 notrack tcp dport set 25"""}
    vrf.bras.run("nft", "-f", "-", input=f"""
        table inet moved {{
            chain prerouting {{
                {rules[how]}
            }}
        }}""")
    try:
        moved, = vrf.send(packets.syn(src, dst, dport=587)).arrived
        assert packets.tcp_of(moved)[1] == 25
        assert not vrf.passes(packets.syn(src, dst))
    finally:
        vrf.bras.run("nft", "delete", "table", "inet", "moved")


def test_the_router_reaches_its_own_port_25_within_a_vrf(vrf, v):
    """The device of the VRF loops such packets, not the loopback device."""
    op25b = Command(vrf.bras)
    op25b.load(f"pool add all guard synack inbound prefix {'::/0' if v == 6 else '0.0.0.0/0'}")
    own = {4: "10.0.0.1", 6: "2001:db8:c::1"}[v]
    family = socket.AF_INET6 if v == 6 else socket.AF_INET
    with vrf.bras.socket(family, socket.SOCK_STREAM) as listener, \
            vrf.bras.socket(family, socket.SOCK_STREAM) as connection:
        for end in (listener, connection):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"vrf-isp")
            end.settimeout(hosts.SECONDS)
        listener.bind((own, 25))
        listener.listen()
        connection.connect((own, 25))
    assert op25b.counters()["all"] == table()
    op25b("flush")


# The router's addresses within the VRF, on the link of its customers; of IPv6 also its anycast address
OWN = {4: ("10.0.0.1",), 6: ("2001:db8:c::1", "2001:db8:c::")}


def test_the_router_within_a_vrf_is_no_customer(vrf, v):
    """Only the table of the VRF has its addresses."""
    op25b = Command(vrf.bras)
    op25b.load(f"pool add east guard synack inbound prefix {vrf.customer.network[v]}")
    src = vrf.foreign.ghosts[v][0]
    for own in OWN[v]:
        synack = packets.tcp(src, own, 25, 40000, packets.SYN | packets.ACK)
        vrf.send(packets.syn(src, own), packets.ip(src, own, synack), sender=vrf.foreign,
                 receiver=vrf.customer)
    assert op25b.counters()["east"] == table()


@pytest.mark.parametrize("action", ANSWERS)
def test_what_may_not_be_answered_within_a_vrf(vrf, v, action):
    """What comes in the name of the router, or is for a broadcast address: only the table of the VRF
    has them."""
    op25b = Command(vrf.bras)
    op25b.load(f"pool add all action {action} prefix {'::/0' if v == 6 else '0.0.0.0/0'}")
    src, dst = vrf.customer.ghosts[v][0], vrf.foreign.ghosts[v][0]
    sent = [packets.syn(own, dst) for own in OWN[v]]
    if v == 4:
        sent.append(packets.syn(src, "10.0.0.255"))
    with vrf.bras.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(hosts.ETH_P_ALL)) as looped:
        looped.bind(("vrf-isp", hosts.ETH_P_ALL))
        looped.setblocking(False)
        for packet in sent:
            crossing = vrf.send(packet)
            assert (crossing.arrived, crossing.answers) == ([], [])
        with contextlib.suppress(BlockingIOError):
            while True:
                assert packets.addresses(looped.recv(65536))[1] not in OWN[v]
    assert op25b.counters()["all"]["syn"]["blocked"] == len(sent)


def test_blocking_in_a_vrf(vrf, v):
    op25b = Command(vrf.bras)
    op25b.load(f"pool add east prefix {vrf.customer.network[v]}")
    src, dst = vrf.customer.ghosts[v][0], vrf.foreign.ghosts[v][0]
    assert not vrf.passes(packets.syn(src, dst))
    assert vrf.connect(vrf.customer, vrf.foreign, vrf.foreign.address[v], 25) != 0
    op25b("relay", "add", vrf.foreign.network[v])
    assert vrf.connect(vrf.customer, vrf.foreign, vrf.foreign.address[v], 25) == 0
    counters = op25b.counters()["east"]
    assert counters["syn"] == {"blocked": 2, "observed": 0, "relayed": 1, "exempted": 0}


@pytest.mark.parametrize("action", ANSWERS)
def test_an_answer_goes_back_into_the_vrf(vrf, v, action):
    """The answer is routed by the VRF's table: the main table has no route to the customer."""
    op25b = Command(vrf.bras)
    op25b.load(f"pool add east action {action} prefix {vrf.customer.network[v]}")
    src, dst = vrf.customer.ghosts[v][0], vrf.foreign.ghosts[v][0]
    crossing = vrf.send(packets.syn(src, dst))
    assert crossing.arrived == []
    answer, = crossing.answers
    assert packets.addresses(answer)[1] == src
    assert op25b.counters()["east"]["syn"]["blocked"] == 1
