# SPDX-License-Identifier: GPL-2.0
"""Make each allocation of each operation fail, the first, then the second, and so on, until the operation
succeeds. Each failure has to be reported as an error, to leave the policy unchanged, and to leak nothing.

This requires a kernel with FAILSLAB and FAIL_PAGE_ALLOC. Netlink's own allocations for a message fail,
too, and so do copies from and to user space. Fault injection does not reach alloc_percpu(): the unit
tests make that fail."""
import contextlib
import errno
import glob
import itertools
import os
import pathlib
import re
import time

import pytest

import hosts
import packets
from conftest import SYSFS, Ends, assert_counted, syn_to
from test_events import lost, monitored, silence
from test_namespaces import trace, traced
from test_netlink import CMD, PROGRAM, Client, words
from traffic import Meanwhile, paced, sender

DEBUG = "/sys/kernel/debug"
SETTINGS = {    # every kind of allocation may fail, without a message in the log
    "failslab/ignore-gfp-wait": "N",
    "failslab/verbose": "0",
    "fail_page_alloc/ignore-gfp-wait": "N",
    "fail_page_alloc/min-order": "0",
    "fail_page_alloc/verbose": "0",
    "fail_usercopy/verbose": "0",
}
ERRORS = {errno.ENOMEM, errno.ENOBUFS, errno.EFAULT}
LEAST = 4       # the least number of allocations of any operation, those of netlink alone
# From one attempt to the next, other subsystems make more allocations or fewer, so that an allocation
# of the module may be skipped: how often to try all of them
ROUNDS = 3
LEAST_OF_A_NAMESPACE = 5    # allocations: a policy, three names in sysfs and an object
STEP = 20       # how many allocations the search for the first one of them goes back at a time

BASE = [
    ("POOL_ADD", "POOL:s:east GUARD:u32:3 PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ] "
     "PREFIX[ ADDR6:x:20010db8000c00000000000000000000 LEN:u8:64 ]"),
    ("PREFIX_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a100000 LEN:u8:16 ] "
     "PREFIX[ ADDR4:x:0a100100 LEN:u8:24 ] PREFIX[ ADDR4:x:0a100140 LEN:u8:26 ]"),
    ("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000081 ] PREFIX[ ADDR4:x:0a100200 LEN:u8:24 ]"),
    ("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a100100 LEN:u8:24 TIMEOUT:u32:100000 "
     "COMMENT:s:it_lasts ]"),
    ("POOL_ADD", "POOL:s:west MODE:u32:1 PREFIX[ ADDR4:x:0a200000 LEN:u8:16 ] "
     "PREFIX[ ADDR6:x:20010db8002000000000000000000000 LEN:u8:48 ]"),
    ("EXEMPT_ADD", "POOL:s:west PREFIX[ ADDR4:x:0a200001 COMMENT:s:a_comment ]"),
    ("RELAY_ADD", "PREFIX[ ADDR4:x:c0000200 LEN:u8:28 ] PREFIX[ ADDR4:x:c0000280 LEN:u8:25 ]"),
    ("RELAY_ADD", "POOL:s:west PREFIX[ ADDR4:x:c6336401 ]"),
    ("TARGET_ADD", "PREFIX[ ADDR4:x:cb007180 LEN:u8:25 ]"),
    ("TARGET_ADD", "POOL:s:west PREFIX[ ADDR4:x:c6336402 ]"),
    # among those of the other pool, and where this one has had a prefix
    ("PREFIX_ADD", "POOL:s:west PREFIX[ ADDR4:x:0a000100 LEN:u8:24 ] PREFIX[ ADDR4:x:0a0000c8 ]"),
    ("PREFIX_DEL", "POOL:s:west PREFIX[ ADDR4:x:0a0000c8 ]"),
    ("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR6:x:20010db8002000000000000000000009 ]"),
]

