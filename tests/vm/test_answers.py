# SPDX-License-Identifier: GPL-2.0
"""Answers to blocked packets, and rules for what the router sends."""
import pytest

import hosts
from conftest import ANSWERS, MODULE, Command, Ends, syn_to
from test_removal import loaded_again, no_modules_on_demand, remove     # noqa: F401 (a fixture)


@pytest.fixture(scope="module")
def net(module):
    """A network of its own: before Linux 5.13, a router that has tracked connections once reassembles
    fragments for ever."""
    network = hosts.Network("answers-")
    yield network
    network.remove()


@pytest.fixture
def ends(net, v):
    return Ends(net, v)


def rules_of_operations():
    """The rules for answers in docs/operations.md."""
    with open("docs/operations.md", encoding="utf-8") as file:
        text = file.read()
    rules = text[text.index("table inet answers"):]
    return rules[:rules.index("```")]


@pytest.mark.parametrize("action", ANSWERS)
def test_where_output_drops_what_is_invalid(net, ends, action):
    op25b = Command(net.bras)
    op25b.load(f"pool add east action {action} prefix {ends.pool}")
    net.bras.run("nft", "-f", "-", input="table inet strict { chain output { type filter hook output "
                 "priority filter; ct state invalid drop; }\n}\n")
    try:
        assert net.send(syn_to(ends)).answers == []
        net.bras.run("nft", "-f", "-", input=rules_of_operations())
        try:
            assert len(net.send(syn_to(ends)).answers) == 1
        finally:
            net.bras.run("nft", "delete", "table", "inet", "answers")
    finally:
        net.bras.run("nft", "delete", "table", "inet", "strict")


def test_without_their_modules(net):
    """The pool is refused, and nothing else."""
    op25b = Command(net.bras)
    remove()
    hosts.run("modprobe", "-r", "nft_reject_inet", "nf_reject_ipv4", "nf_reject_ipv6")
    hosts.run("insmod", MODULE)
    with no_modules_on_demand():
        result = op25b.run("pool", "add", "east", "action", "tcp-reset")
        op25b("pool", "add", "west", "action", "drop")
    assert (result.returncode, result.stderr) == (
        2, "Error: action needs the modules nf_reject_ipv4 and nf_reject_ipv6: load them first\n")
    assert [pool["name"] for pool in op25b.json("pool", "show")] == ["west"]
    op25b("pool", "add", "east", "action", "tcp-reset")
