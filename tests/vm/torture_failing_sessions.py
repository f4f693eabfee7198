# SPDX-License-Identifier: GPL-2.0
"""As torture_failing.py, but for sessions: each allocation of each of their operations fails, those of
the operation, of a device that goes down, and of the worker that ends what is due."""
import errno
import itertools
import time

import pytest

import hosts
import packets
from client import words
from conftest import Ends, assert_counted, syn_to
from test_events import lost, monitored
from test_netlink import PROGRAM
from torture_failing import (LEAST, ROUNDS, Patient, failing,       # noqa: F401 (a fixture)
                             failing_workers, message, test_nothing_is_lost)
from traffic import Meanwhile, paced, sender

DEVICE = "torture"

# The sessions before each change, as a synchronisation names them
BASE = (
    "SESSION[ ID:s:wide PREFIX[ ADDR4:x:0a400000 LEN:u8:16 ] PREFIX[ ADDR4:x:0a410000 LEN:u8:16 ] "
    "TIMEOUT:u32:100000 COMMENT:s:it_lasts ] "
    "SESSION[ ID:s:one PREFIX[ ADDR4:x:0a400001 ] ] "
    "SESSION[ ID:s:six PREFIX[ ADDR6:x:20010db8004000000000000000000000 LEN:u8:56 ] ] "
    "SESSION[ ID:s:isp VRF:s:red PREFIX[ ADDR4:x:0a400001 ] PREFIX[ ADDR4:x:0a400002 ] ] "
    "SESSION[ ID:s:tunnel DEV:s:fixed ]")

CHANGES = {
    "add": ("SESSION_ADD", "SESSION[ ID:s:new PREFIX[ ADDR4:x:0a420000 LEN:u8:16 ] PREFIX[ "
            "ADDR6:x:20010db8004100000000000000000000 LEN:u8:56 ] TIMEOUT:u32:9000 COMMENT:s:new ]"),
    "add to a VRF": ("SESSION_ADD", "SESSION[ ID:s:new VRF:s:red PREFIX[ ADDR4:x:0a400003 ] PREFIX[ "
                     "ADDR6:x:20010db8004100000000000000000000 LEN:u8:56 ] ]"),
    "add the first of a VRF": ("SESSION_ADD", "SESSION[ ID:s:new VRF:s:blue PREFIX[ "
                               "ADDR4:x:0a400001 ] ]"),
    "add a device": ("SESSION_ADD", "SESSION[ ID:s:new DEV:s:customer ]"),
    "take a prefix": ("SESSION_ADD", "FORCE:x: SESSION[ ID:s:new PREFIX[ ADDR4:x:0a410000 "
                      "LEN:u8:16 ] PREFIX[ ADDR4:x:0a400001 ] ]"),
    "take a prefix in a VRF": ("SESSION_ADD", "FORCE:x: SESSION[ ID:s:new VRF:s:red PREFIX[ "
                               "ADDR4:x:0a400001 ] ]"),
    "take a device": ("SESSION_ADD", "FORCE:x: SESSION[ ID:s:new DEV:s:fixed ]"),
    "become another": ("SESSION_ADD", "FORCE:x: SESSION[ ID:s:isp PREFIX[ ADDR4:x:0a430001 ] ]"),
    "del": ("SESSION_DEL", "SESSION[ ID:s:wide ]"),
    "del from a VRF": ("SESSION_DEL", "SESSION[ ID:s:isp ]"),
    "del a device": ("SESSION_DEL", "SESSION[ ID:s:tunnel ]"),
    # one is kept, one is another, one is new, and three are gone
    "sync": ("SESSION_SYNC", "SESSION[ ID:s:one PREFIX[ ADDR4:x:0a400001 ] ] SESSION[ ID:s:isp "
             "VRF:s:red PREFIX[ ADDR4:x:0a400001 ] ] SESSION[ ID:s:new VRF:s:blue PREFIX[ "
             "ADDR4:x:0a400001 ] TIMEOUT:u32:9000 ]"),
    "sync by force": ("SESSION_SYNC", "FORCE:x: SESSION[ ID:s:a PREFIX[ ADDR4:x:0a400001 ] PREFIX[ "
                      "ADDR4:x:0a400002 ] ] SESSION[ ID:s:b PREFIX[ ADDR4:x:0a400001 ] ] SESSION[ "
                      "ID:s:c PREFIX[ ADDR4:x:0a400002 ] ] SESSION[ ID:s:a DEV:s:fixed ]"),
}


class Sessions(Patient):
    """The client, which reads and sets the sessions, too."""

    def load_sessions(self):
        self(f"sync {words(BASE)[0]}")

    def sessions(self):
        """The sessions, by id; whether they have a timeout in place of what is left of it"""
        return {one["id"]: {**one, "expires": one["expires"] is not None}
                for one in self("sessions")}


