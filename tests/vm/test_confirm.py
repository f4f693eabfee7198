# SPDX-License-Identifier: GPL-2.0
"""Policies that are rolled back unless they are confirmed in time: restore --confirm."""
import contextlib
import glob
import os
import time

import pytest

import hosts
import memory
from client import PROGRAM, Client
from conftest import SYSFS, assert_counted, syn_to, sysfs, table
from traffic import Meanwhile, sender

WAITS = "Error: the policy waits to be confirmed: confirm it or roll it back first\n"
NOTHING_WAITS = "Error: no policy waits to be confirmed\n"


@pytest.fixture(name="site")
def fixture_site(op25b, ends, tmp_path):
    """Files with two policies, of which the second one opens port 25; the first one is in force."""
    (tmp_path / "closed").write_text(f"pool add east senders on subscriber 64 prefix {ends.pool}\n")
    (tmp_path / "open").write_text(f"pool add west mode observe prefix {ends.pool}\n")
    op25b("restore", str(tmp_path / "closed"))
    return tmp_path


def directories():
    return sorted(os.listdir(f"{SYSFS}/kernel/op25b/pools"))


def test_confirm(net, op25b, ends, site):
    generation = int(sysfs("generation"))
    assert op25b.json("status")["confirm"] is None
    op25b("restore", "--confirm", "10m", str(site / "open"))
    assert net.passes(syn_to(ends))
    assert int(sysfs("generation")) == generation + 1
    assert 590 <= op25b.json("status")["confirm"] <= 600
    assert "\nconfirm     within " in op25b("status")
    assert op25b("confirm") == ""
    assert op25b.json("status")["confirm"] is None
    assert net.passes(syn_to(ends))
    assert int(sysfs("generation")) == generation + 1
    assert_counted(op25b, west={"syn": {"observed": 2}})
    for command in ("confirm", "rollback"):
        result = op25b.run(command)
        assert (result.returncode, result.stdout, result.stderr) == (2, "", NOTHING_WAITS)
    op25b("pool", "set", "west", "mode", "enforce")
    assert not net.passes(syn_to(ends))


def test_rollback_in_time(net, op25b, ends, site):
    """What was before comes back as a new generation, with its counters, senders and directories."""
    assert not net.passes(syn_to(ends))
    before, generation = op25b("save"), int(sysfs("generation"))
    start = time.monotonic()
    op25b("restore", "--confirm", "3", str(site / "open"))
    assert net.passes(syn_to(ends))
    assert directories() == ["west"] and op25b.json("sender", "show") == []
    assert_counted(op25b, west={"syn": {"observed": 1}})
    hosts.until(lambda: op25b.json("status")["confirm"] is None)
    assert 3 <= time.monotonic() - start < 10
    assert op25b("save") == before and int(sysfs("generation")) == generation + 2
    assert directories() == ["east"]
    assert_counted(op25b, east={"syn": {"blocked": 1}})
    assert not net.passes(syn_to(ends))
    one, = op25b.json("sender", "show")
    assert one["packets"] == 2
    assert_counted(op25b, east={"syn": {"blocked": 2}})


def test_rollback_by_command(net, op25b, ends, site):
    op25b("restore", "--confirm", "1d", str(site / "open"))
    assert net.passes(syn_to(ends))
    op25b("rollback")
    assert not net.passes(syn_to(ends))
    assert op25b.json("status")["confirm"] is None
    op25b("pool", "set", "east", "mode", "off")
    assert net.passes(syn_to(ends))


def test_a_pool_that_is_not_in_force_is_not_reset(net, op25b, ends, site):
    assert not net.passes(syn_to(ends))
    op25b("restore", "--confirm", "1d", str(site / "open"))
    assert op25b.run("pool", "reset", "east").stderr == 'Error: pool "east" does not exist\n'
    op25b("rollback")
    assert_counted(op25b, east={"syn": {"blocked": 1}})


