# SPDX-License-Identifier: GPL-2.0
"""Sessions that come and go at full speed, from several clients at once, beside restores, readers and
packets on both processors. Addresses that always have a session are never blocked, others always."""
import random

import packets
from conftest import Ends, assert_counted, syn_to
from memory import Memory
from rounds import rounds
from torture_restore import start
from traffic import Meanwhile, paced, sender

TURNS = rounds(100)
SESSIONS = 200


def churn(chance, client):
    """A batch of a client, with sessions of its own, of which some time out."""
    for _ in range(20 * SESSIONS):
        n = chance.randrange(SESSIONS)
        verb = chance.choice(("add", "add", "del"))
        more = ""
        if verb == "add":
            more = f" 10.{60 + client}.{n}.{chance.randrange(4)} 2001:db8:{client}:{n:x}::/64" + \
                chance.choice(("", " timeout 1", " timeout 1000 comment x"))
        yield f"session {verb} c{client}s{n}{more}\n"
    for n in range(SESSIONS):
        yield f"session del c{client}s{n}\n"


def test_sessions_come_and_go(net, op25b, tmp_path):
    four, six = Ends(net, 4), Ends(net, 6)
    op25b("-f", "session", "sync", input="")
    policies = [tmp_path / name for name in ("one", "two")]
    for number, file in enumerate(policies):
        file.write_text(f"pool add east senders on prefix 10.0.0.0/8 2001:db8::/32\n"
                        f"pool add other{number} prefix 172.16.0.0/12\n")
    op25b("restore", str(policies[0]))
    chance = random.Random(25)
    batches = []
    for client in range(2):
        batches.append(tmp_path / f"batch{client}")
        batches[client].write_text("".join(churn(chance, client)))
    op25b("session", "add", "steady", four.customer, six.customer)
    op25b("-f", "-b", str(batches[0]))      # the first run allocates memory that is kept for reuse
    op25b("pool", "reset")
    memory = Memory(net)
    send = sender(net.customer.tap, syn_to(four), syn_to(six),
                  packets.syn(four.neighbour, four.foreign))

    def read():
        op25b("session", "show")
        op25b("test", four.customer, four.foreign)

    with Meanwhile(paced(send), 0) as one, Meanwhile(paced(send), 1) as other, Meanwhile(read):
        both = [start(op25b, "-f", "-b", str(file), processor=processor)
                for processor, file in enumerate(batches)]
        for turn in range(TURNS):
            op25b("restore", str(policies[turn % 2]))
            # the customers change hands, in one step
            op25b("-f", "session", "add", "steady", four.customer, six.customer)
            op25b("-f", "session", "add", "steady2", four.customer, "10.9.0.0/16")
        assert [(process.communicate()[0], process.returncode) for process in both] == [("", 0)] * 2
    sent = one.result + other.result
    assert sent > TURNS
    counters = op25b.counters()["east"]["syn"]
    assert (counters["exempted"], counters["blocked"]) == (2 * sent, sent)
    op25b("-f", "session", "sync", input=f"steady {four.customer} {six.customer}\n")
    # less than an object per turn
    memory.assert_is_back(TURNS)
    op25b("-f", "session", "sync", input="")


def test_lists_replace_each_other(net, op25b, tmp_path):
    """Two clients synchronise with lists that have a thousand sessions in common."""
    end = Ends(net, 4)
    op25b.load("pool add east prefix 10.0.0.0/8\n")
    files = [tmp_path / name for name in ("one", "two")]
    for number, file in enumerate(files):
        file.write_text(f"a{number} {end.customer}\n" + "".join(
            f"s{n} 10.{100 + n // 250}.{n % 250}.1\n" for n in range(1000 + 500 * number)))
    op25b("-f", "session", "sync", str(files[0]))
    memory = Memory(net)
    send = sender(net.customer.tap, syn_to(end))
    with Meanwhile(paced(send), 0) as one, Meanwhile(paced(send), 1) as other:
        for _ in range(TURNS):
            both = [start(op25b, "-f", "session", "sync", str(file), processor=processor)
                    for processor, file in enumerate(files)]
            assert all(process.wait() == 0 for process in both)
    assert_counted(op25b, east={"syn": {"exempted": one.result + other.result}})
    op25b("-f", "session", "sync", str(files[0]))
    memory.assert_is_back(TURNS)
    op25b("-f", "session", "sync", input="")