@pytest.fixture
def client(net, op25b):
    one = Sessions(net.bras, PROGRAM)
    one.load()
    one.load_sessions()
    yield one
    op25b("-f", "session", "sync", input="")
    one.end()


@pytest.fixture
def listener(op25b):
    """Somebody listens to the events, before packets take the processors."""
    with monitored(op25b, "sessions"):
        yield


@pytest.fixture
def judged_as_ever(net, op25b, client, listener):
    """Packets meanwhile, of customers whom no change is about"""
    end = Ends(net, 4)
    op25b("pool", "reset")
    send = sender(net.customer.tap, syn_to(end), packets.syn(end.neighbour, end.foreign),
                  syn_to(end, end.relay))
    with Meanwhile(paced(send), 0) as one, Meanwhile(paced(send), 1) as other:
        yield
    assert min(one.result, other.result) > 10
    sent = one.result + other.result
    assert_counted(op25b, west={}, east={"syn": {"blocked": sent, "relayed": sent, "exempted": sent}})


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_without_memory(op25b, client, listener, name, request):
    if name != "add a device":      # which is the customer's
        request.getfixturevalue("judged_as_ever")
    before, policy = client.sessions(), client.policy()[1]
    ends = []

    def succeeded():
        ends.append(client.sessions())
        client.load_sessions()
        assert client.sessions() == before

    def failed(answer):
        if answer["lost"] and client.sessions() != before:
            succeeded()
        else:
            assert client.sessions() == before

    before_lost = lost(op25b)
    for _ in range(ROUNDS):
        count = client.until_it_succeeds(message(*CHANGES[name]), failed, succeeded)
        if lost(op25b) > before_lost:
            break
    assert lost(op25b) > before_lost        # an event lacks memory, too, and the change is made
    print(f"{name}: {count}")
    assert count >= LEAST
    assert ends[0] != before and all(end == ends[0] for end in ends)
    assert client.policy()[1] == policy


def test_a_dump_without_memory(client):
    before = client.sessions()
    count = client.until_it_succeeds(message("SESSION_GET", verb="dump"), lambda answer: None,
                                     lambda: None)
    assert count >= LEAST
    assert client.sessions() == before


def test_a_device_goes_down_without_memory(net, client, op25b):
    """Its session ends at once, whether there is memory for that or not."""
    end = Ends(net, 4)
    net.bras.ip(f"link add {DEVICE} type dummy\n")
    try:
        later = 0
        for nth in itertools.count(1):
            net.bras.ip(f"link set {DEVICE} up\n")
            client(f"sync {words(BASE)[0]} {words(f'SESSION[ ID:s:ppp DEV:s:{DEVICE} ]')[0]}")
            assert op25b.json("test", end.customer, end.foreign, "dev", DEVICE)["session"] == "ppp"
            answer = client(f"fail {nth} down {DEVICE}")
            if answer["error"]:
                # the request could not be copied; else a device can always be taken down
                assert answer["error"] == errno.EFAULT
                continue
            later += op25b.json("status")["sessions"] == 6      # it is still there
            net.bras.ip(f"link set {DEVICE} up\n")
            assert op25b.json("test", end.customer, end.foreign, "dev", DEVICE)["session"] is None
            assert "ppp" not in client.sessions()
            hosts.until(lambda: op25b.json("status")["sessions"] == 5, 60)
            if answer["used"] < nth:
                break
        print(f"down: {nth - 1}, {later} ended later")
        assert later
    finally:
        net.bras.ip(f"link del {DEVICE}\n")


def test_sessions_that_expire_without_memory(net, client, op25b):
    """They count for nothing from then on, and are gone when there is memory again."""
    ends = Ends(net, 4)
    op25b("session", "add", "short", ends.customer, "timeout", "20")
    for number in range(100):
        client.do("SESSION_ADD", f"SESSION[ ID:s:s{number} PREFIX[ ADDR4:x:0a46{number:04x} ] "
                  "TIMEOUT:u32:20 ]")
    assert net.passes(syn_to(ends))
    with failing_workers():
        assert op25b.json("status")["sessions"] == 106
        hosts.until(lambda: not net.passes(syn_to(ends)), 60)
        time.sleep(3)
        assert len(client.sessions()) == 5 and op25b.json("status")["sessions"] == 106
        # the one around it counts, and is not another's
        op25b("session", "add", "around", ends.pool)
        assert op25b.json("test", ends.customer, ends.foreign)["session"] == "around"
        op25b("session", "add", "anew", ends.customer)
        assert op25b.json("test", ends.customer, ends.foreign)["session"] == "anew"
        op25b("session", "del", "anew")
        op25b("session", "del", "around")
    hosts.until(lambda: op25b.json("status")["sessions"] == 5, 60)