CHANGES = {
    "pool add": ("POOL_ADD", "POOL:s:new GUARD:u32:3 PREFIX[ ADDR4:x:0a300000 LEN:u8:16 ] "
                 "PREFIX[ ADDR4:x:0a310000 LEN:u8:32 ] "
                 "PREFIX[ ADDR6:x:20010db8003000000000000000000001 ]"),
    "pool add by force": ("POOL_ADD", "FORCE:x: POOL:s:west MODE:u32:0 "
                          "PREFIX[ ADDR4:x:0a210000 LEN:u8:16 ]"),
    "pool add in a VRF": ("POOL_ADD", "POOL:s:new VRF:s:red PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ] "
                          "PREFIX[ ADDR6:x:20010db8003000000000000000000001 ]"),
    "pool set": ("POOL_SET", "POOL:s:west MODE:u32:2 GUARD:u32:1"),
    "pool set senders": ("POOL_SET", "POOL:s:west SENDERS:u8:1 SUBSCRIBER:u8:56"),
    "pool set log": ("POOL_SET", "POOL:s:west SENDERS:u8:1 LOG:u32:5"),
    "pool del": ("POOL_DEL", "POOL:s:west"),
    "pool reset": ("POOL_RESET", "POOL:s:west"),
    "sender reset": ("SENDER_RESET", "POOL:s:west"),
    "prefix add": ("PREFIX_ADD", "POOL:s:west PREFIX[ ADDR4:x:0a200100 LEN:u8:24 ] "
                   "PREFIX[ ADDR4:x:14000000 LEN:u8:6 ] "
                   "PREFIX[ ADDR6:x:20010db8002000000000000000000005 ]"),
    "prefix add to an exempt with a comment": ("PREFIX_ADD", "POOL:s:west PREFIX[ "
                                               "ADDR4:x:0a200001 ]"),
    "prefix del": ("PREFIX_DEL", "POOL:s:east PREFIX[ ADDR4:x:0a100140 LEN:u8:26 ] "
                   "PREFIX[ ADDR4:x:0a100000 LEN:u8:16 ]"),
    "prefix del beside an exempt with a timeout": ("PREFIX_DEL", "POOL:s:east PREFIX[ "
                                                   "ADDR4:x:0a100100 LEN:u8:24 ]"),
    "prefix move": ("PREFIX_MOVE", "POOL:s:west PREFIX[ ADDR4:x:0a100000 LEN:u8:16 ] "
                    "PREFIX[ ADDR4:x:0a100100 LEN:u8:24 ]"),
    "exempt add": ("EXEMPT_ADD", "POOL:s:west PREFIX[ ADDR4:x:0a200002 ] "
                   "PREFIX[ ADDR4:x:0a200003 TIMEOUT:u32:9000 ] "
                   "PREFIX[ ADDR6:x:20010db8002000000000000000000005 COMMENT:s:six ]"),
    "exempt add by force": ("EXEMPT_ADD", "FORCE:x: POOL:s:east PREFIX[ ADDR4:x:0a100100 LEN:u8:24 "
                            "COMMENT:s:for_ever ] PREFIX[ ADDR4:x:0a100200 LEN:u8:24 "
                            "TIMEOUT:u32:9000 ]"),
    "exempt del": ("EXEMPT_DEL", "POOL:s:east PREFIX[ ADDR4:x:0a100100 LEN:u8:24 ] "
                   "PREFIX[ ADDR4:x:0a100200 LEN:u8:24 ]"),
    "relay add": ("RELAY_ADD", "PREFIX[ ADDR4:x:cb007100 LEN:u8:24 ] "
                  "PREFIX[ ADDR6:x:20010db8002500000000000000000000 LEN:u8:64 ]"),
    "relay add to a pool": ("RELAY_ADD", "POOL:s:east PREFIX[ ADDR4:x:cb007101 ]"),
    "relay del": ("RELAY_DEL", "PREFIX[ ADDR4:x:c0000200 LEN:u8:28 ]"),
    "relay del from a pool": ("RELAY_DEL", "POOL:s:west PREFIX[ ADDR4:x:c6336401 ]"),
    "target add": ("TARGET_ADD", "PREFIX[ ADDR4:x:cb007100 LEN:u8:25 ]"),
    "target add to a pool": ("TARGET_ADD", "POOL:s:east PREFIX[ ADDR4:x:cb007101 ]"),
    "target del from a pool": ("TARGET_DEL", "POOL:s:west PREFIX[ ADDR4:x:c6336402 ]"),
}

RESETS = ("pool reset", "sender reset")     # these do not change the policy