def test_a_rollback_waits_for_no_memory(module):
    """It has a thread of its own."""
    names = []
    for path in glob.glob("/proc/[0-9]*/comm"):
        with contextlib.suppress(OSError), open(path, encoding="ascii") as file:
            names.append(file.read().strip())
    # the kernel names it like the workqueue; newer ones put this before that, and may cut it
    assert [name for name in names if name == "op25b_rollback" or name.startswith("kworker/R-op25b")]


def test_what_waits_refuses_changes(op25b, ends, site):
    op25b("restore", "--confirm", "10m", str(site / "open"))
    before, generation = op25b("save"), sysfs("generation")
    for words in (("flush",), ("pool", "add", "new"), ("pool", "set", "west", "mode", "off"),
                  ("prefix", "del", "west", ends.pool), ("relay", "add", "192.0.2.77"),
                  ("exempt", "add", "west", ends.customer), ("restore", str(site / "closed")),
                  ("-f", "pool", "del", "gone")):
        result = op25b.run(*words)
        assert (result.returncode, result.stdout) == (2, ""), words
        assert WAITS in result.stderr, words
    # what changes nothing, or not the policy, goes on
    assert op25b.run("diff", str(site / "open")).returncode == 0
    assert op25b.run("diff", str(site / "closed")).returncode == 1
    op25b("restore", "-n", str(site / "closed"))
    op25b("pool", "reset")
    op25b("sender", "reset")
    assert (op25b("save"), sysfs("generation")) == (before, generation)


def test_another_trial_goes_back_to_the_same_policy(net, op25b, ends, site):
    assert not net.passes(syn_to(ends))
    before = op25b("save")
    op25b("restore", "--confirm", "10m", str(site / "open"))
    op25b("restore", "--confirm", "1h", str(site / "closed"))
    assert op25b.json("status")["confirm"] > 3000
    assert not net.passes(syn_to(ends))
    assert_counted(op25b, east={"syn": {"blocked": 2}})
    op25b("restore", "--confirm", "10m", input="flush\n")
    assert net.passes(syn_to(ends))
    assert directories() == []
    op25b("rollback")
    assert op25b("save") == before
    assert not net.passes(syn_to(ends))
    assert_counted(op25b, east={"syn": {"blocked": 3}})


def test_exempts_expire_meanwhile(net, op25b, ends, site):
    """An exempt that expires during the trial is gone after the rollback, too."""
    op25b("exempt", "add", "east", ends.customer, "timeout", "3")
    assert net.passes(syn_to(ends))
    text = (site / "open").read_text() + f"exempt add west {ends.customer} timeout 1\n"
    op25b("restore", "--confirm", "1d", input=text)
    assert op25b.json("status")["exempts"] == 1
    hosts.until(lambda: op25b.json("status")["exempts"] == 0)
    time.sleep(3)
    op25b("rollback")
    assert not net.passes(syn_to(ends))
    hosts.until(lambda: op25b.json("status")["exempts"] == 0)


def test_nothing_passes_while_policies_change(net, op25b, ends, site):
    """Trials, rollbacks and confirmations of policies that all block, under traffic"""
    closed, other = site / "closed", site / "other"
    other.write_text(f"pool add other prefix {ends.pool}\n")
    assert not net.passes(syn_to(ends))
    with Meanwhile(sender(net.customer.tap, syn_to(ends))) as traffic:
        op25b("-b", "-", input=(f"restore --confirm 1h {other}\nrollback\n"
                                f"restore --confirm 1h {other}\n"
                                f"restore --confirm 1h {closed}\nconfirm\n") * 60)
    assert traffic.result > 100
    net.settle(net.customer, net.foreign)
    assert not net.foreign.tap.drain()
    assert op25b.counters()["east"]["syn"]["blocked"] > 0


