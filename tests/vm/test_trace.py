# SPDX-License-Identifier: GPL-2.0
"""The tracepoint op25b:op25b_verdict, by way of tracefs."""
import re

import pytest

import hosts
import packets
from conftest import CLASSES, MODULE, VERDICTS, syn_to
from test_removal import loaded_again, remove     # noqa: F401 (a fixture)

TRACING = "/sys/kernel/tracing"
EVENT = f"{TRACING}/events/op25b/op25b_verdict"


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def read_trace():
    """What was traced since the last call: a dictionary for each packet."""
    with open(f"{TRACING}/trace", encoding="ascii") as file:
        lines = re.findall(r": op25b_verdict: (.*)", file.read())
    write(f"{TRACING}/trace", "")
    return [dict(part.split("=", 1) for part in line.split()) for line in lines]


@pytest.fixture
def traced():
    write(f"{TRACING}/trace", "")
    write(f"{EVENT}/enable", "1")
    yield
    write(f"{EVENT}/enable", "0")


def row(verdict, src, dst, kind="syn", dev="customer"):
    if packets.is_ipv6(src):
        four, six = ("0.0.0.0", "0.0.0.0"), (src, dst)
    else:
        four, six = (src, dst), (f"::ffff:{src}", f"::ffff:{dst}")
    return {"pool": "east", "class": kind, "verdict": verdict, "dev": dev, "saddr": four[0],
            "daddr": four[1], "saddrv6": six[0], "daddrv6": six[1]}


@pytest.mark.parametrize("mode, word", [("enforce", "blocked"), ("observe", "observed")])
def test_what_is_counted_is_traced(net, op25b, ends, traced, mode, word):
    op25b.load(f"pool add east mode {mode} guard inbound prefix {ends.pool}\n"
               f"exempt add east {ends.neighbour}\nrelay add {ends.relay}")
    net.send(syn_to(ends), syn_to(ends, ends.relay), packets.syn(ends.neighbour, ends.foreign),
             syn_to(ends, dport=26))
    net.send(packets.syn(ends.foreign, ends.customer), sender=net.foreign, receiver=net.customer)
    assert read_trace() == [row(word, ends.customer, ends.foreign),
                            row("relayed", ends.customer, ends.relay),
                            row("exempted", ends.neighbour, ends.foreign),
                            row(word, ends.foreign, ends.customer, "inbound", "foreign")]


def test_it_can_be_filtered(net, op25b, ends4, traced):
    """The numbers of the words are in its format, as tools read it."""
    with open(f"{EVENT}/format", encoding="ascii") as file:
        text = file.read()
    for first, names in ((0, CLASSES), (1, VERDICTS)):
        for number, name in enumerate(names, first):
            assert f'{{ {number}, "{name}" }}' in text
    op25b.load(f"pool add east mode observe prefix {ends4.pool}\nrelay add {ends4.relay}")
    write(f"{EVENT}/filter", 'pool == "east" && verdict == 3')
    try:
        net.send(syn_to(ends4), syn_to(ends4, ends4.relay))
        assert read_trace() == [row("relayed", ends4.customer, ends4.relay)]
    finally:
        write(f"{EVENT}/filter", "0")


def test_the_module_is_removed_while_it_is_traced(net, op25b, ends4, traced):
    op25b.load(f"pool add east prefix {ends4.pool}")
    net.send(syn_to(ends4))
    remove()
    hosts.run("insmod", MODULE)
    op25b.load(f"pool add east prefix {ends4.pool}")
    net.send(syn_to(ends4))
    assert op25b.counters()["east"]["syn"]["blocked"] == 1