QUESTIONS = {
    "status": ("do", "STATUS_GET", ""),
    "pool": ("do", "POOL_GET", "POOL:s:west"),
    "test": ("do", "TEST", "SRC[ ADDR4:x:0a000005 ] DST[ ADDR4:x:c0000201 ]"),
    "pools": ("dump", "POOL_GET", ""),
    "prefixes": ("dump", "PREFIX_GET", ""),
    "prefixes of a pool": ("dump", "PREFIX_GET", "POOL:s:east"),
    "exempts": ("dump", "EXEMPT_GET", ""),
    "relays": ("dump", "RELAY_GET", ""),
    "targets": ("dump", "TARGET_GET", ""),
    "senders": ("dump", "SENDER_GET", ""),
    "policy": ("dump", "POLICY_GET", ""),
}


def write(path, text):
    pathlib.Path(DEBUG, path).write_text(text, encoding="ascii")


def read(path):
    return pathlib.Path(DEBUG, path).read_text(encoding="ascii").strip()


@pytest.fixture(scope="module", autouse=True)
def failing():
    for path, value in SETTINGS.items():
        write(path, value)


def message(command, attributes="", verb="do"):
    return f"{verb} {CMD[command]} {words(attributes)[0]}"


class Patient(Client):
    """The client, with methods that read a whole policy and that make allocations fail."""

    def load(self):
        """Replace the policy by BASE, by a restore."""
        for command, attributes in [("RESTORE_BEGIN", ""), *BASE, ("RESTORE_COMMIT", "")]:
            self.do(command, attributes)

    def policy(self):
        """The policy in force: its generation, and all of it except counters and remaining timeouts."""
        status = self("status")
        generation = status.pop("generation")
        del status["applied"]
        status["confirm"] = status["confirm"] is not None
        pools = [{**pool, "packets": None} for pool in self("pools")]
        lists = [self(f"list {CMD[kind]}") for kind in ("PREFIX_GET", "EXEMPT_GET", "RELAY_GET",
                                                    "TARGET_GET")]
        for exempt in lists[1]:
            exempt["expires"] = exempt["expires"] is not None
        return generation, (status, pools, lists)

    def fail(self, nth, line, errors=ERRORS):
        answer = self(f"fail {nth} {line}")
        answer["hit"] = answer["used"] >= nth
        assert answer["error"] in errors or not answer["error"], (line, answer)
        assert answer["hit"] or not answer["error"], (line, answer)
        return answer

    def until_it_succeeds(self, line, failed, succeeded):
        """Repeat an operation on a new socket, each time with the next allocation failing, until none
        fails. Calls failed(answer) after each error and succeeded() after each success, and returns
        the number of allocations."""
        for nth in itertools.count(1):
            self("socket own")
            answer = self.fail(nth, line)
            self("close")
            self("socket main")
            if answer["error"]:
                failed(answer)
            else:
                succeeded()
            if not answer["hit"]:
                return nth - 1


@pytest.fixture
def client(net, op25b):
    one = Patient(net.bras, PROGRAM)
    one.load()
    yield one
    one.end()


@contextlib.contextmanager
def judged_as_ever(net, op25b):
    """Send packets while the block runs, and check that each gets the verdict of BASE."""
    end = Ends(net, 4)
    op25b("pool", "reset")
    send = sender(net.customer.tap, syn_to(end), packets.syn(end.neighbour, end.foreign),
                  syn_to(end, end.relay), syn_to(Ends(net, 6)))
    with Meanwhile(paced(send), 0) as one, Meanwhile(paced(send), 1) as other:
        yield
    assert min(one.result, other.result) > 10
    sent = one.result + other.result
    assert_counted(op25b, west={}, east={"syn": {"blocked": 2 * sent, "exempted": sent,
                                                 "relayed": sent}})


