# SPDX-License-Identifier: GPL-2.0
"""Senders are recorded on both processors while pools that record come and go, in restores, trials and
resets, and while others read. What is known of the senders of a pool that stays has to be exact."""
import collections
import random

import packets
from conftest import Ends
from memory import Memory
from rounds import rounds
from torture_restore import start
from traffic import Meanwhile, paced

TURNS = rounds(200)
STEADY = [f"10.50.{n >> 4}.{n & 15}" for n in range(256)]
OTHERS = [f"10.60.{n >> 8}.{n & 255}" for n in range(4096)]
POLICIES = {    # of which each has the pool that stays
    "both": "pool add steady senders on prefix 10.50.0.0/16\n"
            "pool add other senders on log 5 prefix 10.60.0.0/16\n",
    "alone": "pool add steady senders on prefix 10.50.0.0/16\n",
    "silent": "pool add steady mode observe senders on prefix 10.50.0.0/16\n"
              "pool add other prefix 10.60.0.0/16\n",
    "another": "pool add another senders on subscriber 56 prefix 10.60.0.0/16\n"
               "pool add steady senders on prefix 10.50.0.0/16 10.61.0.0/16\n",
}


class Senders:
    """A step that sends a packet of one subscriber of each pool, and returns how many each subscriber of
    the pool that stays has sent."""

    def __init__(self, net, seed):
        self.send = net.customer.tap.send
        self.chance = random.Random(seed)
        foreign = Ends(net, 4).foreign
        # the first ones send most
        self.steady = [packets.syn(src, foreign) for src in STEADY]
        self.others = [packets.syn(src, foreign) for src in OTHERS]
        self.sent = collections.Counter()

    def __call__(self):
        i = int(self.chance.random() ** 3 * len(self.steady))
        self.send(self.steady[i])
        self.sent[f"{STEADY[i]}/32"] += 1
        self.send(self.chance.choice(self.others))
        return self.sent


def rows(op25b):
    """The rows of the pool that stays, by subscriber."""
    shown = op25b.json("sender", "show", "steady")
    found = {row["subscriber"]: row for row in shown}
    assert len(found) == len(shown)
    return found


def test_senders_stay_while_others_come_and_go(net, op25b, tmp_path):
    files = {name: tmp_path / name for name in POLICIES}
    for name, file in files.items():
        file.write_text(POLICIES[name])
    chance = random.Random(25)

    def change():
        names = chance.sample(sorted(files), 2)
        op25b("-f", "-b", "-", input=(
            f"restore {files[names[0]]}\nrestore --confirm 1h {files[names[1]]}\n"
            f"{chance.choice(('confirm', 'rollback'))}\nrestore {files['both']}\n"
            "pool set other senders off log off\npool set other senders on log 7 subscriber 48\n"
            f"sender reset other\nsender reset other {chance.choice(OTHERS)}\npool reset\n"
            "sender reset steady 10.99.0.0/16\npool del other\n"))

    def read():
        for row in op25b.json("sender", "show"):
            assert row["packets"] > 0 and row["first"] <= row["last"]
        op25b("pool", "show")

    op25b("restore", str(files["both"]))
    for _ in range(10):     # the first turns allocate memory that is kept for reuse
        change()
    op25b("sender", "reset")
    memory = Memory(net)
    monitor = start(op25b, "-j", "monitor", "senders")
    with Meanwhile(paced(Senders(net, 1)), 0) as one, Meanwhile(paced(Senders(net, 2)), 1) as two, \
            Meanwhile(read):
        for turn in range(TURNS):
            change()
            if turn % 20 == 0:      # a thousand senders of a pool at once
                assert set(rows(op25b)) <= {f"{src}/32" for src in STEADY}
    sent = one.result + two.result
    assert min(one.result.total(), two.result.total()) > TURNS
    monitor.terminate()
    assert monitor.communicate()[0] and monitor.returncode == 0

    found = rows(op25b)
    for subscriber, row in found.items():
        assert row["packets"] <= sent[subscriber] <= row["packets"] + row["error"], row
    greatest = sent.most_common(20)
    assert [subscriber for subscriber, _ in greatest if subscriber not in found] == []
    for subscriber, count in greatest:
        assert found[subscriber]["error"] < count / 10
    assert abs(op25b.json("pool", "show", "steady")[0]["senders"] / len(sent) - 1) < 0.05
    # less than a tenth of an object per change
    memory.assert_is_back(TURNS)


def test_tables_come_and_go(net, op25b):
    """With the first pool that records, and the last, under traffic and while others read"""
    def turn():
        op25b("-b", "-", input="pool set steady senders on\nsender show\npool set steady senders off\n"
                               "sender show\n")

    op25b.load("pool add steady prefix 10.50.0.0/16\n")
    turn()
    memory = Memory(net)
    with Meanwhile(paced(Senders(net, 1)), 0) as one, Meanwhile(paced(Senders(net, 2)), 1) as two, \
            Meanwhile(lambda: op25b.json("sender", "show")):
        for _ in range(TURNS):
            turn()
    sent = one.result + two.result
    assert op25b.counters()["steady"]["syn"]["blocked"] == sent.total() > TURNS
    assert op25b.json("sender", "show") == []
    # the tables take 300 kB for each processor; leaking one of each turn's would be 200 times that
    memory.assert_is_back(TURNS)
