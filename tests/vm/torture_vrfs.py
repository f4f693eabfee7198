# SPDX-License-Identifier: GPL-2.0
"""VRFs that come, go and change their names at full speed, while pools and sessions of theirs do so,
too. Customers of other VRFs, who have the same address, are judged by their own pool all the time."""
import itertools
import random

from conftest import Command
from memory import Memory
from rounds import rounds
from test_vrf import Ends, counted, fixture_isps    # noqa: F401 (a fixture)
from torture_restore import start
from traffic import Meanwhile, paced, sender

TURNS = rounds(200)
NAMES = 8           # of VRFs that are not always there


def policy(chance, ends):
    """A policy that judges the three customers as ever; its other pools are each of some VRF."""
    text = (f"pool add r vrf red prefix {ends.pool}\npool add b mode observe vrf blue prefix {ends.pool}\n"
            f"pool add n prefix {ends.pool}\nexempt add n {ends.customer}\n")
    for name in chance.sample(range(NAMES), 4):
        text += f"pool add p{name} vrf v{name} prefix {ends.pool} 10.{name}.0.0/16 2001:db8:{name}::/48\n"
    return text


def churn(chance, ends):
    """A batch of sessions in VRFs, among them some of the address that all customers have"""
    for _ in range(2000):
        name = chance.randrange(NAMES)
        if chance.random() < 0.4:
            yield f"session del s{name}\n"
        else:
            yield (f"session add s{name} {ends.customer} 10.{name}.0.{chance.randrange(9)} vrf v{name}" +
                   chance.choice(("", " timeout 1")) + "\n")
    for name in range(NAMES):
        yield f"session del s{name}\n"


class Devices:
    """The VRFs of the router that come and go, each with a device in it."""

    def __init__(self, host):
        self.host = host
        self.numbers = itertools.count(1000)
        self.vrfs = {}      # the number of each name: of its table, and in the name of its device

    def turn(self, chance):
        """Make a VRF, rename one, or remove one."""
        name, other = (f"v{n}" for n in chance.sample(range(NAMES), 2))
        if name not in self.vrfs:
            number = self.vrfs[name] = next(self.numbers)
            self.host.ip(f"link add {name} type vrf table {number}\nlink set {name} up\n"
                         f"link add d{number} type dummy\nlink set d{number} master {name}\n"
                         f"link set d{number} up\n")
        elif other not in self.vrfs:
            # before Linux 6.2, a device has to go down for a new name
            self.host.ip(f"link set {name} down\nlink set {name} name {other}\nlink set {other} up\n")
            self.vrfs[other] = self.vrfs.pop(name)
        else:
            self.remove(name)

    def remove(self, name):
        self.host.ip(f"link del {name}\nlink del d{self.vrfs.pop(name)}\n")

    def clear(self):
        for name in list(self.vrfs):
            self.remove(name)


def test_vrfs_come_and_go(isps, tmp_path):
    ends, op25b, chance = Ends(isps, 4), Command(isps.bras), random.Random(25)
    devices, batch, file = Devices(isps.bras), tmp_path / "batch", tmp_path / "policy"
    batch.write_text("".join(churn(chance, ends)))

    def turn():
        devices.turn(chance)
        file.write_text(policy(chance, ends))
        op25b("restore", str(file))

    def read():
        op25b("save")
        op25b("session", "show")
        op25b("test", ends.customer, ends.foreign, "vrf", "v0")

    def finish():
        devices.clear()
        op25b("restore", input=policy(random.Random(1), ends))
        op25b("-f", "session", "sync", input="")

    for _ in range(2 * NAMES):      # the first ones allocate memory that is kept for reuse
        turn()
    op25b("-f", "-b", str(batch))
    finish()
    op25b("pool", "reset")
    memory = Memory(isps)
    sends = [paced(sender(isps.host("c", vrf).tap, ends.syn())) for vrf in ("red", "blue", "none")]
    with Meanwhile(sends[0], 0) as red, Meanwhile(sends[1], 1) as blue, \
            Meanwhile(sends[2], 1) as none, Meanwhile(paced(read, 0.1)):
        sessions = None
        for _ in range(TURNS):
            if sessions is None or sessions.poll() is not None:
                sessions = start(op25b, "-f", "-b", str(batch))
            turn()
        assert (sessions.communicate()[0], sessions.returncode) == ("", 0)
    for vrf in ("red", "blue", "none"):
        isps.host("s", vrf).tap.drain()     # or else there is no room for the marker
        isps.settle(isps.host("c", vrf), isps.host("s", vrf))
    finish()
    packets = counted(op25b)
    assert (packets["r"], packets["b"], packets["n"]) == (
        {"blocked": red.result}, {"observed": blue.result}, {"exempted": none.result})
    assert min(red.result, blue.result, none.result) > TURNS
    # less than an object per turn
    memory.assert_is_back(TURNS)
    op25b("flush")