class Expected:
    """The policy before a change, and the policies that the change has led to."""

    def __init__(self, client):
        self.client = client
        self.before = client.policy()
        self.ends = []      # the policy after each time that the change was made

    def failed(self, answer):
        """If the answer was lost, the change may have been made."""
        if answer["lost"] and self.client.policy() != self.before:
            self.succeeded()
        else:
            assert self.client.policy() == self.before

    def succeeded(self):
        generation, policy = self.client.policy()
        assert generation in (self.before[0], self.before[0] + 1)
        self.ends.append(policy)
        self.client.load()
        assert self.client.policy()[1] == self.before[1]
        self.before = self.client.policy()

    def assert_one_end(self):
        """Check that the change has always led to the same policy, and return that."""
        assert self.ends and all(end == self.ends[0] for end in self.ends)
        return self.ends[0]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_without_memory(net, op25b, client, name):
    expected = Expected(client)
    with judged_as_ever(net, op25b):
        count = client.until_it_succeeds(message(*CHANGES[name]), expected.failed,
                                         expected.succeeded)
    print(f"{name}: {count}")
    assert count >= LEAST
    assert (expected.assert_one_end() != expected.before[1]) == (name not in RESETS)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_without_memory(net, op25b, client, name):
    verb, command, attributes = QUESTIONS[name]
    before = client.policy()
    with judged_as_ever(net, op25b):
        count = client.until_it_succeeds(message(command, attributes, verb), lambda answer: None,
                                         lambda: None)
    assert count >= LEAST
    assert client.policy() == before


def test_a_restore_without_memory(net, op25b, client):
    """Each step of a restore. After a step that failed, further ones are refused, and the policy in
    force stays as it is."""
    steps = [message(*step) for step in [
        ("RESTORE_BEGIN", ""), ("POOL_ADD", "POOL:s:gone"), ("FLUSH", ""), *BASE[:4],
        ("POOL_ADD", "POOL:s:new PREFIX[ ADDR4:x:0a300000 LEN:u8:16 ]"), ("POOL_DEL", "POOL:s:new"),
        *BASE[6:7], ("POOL_ADD", "POOL:s:west"), ("RESTORE_COMMIT", "")]]
    expected = Expected(client)
    counts, canceled = [], 0
    with judged_as_ever(net, op25b):
        for number, step in enumerate(steps):
            for nth in itertools.count(1):
                client("socket own")
                for earlier in steps[:number]:
                    assert client(earlier)["error"] == 0
                answer = client.fail(nth, step)
                if answer["error"] and 0 < number < len(steps) - 1:
                    # netlink itself may have refused the step before the module received it
                    after = client(message("RELAY_ADD", "PREFIX[ ADDR4:x:cb007107 ]"))["error"]
                    assert after in (0, errno.ECANCELED)
                    canceled += after == errno.ECANCELED
                client("close")
                client("socket main")
                if number < len(steps) - 1:
                    assert client.policy() == expected.before
                elif answer["error"]:
                    expected.failed(answer)
                else:
                    expected.succeeded()
                if not answer["hit"]:
                    counts.append(nth - 1)
                    break
    print(f"restore: {counts}, {canceled} canceled")
    assert min(counts) >= LEAST
    assert canceled > len(steps)
    assert expected.assert_one_end() != expected.before[1]


# A policy on trial, by which every packet gets the same verdict
TRIAL = [("RESTORE_BEGIN", ""), *BASE, ("POOL_ADD", "POOL:s:new SENDERS:u8:1"),
         ("RESTORE_COMMIT", "CONFIRM:u32:9000")]


@pytest.mark.parametrize("step, pools, waits", [
    (TRIAL[-1], 3, True), (("CONFIRM", ""), 3, False), (("ROLLBACK", ""), 2, False)],
    ids=["restore", "confirm", "rollback"])
def test_a_trial_without_memory(net, op25b, client, step, pools, waits):
    """Its beginning, and both of its ends. A step that fails changes nothing."""
    prepared = TRIAL[:-1] if waits else TRIAL
    ends = []
    with judged_as_ever(net, op25b):
        for nth in itertools.count(1):
            client("socket own")
            for earlier in prepared:
                client.do(*earlier)
            before = client.policy()
            answer = client.fail(nth, message(*step))
            after = client.policy()
            if not answer["error"] or answer["lost"] and after != before:
                ends.append(after[1])
                assert after[0] == before[0] + (step[0] != "CONFIRM")
            else:
                assert after == before
            client("close")
            client("socket main")
            client(message("ROLLBACK"))     # if it still waits
            client.load()
            if not answer["hit"]:
                break
    assert nth > LEAST
    assert all(end == ends[0] for end in ends)
    assert (ends[0][0]["pools"], ends[0][0]["confirm"]) == (pools, waits)