def test_the_shortest_and_the_longest_time(op25b, site):
    client = Client(op25b.host, PROGRAM)
    client("socket trial")
    client.do("RESTORE_BEGIN")
    client.do("RESTORE_COMMIT", "CONFIRM:u32:2147483647")
    assert op25b.json("status")["confirm"] >= 2147483600
    client.do("RESTORE_BEGIN")
    client.do("RESTORE_COMMIT", "CONFIRM:u32:1")
    assert op25b.json("status")["confirm"] in (1, None)
    hosts.until(lambda: op25b.json("status")["confirm"] is None)
    assert op25b.json("status")["pools"] == 1
    client.end()


def test_a_pool_that_a_second_trial_has_again(net, op25b, ends, site):
    """It has never gone: its counters go on."""
    assert not net.passes(syn_to(ends))
    op25b("restore", "--confirm", "10m", str(site / "open"))
    op25b("restore", "--confirm", "10m", str(site / "closed"))
    assert_counted(op25b, east={"syn": {"blocked": 1}})
    assert not net.passes(syn_to(ends))
    op25b("rollback")
    assert_counted(op25b, east={"syn": {"blocked": 2}})


def test_a_pool_that_was_deleted_meanwhile(net, op25b, ends):
    """A restore under way has it, too: when that is committed, it is a new pool."""
    op25b.load(f"pool add east prefix {ends.pool}")
    client = Client(net.bras, PROGRAM)
    client.do("RESTORE_BEGIN")
    client.do("POOL_ADD", "POOL:s:east")
    assert not net.passes(syn_to(ends))
    op25b("pool", "del", "east")
    client.do("RESTORE_COMMIT")
    assert_counted(op25b, east={})
    client.end()


def test_namespace_goes_while_a_policy_waits(net, op25b, site):
    """Its memory is given back."""
    def cycle():
        host = hosts.Host("trial")
        with host:
            hosts.run(op25b.PATH, "restore", str(site / "closed"))
            hosts.run(op25b.PATH, "restore", "--confirm", "1d", str(site / "open"))
        host.remove()

    memory.assert_no_growth(net, cycle)


def test_many_pools(op25b, tmp_path):
    """Confirmed, on trial, and staged: each with pools of other names"""
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text("".join(f"pool add {name}.{n}\n" for n in range(3000)))
    op25b("restore", str(tmp_path / "a"))
    op25b("restore", "--confirm", "1d", str(tmp_path / "b"))
    op25b("restore", "--confirm", "1d", str(tmp_path / "c"))
    assert len(directories()) == 3000 and op25b.json("status")["pools"] == 3000
    op25b("rollback")
    assert directories()[0] == "a.0" and len(directories()) == 3000
    op25b("flush")
    assert directories() == []


def test_applied(op25b, ends, site):
    """The time of the last change by a command, which an exempt that expires is not"""
    def applied():
        return op25b.json("status")["applied"]

    before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 2))
    op25b("exempt", "add", "east", ends.customer, "timeout", "2")
    after = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    first, generation = applied(), sysfs("generation")
    assert before <= first <= after
    hosts.until(lambda: sysfs("generation") != generation)
    assert applied() == first
    op25b("restore", "--confirm", "2", str(site / "open"))
    second = applied()
    assert second > first
    hosts.until(lambda: applied() != second)     # rolled back
    assert applied() > second
    client = Client(op25b.host, PROGRAM)
    assert client("status")["pools"] == 1
    client.end()


def test_a_fresh_namespace(op25b):
    """No command has changed its policy."""
    host = hosts.Host("fresh")
    with host:
        status = hosts.run(op25b.PATH, "-j", "status")
    assert '"applied":null,"confirm":null' in status.replace(" ", "")
    host.remove()


def test_counters_of_both(net, op25b, ends, site):
    """A pool of both policies goes on counting through a trial and its rollback."""
    (site / "both").write_text(f"pool add east mode observe prefix {ends.pool}\n")
    net.send(syn_to(ends))
    op25b("restore", "--confirm", "1d", str(site / "both"))
    net.send(syn_to(ends))
    op25b("rollback")
    net.send(syn_to(ends))
    assert op25b.counters()["east"] == table(syn={"blocked": 2, "observed": 1})
