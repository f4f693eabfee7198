# SPDX-License-Identifier: GPL-2.0
"""What the module does not see: what never comes to PRE_ROUTING, as docs/hostile-packets.md says."""
import pytest

import hosts
import packets
from conftest import Command, Ends, syn_to

FLOWTABLE = """
table inet fastpath {
	flowtable fast { hook ingress priority 0; devices = { customer, foreign }; }
	chain fast {
		REMEDY
		ct state established flow add @fast
	}
	chain forward {
		type filter hook forward priority filter
		meta l4proto tcp jump fast
	}
}
"""
# docs/hostile-packets.md has these two lines.
REMEDY = ("tcp dport 25 return", "tcp sport 25 return")


@pytest.fixture(scope="module")
def net(module):
    network = hosts.Network("limits-")
    network.foreign.listen(25)
    yield network
    network.remove()


@pytest.fixture
def op25b(net):
    command = Command(net.bras)
    command.load(f"pool add east guard synack prefix {' '.join(net.customer.network.values())}")
    return command


@pytest.fixture
def ends(net, v):
    return Ends(net, v)


@pytest.mark.parametrize("remedy", [False, True], ids=["bypass", "remedy"])
def test_a_flowtable(net, op25b, ends, remedy):
    """Without any SYN, a flow of port 25 gets into the flowtable: conntrack takes up connections in the
    middle. Then a SYN passes before PRE_ROUTING."""
    net.bras.run("nft", "-f", "-", input=FLOWTABLE.replace("REMEDY", "\n".join(REMEDY) if remedy else ""))
    try:
        assert not net.passes(syn_to(ends))
        ack = packets.tcp(ends.customer, ends.foreign, 40000, 25, packets.ACK, seq=1000, ack=2000)
        # an accomplice sends it in the name of the server, which has never got anything
        answer = packets.tcp(ends.foreign, ends.customer, 25, 40000, packets.ACK, seq=2000, ack=1000)
        for _ in range(3):
            net.send(packets.ip(ends.customer, ends.foreign, ack))
            net.send(packets.ip(ends.foreign, ends.customer, answer), sender=net.foreign,
                     receiver=net.customer)
        assert net.passes(syn_to(ends)) == (not remedy)
    finally:
        net.bras.run("nft", "delete", "table", "inet", "fastpath")
    assert op25b.counters()["east"]["syn"]["blocked"] == 1 + remedy
    assert not net.passes(syn_to(ends))


def test_a_container_with_an_ipvlan_device(net, op25b):
    """What it sends goes to the device below, although `test` says that it would be blocked."""
    container = hosts.Host("limits-container")
    try:
        net.bras.ip("link add ipvl0 link foreign type ipvlan mode l3\n"
                    f"link set ipvl0 netns {container.name}\n")
        container.ip("link set lo up\nlink set ipvl0 up\naddr add 10.0.0.77/32 dev ipvl0\n"
                     "route add default dev ipvl0\n")
        assert "blocked" in op25b("test", "10.0.0.77", net.foreign.address[4])
        with container:
            connection = hosts.socket.socket()
            connection.settimeout(5)
        with connection:
            connection.connect((net.foreign.address[4], 25))
        assert op25b.counters()["east"]["syn"]["blocked"] == 0
    finally:
        container.remove()


def test_packets_that_tc_redirects(net, op25b, ends):
    net.bras.run("tc", "qdisc", "add", "dev", "customer", "clsact")
    try:
        net.bras.run("tc", "filter", "add", "dev", "customer", "ingress", "protocol", "all", "u32",
                     "match", "u32", "0", "0", "action", "mirred", "egress", "mirror", "dev", "foreign")
        # a copy of the frame has gone on; the packet itself is judged
        arrived = net.send(syn_to(ends)).arrived
    finally:
        net.bras.run("tc", "qdisc", "del", "dev", "customer", "clsact")
    assert syn_to(ends) in arrived
    assert op25b.counters()["east"]["syn"]["blocked"] == 1