def test_a_first_trial_without_memory(module):
    """Of a namespace without pools, whose hooks are registered then, and unregistered again"""
    host = hosts.Host("trial")
    client = Patient(host, PROGRAM)
    before = client.policy()[1]
    for nth in itertools.count(1):
        client("socket own")
        for step in ("RESTORE_BEGIN", ""), BASE[0]:
            client.do(*step)
        answer = client.fail(nth, message("RESTORE_COMMIT", "CONFIRM:u32:9000"))
        after = client.policy()[1]
        if answer["error"]:
            assert after == before or answer["lost"]
        else:
            assert after != before
        client("close")
        client("socket main")
        client(message("ROLLBACK"))     # if it still waits
        assert client.policy()[1] == before
        if not answer["hit"]:
            break
    assert nth > LEAST
    client.end()
    host.remove()


def test_a_flush_without_memory(module):
    """In a namespace without packets, because after a flush they pass."""
    host = hosts.Host("flushed")
    client = Patient(host, PROGRAM)
    client.load()
    expected = Expected(client)
    count = client.until_it_succeeds(message("FLUSH"), expected.failed, expected.succeeded)
    assert count >= LEAST
    assert expected.assert_one_end()[0]["pools"] == 0
    client.end()
    host.remove()


@contextlib.contextmanager
def failing_workers():
    """Each allocation of a worker fails meanwhile, and one has."""
    workers = [path.removesuffix("/comm") for path in glob.glob("/proc/[0-9]*/comm")
               if pathlib.Path(path).read_text(encoding="ascii").startswith(("kworker/u", "op25b"))]

    def failslab(probability):
        for worker in workers:
            with contextlib.suppress(FileNotFoundError):     # the worker may have ended
                write(f"{worker}/make-it-fail", str(min(probability, 1)))
        for name, value in {"task-filter": "Y", "interval": "1", "times": "1000000",
                            "probability": str(probability)}.items():
            write(f"failslab/{name}", value)

    failslab(100)
    try:
        yield
        assert int(read("failslab/times")) < 1000000
    finally:
        failslab(0)


def test_exempts_that_expire_without_memory(net, op25b, client):
    """The allocations of the worker that deletes them fail: the exempts stay until one succeeds."""
    lasting = op25b.json("status")["exempts"]
    with judged_as_ever(net, op25b):
        op25b("exempt", "add", "west", *(f"10.32.1.{n}" for n in range(200)), "timeout", "30")
        with failing_workers():
            assert op25b.json("status")["exempts"] == lasting + 200
            time.sleep(33)
            assert op25b.json("status")["exempts"] == lasting + 200
            # one that is added anew, and one that makes room for a prefix
            op25b("exempt", "add", "west", "10.32.1.7", "timeout", "30")
            op25b("prefix", "add", "west", "10.32.1.8")
            assert op25b.json("status")["exempts"] == lasting + 199
        hosts.until(lambda: op25b.json("status")["exempts"] == lasting, 60)


def test_a_change_whose_event_lacks_memory(op25b, client):
    """The change is made, and its event lost."""
    expected, before = Expected(client), lost(op25b)
    with monitored(op25b, "policy"):
        client.until_it_succeeds(message(*CHANGES["pool del"]), expected.failed, expected.succeeded)
        assert lost(op25b) > before
    expected.assert_one_end()


def test_senders_of_whom_events_lack_memory(net, op25b):
    """They are lost, and others follow when there is memory again."""
    ends = Ends(net, 4)
    op25b.load(f"pool add east senders on prefix {ends.pool}")
    before = lost(op25b)
    with monitored(op25b, "senders") as monitor:
        assert silence(monitor, 2)
        with failing_workers():
            net.send(*[syn_to(ends)] * 12)
            time.sleep(4)
        net.send(packets.syn(ends.neighbour, ends.foreign))
        found = []
        while ends.neighbour + "/32" not in found or not silence(monitor):
            found.append(monitor.next().get("subscriber"))
        # either none was built, or nobody could look at the senders
        assert lost(op25b) > before or ends.customer + "/32" in found


