# SPDX-License-Identifier: GPL-2.0
"""README's "Step by step", word for word: what a newcomer types, on a router whose customers send meanwhile.
Packages are for tests/packages/check."""
import os
import re

import pytest

import hosts
import packets

README = f"{os.path.dirname(__file__)}/../../README.md"
SITE = "/etc/op25b.conf"
BLOCKED, FIXED, RELAY, FOREIGN = "10.0.0.5", "10.0.0.7", "192.0.2.25", "198.51.100.129"
# Lines for which a guest without packages is no place.
ELSEWHERE = {
    "Install": "apt install linux-headers-amd64 ./build/packages/bookworm/op25b-dkms_*.deb "
               "./build/packages/bookworm/op25bctl_*.deb\n",
    "Enforce": "systemctl enable op25b\n",
    "Remove": "rmmod op25b\napt purge op25bctl op25b-dkms\n",
}


def steps():
    """The steps, in their order: the commands of each."""
    with open(README, encoding="utf-8") as file:
        section = file.read().split("\n## Step by step\n")[1].split("\n## ")[0]
    return {step.split("\n")[0]: "".join(re.findall(r"^```\n(.*?)^```$", step, re.M | re.S))
            for step in section.split("\n### ")[1:]}


@pytest.fixture(name="site")
def fixture_site():
    """The file that the newcomer saves. There is none before and after."""
    assert not os.path.exists(SITE)
    yield
    if os.path.exists(SITE):
        os.unlink(SITE)


def passes(net, src):
    """Whether a SYN to port 25 of the foreign host arrives there"""
    return net.passes(packets.syn(src, FOREIGN))


def counts(op25b):
    """How many SYNs of the pool were counted, by verdict"""
    return op25b.json("pool", "show", "east")[0]["packets"]["syn"]


def test_step_by_step(net, op25b, site):
    script = steps()
    assert list(script) == ["Install", "Observe", "Who sends", "Enforce", "Remove"]
    for step, lines in ELSEWHERE.items():
        assert lines in script[step]
        script[step] = script[step].replace(lines, "")
    assert script.pop("Install") == ""

    def run(step):
        return net.bras.run("bash", "-euc", script.pop(step))

    run("Observe")
    assert op25b.json("test", BLOCKED, FOREIGN)["verdict"] == "observed"
    assert passes(net, BLOCKED) and passes(net, FIXED)
    net.send(packets.syn(BLOCKED, RELAY))
    assert counts(op25b) == {"blocked": 0, "observed": 1, "relayed": 1, "exempted": 1}

    # the newcomer looks again after a while
    commands = script["Who sends"]
    run("Who sends")
    passes(net, BLOCKED)
    assert BLOCKED in net.bras.run("bash", "-euc", commands)

    run("Enforce")
    assert op25b.json("status")["confirm"] is None
    assert not passes(net, BLOCKED) and passes(net, FIXED)
    net.send(packets.syn(BLOCKED, RELAY))
    assert counts(op25b) == {"blocked": 1, "observed": 2, "relayed": 2, "exempted": 2}
    with open(SITE, encoding="utf-8") as file:
        assert " mode enforce " in file.read()

    run("Remove")
    assert passes(net, BLOCKED) and not os.path.exists(SITE) and not script
    assert hosts.run("lsmod").count("\nop25b ") == 1