def test_a_rollback_without_memory(net, op25b, client):
    """It comes in time. What it cannot have without memory, directories in sysfs, comes later."""
    before = client.policy()[1]

    def begin_trial(seconds):
        client("socket own")
        for step in [("RESTORE_BEGIN", ""), ("POOL_ADD", "POOL:s:open"),
                     ("RESTORE_COMMIT", f"CONFIRM:u32:{seconds}")]:
            client.do(*step)
        client("close")
        client("socket main")

    def await_rollback():
        hosts.until(lambda: op25b.json("status")["confirm"] is None, 60)

    # the first rollback has the kernel start a worker: one that starts later would not lack memory
    begin_trial(1)
    await_rollback()
    begin_trial(20)
    blocked = syn_to(Ends(net, 4))
    assert net.passes(blocked)
    with failing_workers():
        await_rollback()
        assert not net.passes(blocked)
    assert client.policy()[1] == before
    hosts.until(lambda: sorted(os.listdir(f"{SYSFS}/kernel/op25b/pools")) == ["east", "west"], 60)


COMPLAINTS = re.compile("WARNING|BUG|Oops|KASAN|UBSAN|INFO: |suspicious RCU|kmemleak: [0-9]+ new|"
                        "Call Trace")


@contextlib.contextmanager
def others_may_complain():
    """Some init functions of other subsystems print a call trace if a sysctl directory cannot be
    allocated. Keep these off the console, which tests/guest/run searches for complaints, and check
    here that there are no others."""
    hosts.run("dmesg", "-n", "1")
    log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    os.lseek(log, 0, os.SEEK_END)
    try:
        yield
    finally:
        hosts.run("dmesg", "-n", "8")
        lines = []
        with contextlib.suppress(BlockingIOError):
            while True:
                lines.append(os.read(log, 8192).decode(errors="replace").splitlines()[0])
        os.close(log)
    complaints = [line for line in lines if COMPLAINTS.search(line)]
    traces = sum("Call Trace" in line for line in complaints)
    assert len(complaints) == traces, complaints
    assert traces == sum("sysctl could not get directory" in line for line in lines), lines


@contextlib.contextmanager
def tracing(*functions):
    trace("set_ftrace_filter", " ".join(functions))
    trace("current_tracer", "function")
    try:
        yield
    finally:
        trace("current_tracer", "nop")
        trace("set_ftrace_filter", "")


def has_called(function):
    """Whether the client has called it, not a worker that removes an older namespace."""
    return any("nl-client-" in line and function in line for line in traced())


def test_a_namespace_without_memory(net, op25b, client):
    """Each allocation from one before the module's first one to the one after its last."""
    before = client.policy()
    maker = Patient(net.bras, PROGRAM)

    def attempt(nth):
        trace("trace", "")
        # other subsystems may return any error if an allocation fails
        return maker.fail(nth, "unshare", errno.errorcode)

    def fail_each(first):
        """How many allocations of the module have failed, and how many of all"""
        failed = 0
        for nth in itertools.count(first):
            answer = attempt(nth)
            assert answer["hit"]
            if not has_called("op25b_table_init"):
                continue    # one before the module's own
            if has_called("op25b_sysfs_net_exit"):
                return failed, nth - first      # one of a later subsystem: the module's part was undone
            assert answer["error"] in ERRORS or not answer["error"], answer
            failed += answer["error"] != 0

    with judged_as_ever(net, op25b), others_may_complain(), \
            tracing("op25b_table_init", "op25b_sysfs_net_exit"):
        # go back from the end, where the module's are: not every failure before them ends the attempt
        first = attempt(1000000)["used"]
        while has_called("op25b_table_init"):
            first -= STEP
            assert first > 0
            attempt(first)
        for _ in range(ROUNDS):
            failed, tried = fail_each(first)
            print(f"namespace: {failed} of {tried}, from {first} on")
            if failed >= LEAST_OF_A_NAMESPACE:
                break
    assert failed >= LEAST_OF_A_NAMESPACE
    maker("socket own")
    maker.do("POOL_ADD", "POOL:s:east")
    maker.end()
    assert client.policy() == before


def test_nothing_is_lost():
    """According to kmemleak, which reports unreferenced objects once they are some seconds old."""
    time.sleep(6)
    for _ in range(2):
        write("kmemleak", "scan")
    assert read("kmemleak") == ""
