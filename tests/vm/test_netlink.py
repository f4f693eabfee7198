# SPDX-License-Identifier: GPL-2.0
"""The netlink family, used by a client that shares no code with op25bctl: answers, refusals, restores,
and clients that die."""
import errno
import ipaddress
import json
import signal
import subprocess

import pytest

import hosts
import memory
from client import CMD, FORMATS_TEXT, PROGRAM, Client, words
from conftest import Command

MILLION = 1000000


@pytest.fixture(scope="module")
def host(module):
    namespace = hosts.Host("netlink")
    yield namespace
    namespace.remove()


@pytest.fixture
def client(host):
    one = Client(host, PROGRAM)
    one.do("FLUSH")
    yield one
    if one.process.poll() is None:
        one.end()


@pytest.fixture
def east(client):
    client.do("POOL_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ]")
    return client


NET = "PREFIX[ ADDR4:x:0a000100 LEN:u8:24 ]"
IN_EAST_ALREADY = ('prefix is in pool "east" already', "prefix is in the pool already")
IPV4 = "[ ADDR4:x:0a000005 ]"
IPV6 = "[ ADDR6:x:20010db8000000000000000000000005 ]"
NAME_RULE = "pool needs a name of 1 to 31 of A-Z a-z 0-9 _ . -, not starting with . or -"
FAILED = "Attribute failed policy validation"
RANGE = "integer out of range"
LENGTH = "invalid attribute length"
UNSUPPORTED = "Unsupported attribute"
NO_POOL = "pool does not exist"

REFUSED = {
    "prefix without address": ("PREFIX_ADD", "POOL:s:east !PREFIX[ LEN:u8:24 ]", errno.EINVAL,
                               "prefix needs one address, IPv4 or IPv6"),
    # names
    "empty name": ("POOL_ADD", "!POOL:s:", errno.EINVAL, NAME_RULE),
    "name with a dot first": ("POOL_ADD", "!POOL:s:.east", errno.EINVAL, NAME_RULE),
    "name of a pool to reset": ("POOL_RESET", "!POOL:s:-east", errno.EINVAL, NAME_RULE),
    "name with a dash first": ("POOL_ADD", "!POOL:s:-east", errno.EINVAL, NAME_RULE),
    "name of a directory": ("POOL_ADD", "!POOL:s:ea/st", errno.EINVAL, NAME_RULE),
    "name with a space": ("POOL_ADD", "!POOL:x:6561207374" + "00", errno.EINVAL, NAME_RULE),
    "name with a newline": ("POOL_ADD", "!POOL:x:650a00", errno.EINVAL, NAME_RULE),
    "name in Latin 1": ("POOL_ADD", "!POOL:x:65e400", errno.EINVAL, NAME_RULE),
    "name in UTF-8": ("POOL_ADD", "!POOL:x:65c3a400", errno.EINVAL, NAME_RULE),
    "name without an end": ("POOL_ADD", "!POOL:x:6561", errno.EINVAL, FAILED),
    "name of 32": ("POOL_ADD", "!POOL:s:" + "a" * 32, errno.EINVAL, FAILED),
    # prefixes
    "two addresses": ("PREFIX_ADD", "POOL:s:east !PREFIX[ ADDR4:x:0a000100 "
                      "ADDR6:x:20010db8000000000000000000000000 ]", errno.EINVAL,
                      "prefix needs one address, IPv4 or IPv6"),
    "twice an address": ("PREFIX_ADD", "POOL:s:east !PREFIX[ ADDR4:x:0a000100 ADDR4:x:0a000100 ]",
                         errno.EINVAL, "prefix needs one address, IPv4 or IPv6"),
    "host bits": ("PREFIX_ADD", "POOL:s:east !PREFIX[ ADDR4:x:0a000101 LEN:u8:24 ]", errno.EINVAL,
                  "prefix has host bits set"),
    "IPv4-mapped": ("PREFIX_ADD", "POOL:s:east !PREFIX[ "
                    "ADDR6:x:00000000000000000000ffff0a000100 LEN:u8:120 ]", errno.EINVAL,
                    ("prefix is IPv4-mapped, did you mean 10.0.1.0/24?",
                     "prefix is IPv4-mapped, and would match no packet")),
    "IPv4-mapped relays": ("RELAY_ADD", "!PREFIX[ ADDR6:x:00000000000000000000ffff00000000 LEN:u8:96 ]",
                           errno.EINVAL, ("prefix is IPv4-mapped, did you mean 0.0.0.0/0?",
                                          "prefix is IPv4-mapped, and would match no packet")),
    "host bits of all": ("RELAY_ADD", "!PREFIX[ ADDR4:x:80000000 LEN:u8:0 ]", errno.EINVAL,
                         "prefix has host bits set"),
    "host bits of IPv6": ("PREFIX_ADD", "POOL:s:east !PREFIX[ "
                          "ADDR6:x:20010db8000000010000000000000001 LEN:u8:127 ]", errno.EINVAL,
                          "prefix has host bits set"),
    "host bits of IPv6's first half": ("PREFIX_ADD", "POOL:s:east !PREFIX[ "
                                       "ADDR6:x:20010db8000000010000000000000000 LEN:u8:63 ]",
                                       errno.EINVAL, "prefix has host bits set"),
    "IPv4 of 33": ("PREFIX_ADD", "POOL:s:east !PREFIX[ ADDR4:x:0a000100 LEN:u8:33 ]", errno.EINVAL,
                   "prefix is longer than its address"),
    "IPv6 of 129": ("PREFIX_ADD", "POOL:s:east !PREFIX[ "
                    "ADDR6:x:20010db8000000000000000000000000 LEN:u8:129 ]", errno.EINVAL,
                    "prefix is longer than its address"),
    "IPv4 of 3 bytes": ("PREFIX_ADD", "POOL:s:east PREFIX[ !ADDR4:x:0a0001 ]", errno.EINVAL,
                        LENGTH),
    "IPv4 of 8 bytes": ("PREFIX_ADD", "POOL:s:east PREFIX[ !ADDR4:x:0a00010000000000 ]",
                        errno.EINVAL, LENGTH),
    "IPv6 of 4 bytes": ("PREFIX_ADD", "POOL:s:east PREFIX[ !ADDR6:x:20010db8 ]", errno.ERANGE,
                        "binary attribute size out of range"),
    "IPv6 of 17 bytes": ("PREFIX_ADD", "POOL:s:east PREFIX[ "
                         "!ADDR6:x:20010db800000000000000000000000000 ]", errno.ERANGE,
                         "binary attribute size out of range"),
    "length of 4 bytes": ("PREFIX_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000100 !LEN:u32:24 ]",
                          errno.EINVAL, LENGTH),
    "prefix without NLA_F_NESTED": ("PREFIX_ADD", "POOL:s:east !PREFIX( ADDR4:x:0a000100 )",
                                    errno.EINVAL, "NLA_F_NESTED is missing"),
    "prefix that is a number": ("PREFIX_ADD", "POOL:s:east !PREFIX:u32:5", errno.EINVAL,
                                "NLA_F_NESTED is missing"),
    "second prefix is wrong": ("PREFIX_ADD", f"POOL:s:east {NET} !PREFIX[ ADDR4:x:0a000201 "
                               "LEN:u8:24 ]", errno.EINVAL, "prefix has host bits set"),
    "timeout of a prefix": ("PREFIX_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000100 !TIMEOUT:u32:9 ]",
                            errno.EINVAL, UNSUPPORTED),
    "comment of a relay": ("RELAY_ADD", "PREFIX[ ADDR4:x:c0000200 !COMMENT:s:a ]", errno.EINVAL,
                           UNSUPPORTED),
    "timeout of 0": ("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000007 !TIMEOUT:u32:0 ]",
                     errno.ERANGE, RANGE),
    "timeout of 2^31": ("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000007 "
                        "!TIMEOUT:u32:0x80000000 ]", errno.ERANGE, RANGE),
    "timeout of 8 bytes": ("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000007 !TIMEOUT:u64:9 ]",
                           errno.EINVAL, LENGTH),
    "comment of 256": ("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000007 !COMMENT:s:"
                       + "c" * 256 + " ]", errno.EINVAL, FAILED),
    "comment without an end": ("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000007 "
                               "!COMMENT:x:6363 ]", errno.EINVAL, FAILED),
    "comment with a newline": ("EXEMPT_ADD", "POOL:s:east !PREFIX[ ADDR4:x:0a000007 "
                               "COMMENT:x:610a6200 ]", errno.EINVAL,
                               "exempt has a control character in its comment"),
    "prefix as source of a test": ("TEST", f"!SRC[ ADDR4:x:0a000000 LEN:u8:24 ] DST{IPV4}",
                                   errno.EINVAL, "prefix is not one address"),
    "test across families": ("TEST", f"SRC{IPV4} DST{IPV6}", errno.EINVAL,
                             "src and dst are not of the same family"),
    "test of a VRF and of a device": ("TEST", f"SRC{IPV4} DST{IPV4} DEV:s:lo VRF:s:red", errno.EINVAL,
                                      "either VRF or device, not both"),
    # sessions
    "session without an id": ("SESSION_ADD", "SESSION[ PREFIX[ ADDR4:x:0a000001 ] ]", errno.EINVAL,
                              "session is missing, or its id", "SESSION_ID"),
    "session to delete without an id": ("SESSION_DEL", "SESSION[ DEV:s:lo ]", errno.EINVAL,
                                        "session is missing, or its id", "SESSION_ID"),
    "no session": ("SESSION_ADD", "", errno.EINVAL, "session is missing, or its id", "SESSION"),
    "no session to delete": ("SESSION_DEL", "!SESSION[ ID:s:gone ]", errno.ENOENT,
                             "session does not exist"),
    "session with a blank in its id": ("SESSION_ADD", "!SESSION[ ID:x:612000 DEV:s:lo ]", errno.EINVAL,
                                       "session needs an id of 1 to 63 printable ASCII characters, no "
                                       "blanks"),
    "session with a newline in its comment": ("SESSION_ADD", "!SESSION[ ID:s:a PREFIX[ "
                                              "ADDR4:x:0a000001 ] COMMENT:x:610a6200 ]",
                                              errno.EINVAL, "session has a control character in its "
                                              "comment"),
    "session with a device and a VRF": ("SESSION_ADD", "!SESSION[ ID:s:a DEV:s:lo VRF:s:red ]",
                                        errno.EINVAL, "session with a device has no VRF of its own"),
    "session of host bits": ("SESSION_SYNC", "SESSION[ ID:s:a PREFIX[ ADDR4:x:0a000001 ] ] SESSION[ "
                             "ID:s:b !PREFIX[ ADDR4:x:0a000001 LEN:u8:24 ] ]", errno.EINVAL,
                             "prefix has host bits set"),
    # settings
    "mode 99": ("POOL_SET", "POOL:s:east !MODE:u32:99", errno.ERANGE, RANGE),
    "action 99": ("POOL_SET", "POOL:s:east !ACTION:u32:99", errno.ERANGE, RANGE),
    "guard 1 << 31": ("POOL_SET", "POOL:s:east !GUARD:u32:2147483648", errno.EINVAL,
                      "reserved bit set"),
    "mode of 1 byte": ("POOL_SET", "POOL:s:east !MODE:u8:1", errno.EINVAL, LENGTH),
    "mode of 2 bytes": ("POOL_SET", "POOL:s:east !MODE:u16:1", errno.EINVAL, LENGTH),
    "mode of 8 bytes": ("POOL_SET", "POOL:s:east !MODE:u64:1", errno.EINVAL, LENGTH),
    "name is a nest": ("POOL_SET", "!POOL[ ADDR4:x:61626300 ]", errno.EINVAL,
                       "NLA_F_NESTED not expected"),
    "force with a value": ("POOL_DEL", "POOL:s:east !FORCE:u32:1", errno.ERANGE, FAILED),
    # attributes of another operation, and unknown ones
    "force of a setting": ("POOL_SET", "POOL:s:east !FORCE:x:", errno.EINVAL, UNSUPPORTED),
    "prefix of a setting": ("POOL_SET", "POOL:s:east !PREFIX[ ADDR4:x:0a000100 ]", errno.EINVAL,
                            UNSUPPORTED),
    "flush with a pool": ("FLUSH", "!POOL:s:east", errno.EINVAL, UNSUPPORTED),
    "unknown attribute": ("POOL_SET", "POOL:s:east !99:u32:1", errno.EINVAL,
                          "Unknown attribute type"),
    "unknown attribute of a prefix": ("PREFIX_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000100 "
                                      "!9:u32:1 ]", errno.EINVAL, "Unknown attribute type"),
    "attribute 0": ("POOL_SET", "POOL:s:east !0:u32:1", errno.EINVAL, "Unknown attribute type"),
    # bytes
    "attribute longer than the message": ("POOL_SET", "POOL:s:east MODE:64:x:01000000",
                                          errno.EINVAL, "bytes leftover after parsing attributes"),
    "attribute shorter than its header": ("POOL_SET", "POOL:s:east MODE:3:x:01000000", errno.EINVAL,
                                          "bytes leftover after parsing attributes"),
    "attribute of a prefix that is longer": ("PREFIX_ADD", "POOL:s:east PREFIX[ ADDR4:9:x:0a000100 ]",
                                             errno.EINVAL,
                                             "bytes leftover after parsing attributes"),
    # objects that exist already, or that do not
    "pool again": ("POOL_ADD", "!POOL:s:east", errno.EEXIST, "pool exists already"),
    "no pool to set": ("POOL_SET", "!POOL:s:eest", errno.ENOENT, NO_POOL),
    "no pool to delete": ("POOL_DEL", "!POOL:s:eest", errno.ENOENT, NO_POOL),
    "no pool to get": ("POOL_GET", "!POOL:s:eest", errno.ENOENT, NO_POOL),
    "no pool to reset": ("POOL_RESET", "!POOL:s:eest", errno.ENOENT, NO_POOL),
    "no pool for a prefix": ("PREFIX_ADD", f"!POOL:s:eest {NET}", errno.ENOENT, NO_POOL),
    "no pool for a relay": ("RELAY_ADD", f"!POOL:s:eest {NET}", errno.ENOENT, NO_POOL),
    "no pool whose senders to reset": ("SENDER_RESET", "!POOL:s:eest", errno.ENOENT, NO_POOL),
    "host bits of senders to reset": ("SENDER_RESET", "!PREFIX[ ADDR4:x:0a000001 LEN:u8:24 ]",
                                      errno.EINVAL, "prefix has host bits set"),
    "no pool for a target": ("TARGET_ADD", f"!POOL:s:eest {NET}", errno.ENOENT, NO_POOL),
    "prefix again": ("PREFIX_ADD", f"POOL:s:east {NET} !PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ]",
                     errno.EEXIST, IN_EAST_ALREADY),
    "pool with a prefix of another": ("POOL_ADD", "POOL:s:west FORCE:x: !PREFIX[ ADDR4:x:0a000000 "
                                      "LEN:u8:24 ]", errno.EEXIST,
                                      ('prefix is in pool "east"', "prefix is in another pool")),
    "exempt of another's prefix": ("EXEMPT_ADD", "POOL:s:other !PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ]",
                                   errno.EEXIST,
                                   ('exempt is in pool "east"', "exempt is in another pool")),
    "prefix of another's exempt": ("PREFIX_ADD", "POOL:s:other !PREFIX[ ADDR4:x:0a000009 ]",
                                   errno.EEXIST, ('prefix is an exempt of pool "east"',
                                                  "prefix is an exempt of another pool")),
    "exempt again": ("EXEMPT_ADD", "POOL:s:east !PREFIX[ ADDR4:x:0a000009 ]", errno.EEXIST,
                     ('exempt is in pool "east" already', "exempt is there already")),
    "relay again": ("RELAY_ADD", "POOL:s:other !PREFIX[ ADDR4:x:c0000200 ]", errno.EEXIST,
                    ('relay is in pool "other" already', "relay is there already")),
    "no prefix to delete": ("PREFIX_DEL", f"POOL:s:east !{NET}", errno.ENOENT,
                            "prefix is not in the pool"),
    "no prefix to move": ("PREFIX_MOVE", "POOL:s:other !PREFIX[ ADDR4:x:0a000009 ]", errno.ENOENT,
                          "prefix is in no pool"),
    "moved already": ("PREFIX_MOVE", "POOL:s:east !PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ]",
                      errno.EEXIST, IN_EAST_ALREADY),
    "no exempt there": ("EXEMPT_DEL", f"POOL:s:east !{NET}", errno.ENOENT, "exempt is not there"),
    "no relay there": ("RELAY_DEL", f"!{NET}", errno.ENOENT, "relay is not there"),
    "no target there": ("TARGET_DEL", f"!{NET}", errno.ENOENT, "target is not there"),
    "a relay is no target": ("TARGET_DEL", "POOL:s:other !PREFIX[ ADDR4:x:c0000200 ]", errno.ENOENT,
                             "target is not there"),
    "commit without begin": ("RESTORE_COMMIT", "", errno.EINVAL,
                             "no restore has begun on this socket"),
    # operations
    "operation 0": (0, "", errno.EOPNOTSUPP),
    "operation 200": (200, "", errno.EOPNOTSUPP),
    "dump without NLM_F_DUMP": ("PREFIX_GET", "", errno.EOPNOTSUPP),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_refused(host, case, east_for_all):
    east_for_all.refused(*case)


@pytest.fixture(scope="module")
def east_for_all(host):
    one = Client(host, PROGRAM)
    one.do("FLUSH")
    one.do("POOL_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ]")
    one.do("POOL_ADD", "POOL:s:other")
    one.do("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000009 ]")
    one.do("RELAY_ADD", "POOL:s:other PREFIX[ ADDR4:x:c0000200 ]")
    yield one
    one.end()


def test_force(east):
    """With FORCE, adding an object that exists, or deleting one that does not, changes nothing."""
    client = east
    client.do("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000009 COMMENT:s:fixed ]")
    client.do("RELAY_ADD", "PREFIX[ ADDR4:x:c0000200 ]")
    client.do("TARGET_ADD", "PREFIX[ ADDR4:x:c0000200 ]")
    before = client("status")
    for command, attributes in (
            ("POOL_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ]"),
            ("PREFIX_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ]"),
            ("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000009 COMMENT:s:fixed ]"),
            ("RELAY_ADD", "PREFIX[ ADDR4:x:c0000200 ]"),
            ("TARGET_ADD", "PREFIX[ ADDR4:x:c0000200 ]"),
            ("POOL_DEL", "POOL:s:none"), ("PREFIX_DEL", f"POOL:s:east {NET}"),
            ("PREFIX_DEL", f"POOL:s:none {NET}"), ("EXEMPT_DEL", f"POOL:s:east {NET}"),
            ("RELAY_DEL", NET), ("RELAY_DEL", f"POOL:s:east {NET}"),
            ("TARGET_DEL", NET), ("TARGET_DEL", f"POOL:s:east {NET}")):
        client.do(command, f"{attributes} FORCE:x:")
        assert client("status") == before, command
    client.refused("PREFIX_DEL", "POOL:s:none FORCE:x: !PREFIX[ ADDR4:x:0a000101 LEN:u8:24 ]",
                   errno.EINVAL, "prefix has host bits set")


def test_each_prefix_of_a_message_has_its_own_attributes(east):
    east.do("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000007 TIMEOUT:u32:3000 COMMENT:s:first ] "
            "PREFIX[ ADDR4:x:0a000008 ]")
    first, second = east(f"list {CMD['EXEMPT_GET']}")
    assert first["expires"] and first["comment"] == "first"
    assert (second["expires"], second["comment"]) == (None, None)


def test_a_pool_that_is_added_by_force_keeps_its_settings(east):
    east.do("POOL_SET", "POOL:s:east MODE:u32:1 ACTION:u32:2 GUARD:u32:3 SENDERS:u8:1 SUBSCRIBER:u8:56 "
            "LOG:u32:5")
    before = east("pool east")
    east.do("POOL_ADD", "POOL:s:east FORCE:x:")
    assert east("pool east") == before


@pytest.mark.parametrize("kind", ["RELAY", "TARGET"])
def test_a_flush_without_pools(client, kind):
    client.do(f"{kind}_ADD", NET)
    client.do("FLUSH")
    status = client("status")
    assert (status["relays"], status["targets"]) == (0, 0)


def test_what_passes_is_shown_by_its_source(client):
    """Where a pool has the guard inbound, too."""
    client.do("POOL_ADD", "POOL:s:off MODE:u32:2 PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ]")
    client.do("POOL_ADD", "POOL:s:in GUARD:u32:2 PREFIX[ ADDR4:x:0a000100 LEN:u8:24 ]")
    answer = client("test 10.0.0.5 192.0.2.1")
    assert (answer["pool"], answer["verdict"]) == ("off", "passed")


def test_a_dump_of_one_pool(east):
    east.do("POOL_ADD", "POOL:s:west")
    east(f"start {CMD['POOL_GET']} {words('POOL:s:west')[0]}")
    while not (part := east("more"))["done"]:
        pass
    assert (part["error"], part["messages"]) == (0, 1)


def test_refused_dumps(east):
    for command, attributes, code in (("PREFIX_GET", "POOL:s:eest", errno.ENOENT),
                                      ("POOL_GET", "POOL:s:", errno.EINVAL),
                                      ("EXEMPT_GET", "MODE:u32:1", errno.EINVAL),
                                      ("RELAY_GET", "POOL:s:east", errno.EINVAL),
                                      ("SENDER_GET", "POOL:s:", errno.EINVAL),
                                      ("SESSION_GET", "SESSION[ DEV:s:lo ]", errno.EINVAL),
                                      ("STATUS_GET", "", errno.EOPNOTSUPP)):
        east(f"start {CMD[command]} {words(attributes)[0]}")
        answer = east("more")
        assert (answer["error"], answer["messages"], answer["done"]) == (code, 0, True)


def test_reads_what_the_command_reads(host, client):
    op25b = Command(host)
    client.do("POOL_ADD", "POOL:s:east MODE:u32:1 ACTION:u32:2 GUARD:u32:3 "
              "SENDERS:u8:1 SUBSCRIBER:u8:56 PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ] "
              "PREFIX[ ADDR6:x:20010db8000000000000000000000000 LEN:u8:56 ]")
    client.do("POOL_ADD", "POOL:s:west PREFIX[ ADDR4:x:00000000 LEN:u8:0 ]")
    client.do("EXEMPT_ADD", 'POOL:s:east PREFIX[ ADDR4:x:0a000007 TIMEOUT:u32:3000000 '
              'COMMENT:x:225c22c3a400 ]')
    client.do("EXEMPT_ADD", "POOL:s:west PREFIX[ ADDR6:x:20010db8000000000000000000000005 ]")
    client.do("RELAY_ADD", "PREFIX[ ADDR4:x:c0000200 LEN:u8:28 ]")
    client.do("RELAY_ADD", "POOL:s:west PREFIX[ ADDR6:x:20010db8002500000000000000000000 LEN:u8:64 ]")
    client.do("TARGET_ADD", "PREFIX[ ADDR4:x:c0000000 LEN:u8:16 ]")
    client.do("TARGET_ADD", "POOL:s:east PREFIX[ ADDR6:x:20010db8002500000000000000000000 LEN:u8:48 ]")

    assert client("status") == op25b.json("status")
    assert client("status")["exempts"] == 2
    def by_name(pools):
        return sorted(pools, key=lambda pool: pool["name"])
    assert by_name(client("pools")) == by_name(op25b.json("pool", "show"))
    assert client("pool east") == op25b.json("pool", "show", "east")
    east, = client("pool east")
    assert (east["guard"], east["senders"], east["subscriber"]) == (["synack", "inbound"], 0, 56)
    for listing, command in (("prefix", "PREFIX_GET"), ("relay", "RELAY_GET"),
                             ("target", "TARGET_GET")):
        assert client(f"list {CMD[command]}") == op25b.json(listing, "show")
    exempts, same = client(f"list {CMD['EXEMPT_GET']} east"), op25b.json("exempt", "show", "east")
    assert abs(exempts[0].pop("expires") - same[0].pop("expires")) < 60
    assert exempts == same
    assert exempts == [{"pool": "east", "prefix": "10.0.0.7/32", "comment": '"\\"ä'}]
    assert client(f"list {CMD['PREFIX_GET']} west") == op25b.json("prefix", "show", "west")
    for src, dst in (("10.0.0.5", "192.0.2.3"), ("10.0.0.7", "9.9.9.9"), ("11.0.0.1", "9.9.9.9"),
                     ("2001:db8::9", "2001:db8:25::1"), ("2001:db9::1", "2001:db8::9")):
        answer = op25b.json("test", src, dst)
        assert (answer.pop("src"), answer.pop("dst")) == (src, dst)
        assert client(f"test {src} {dst}") == answer
    assert (answer["pool"], answer["prefix"], answer["verdict"]) == \
        ("east", "2001:db8::/56", "observed")   # of the last test, by guard inbound


def test_without_privileges(host, east):
    """Reading requires no privilege. Changing does, even on a socket that was opened with it."""
    nobody = Client(host, PROGRAM)
    nobody("status")
    nobody("drop")
    for socket in ("main", "another"):
        nobody(f"socket {socket}")
        assert nobody("status")["pools"] == 1
        assert nobody("pool east")[0]["prefixes"] == 1
        assert nobody("test 10.0.0.5 9.9.9.9")["verdict"] == "blocked"
        for command, attributes in (
                ("POOL_ADD", "POOL:s:west"), ("POOL_SET", "POOL:s:east MODE:u32:1"),
                ("POOL_DEL", "POOL:s:east"), ("POOL_RESET", ""), ("FLUSH", ""),
                ("PREFIX_ADD", f"POOL:s:east {NET}"), ("PREFIX_DEL", f"POOL:s:east {NET}"),
                ("PREFIX_MOVE", f"POOL:s:east {NET}"),
                ("EXEMPT_ADD", f"POOL:s:east {NET}"), ("EXEMPT_DEL", f"POOL:s:east {NET}"),
                ("RELAY_ADD", NET), ("RELAY_DEL", NET),
                ("TARGET_ADD", NET), ("TARGET_DEL", NET),
                ("POOL_SET", "POOL:s:east SENDERS:u8:1"), ("SENDER_RESET", ""),
                ("RESTORE_BEGIN", ""), ("RESTORE_COMMIT", ""), ("CONFIRM", ""),
                ("ROLLBACK", "")):
            nobody.refused(command, attributes, errno.EPERM)
    nobody.end()


def test_root_of_its_own_namespace(host, east):
    """The owner of a network namespace may change the policy in it, but none elsewhere."""
    owner = Client(host, "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                   "unshare", "--user", "--map-root-user", "--net", PROGRAM)
    assert owner("status")["pools"] == 0
    owner.do("POOL_ADD", "POOL:s:mine")
    assert owner("status")["pools"] == 1
    owner.end()
    assert [pool["name"] for pool in east("pools")] == ["east"]


def test_restore(east):
    client = east
    generation = client("status")["generation"]
    client("socket first")
    client.do("RESTORE_BEGIN")
    client.refused("RESTORE_BEGIN", "", errno.EALREADY, "a restore has begun already on this socket")
    client.do("POOL_ADD", "POOL:s:new PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ]")
    client.do("EXEMPT_ADD", "POOL:s:new PREFIX[ ADDR4:x:0a000007 ]")
    # the staged policy is not visible, and others change the policy in force
    assert [pool["name"] for pool in client("pools")] == ["east"]
    client("socket main")
    client.do("POOL_ADD", "POOL:s:late")
    client.refused("RESTORE_COMMIT", "", errno.EINVAL, "no restore has begun on this socket")
    client("socket first")
    client.do("RESTORE_COMMIT")
    status = client("status")
    assert (status["generation"], status["pools"], status["exempts"]) == (generation + 2, 1, 1)
    client.do("POOL_ADD", "POOL:s:after")
    assert client("status")["generation"] == generation + 3


def test_a_restore_that_deletes_what_it_added(east):
    client = east
    client.do("RESTORE_BEGIN")
    client.do("POOL_ADD", "POOL:s:new")
    client.do("EXEMPT_ADD", "POOL:s:new PREFIX[ ADDR4:x:0a000007 TIMEOUT:u32:600 COMMENT:s:first ] "
              "PREFIX[ ADDR4:x:0a000008 TIMEOUT:u32:1 COMMENT:s:other ]")
    client.do("EXEMPT_ADD", "FORCE:x: POOL:s:new PREFIX[ ADDR4:x:0a000007 COMMENT:s:second ]")
    client.do("EXEMPT_DEL", "POOL:s:new PREFIX[ ADDR4:x:0a000008 ]")
    client.do("RESTORE_COMMIT")
    assert client(f"list {CMD['EXEMPT_GET']}") == [
        {"pool": "new", "prefix": "10.0.0.7/32", "expires": None, "comment": "second"}]
    assert client("status")["exempts"] == 1


def test_two_restores(east):
    """Neither sees the other's policy, and the one that is committed last is in force."""
    client = east
    for name in ("one", "two"):
        client(f"socket {name}")
        client.do("RESTORE_BEGIN")
        client.do("POOL_ADD", "POOL:s:both PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ]")
        client.do("POOL_ADD", f"POOL:s:{name}")
    client("socket one")
    client.do("RESTORE_COMMIT")
    assert sorted(pool["name"] for pool in client("pools")) == ["both", "one"]
    client("socket two")
    client.do("RESTORE_COMMIT")
    assert sorted(pool["name"] for pool in client("pools")) == ["both", "two"]
    assert client("status")["prefixes"] == {"ipv4": 1, "ipv6": 0}


def test_restore_that_fails(east):
    """Changes that are sent after a failed step are refused, and do not reach the policy in force."""
    client = east
    before = client("status")
    client.do("RESTORE_BEGIN")
    client.do("POOL_ADD", "POOL:s:new")
    client.refused("PREFIX_ADD", f"!POOL:s:nwe {NET}", errno.ENOENT, NO_POOL)
    client.refused("PREFIX_ADD", f"POOL:s:new {NET}", errno.ECANCELED, "the restore has failed")
    client.refused("FLUSH", "", errno.ECANCELED, "the restore has failed")
    client.refused("RESTORE_COMMIT", "", errno.ECANCELED, "the restore has failed")
    assert client("status") == before
    client.do("RESTORE_BEGIN")
    client.do("RESTORE_COMMIT")
    assert client("status")["pools"] == 0


def staged(client):
    """The policy that the client's restore has staged: pools, prefixes, exempts, relays, targets."""
    return ([pool["name"] for pool in client(f"staged {CMD['POOL_GET']}")],
            *([(entry["pool"], entry["prefix"]) for entry in client(f"staged {CMD[name]}")]
              for name in ("PREFIX_GET", "EXEMPT_GET", "RELAY_GET", "TARGET_GET")))


def no_staged_dump(client):
    """Dump the staged policy, which has to be refused: the error."""
    client(f"start {CMD['POOL_GET']} {words('RESTORE:x:')[0]}")
    return client("more")["error"]


def test_a_restore_shows_what_it_has_staged(east):
    client = east
    before = client("status")
    client("socket first")
    client.do("RESTORE_BEGIN")
    assert staged(client) == ([], [], [], [], [])
    client.do("POOL_ADD", "RESTORE:x: POOL:s:new " + NET)
    client.do("EXEMPT_ADD", "RESTORE:x: POOL:s:new PREFIX[ ADDR4:x:0a000107 ]")
    client.do("RELAY_ADD", "RESTORE:x: PREFIX[ ADDR4:x:c0000200 LEN:u8:28 ]")
    client.do("RELAY_ADD", "RESTORE:x: POOL:s:new PREFIX[ ADDR4:x:c0000300 ]")
    client.do("TARGET_ADD", "RESTORE:x: PREFIX[ ADDR4:x:c6336400 LEN:u8:24 ]")
    client.do("TARGET_ADD", "RESTORE:x: POOL:s:new PREFIX[ ADDR4:x:c0000300 ]")
    # settings that differ from those in the policy in force
    client.do("POOL_SET", "RESTORE:x: POOL:s:new MODE:u32:1")
    assert staged(client) == (["new"], [("new", "10.0.1.0/24")], [("new", "10.0.1.7/32")],
                              [(None, "192.0.2.0/28"), ("new", "192.0.3.0/32")],
                              [(None, "198.51.100.0/24"), ("new", "192.0.3.0/32")])
    assert client(f"staged {CMD['POOL_GET']}")[0]["mode"] == "observe"
    # without a dump, too: a pool that is only staged, and one that is only in force
    client.do("POOL_GET", "RESTORE:x: POOL:s:new")
    client.refused("POOL_GET", "!POOL:s:new", errno.ENOENT, NO_POOL)
    client.refused("POOL_GET", "RESTORE:x: !POOL:s:east", errno.ENOENT, NO_POOL)
    # without the flag, and on other sockets, dumps show the policy in force
    assert [pool["name"] for pool in client("pools")] == ["east"]
    client("socket main")
    assert no_staged_dump(client) == errno.EINVAL
    client("socket first")
    client.do("FLUSH", "RESTORE:x:")
    assert staged(client) == ([], [], [], [], [])
    client.do("POOL_ADD", "RESTORE:x: POOL:s:other")
    client.refused("POOL_ADD", "RESTORE:x: !POOL:s:other", errno.EEXIST, "pool exists already")
    assert no_staged_dump(client) == errno.ECANCELED
    client("close")
    client("socket main")
    assert client("status") == before


def test_a_staged_policy_that_changes_under_a_dump(east):
    """The dump goes on with the changed policy, and has NLM_F_DUMP_INTR set."""
    client = east
    client.do("RESTORE_BEGIN")
    client.do("POOL_ADD", "POOL:s:new")
    assert client(f"prefixes 2000 {CMD['PREFIX_ADD']} new 16.0.0.0")["error"] == 0
    restore = words("RESTORE:x:")[0]
    client(f"start {CMD['PREFIX_GET']} {restore}")
    first = client("more")
    assert not first["done"] and not first["interrupted"]
    client("socket other")
    client.do("POOL_ADD", "POOL:s:elsewhere")
    client("socket main")
    second = client("more")
    assert not second["interrupted"]
    client.do("POOL_ADD", "POOL:s:later")
    interrupted = False
    while not (part := client("more"))["done"]:
        interrupted |= part["interrupted"]
    assert interrupted or part["interrupted"]
    client(f"start {CMD['PREFIX_GET']} {restore}")
    client("more")
    client.do("RESTORE_COMMIT")
    while not (part := client("more"))["done"]:
        pass
    assert part["error"] == errno.EINVAL


@pytest.mark.parametrize("command, attributes", [
    ("POOL_ADD", "POOL:s:new"), ("POOL_SET", "POOL:s:east MODE:u32:1"), ("POOL_DEL", "POOL:s:east"),
    ("PREFIX_ADD", "POOL:s:east " + NET), ("PREFIX_DEL", "POOL:s:east FORCE:x: " + NET),
    ("PREFIX_MOVE", "POOL:s:east FORCE:x: PREFIX[ ADDR4:x:0a000000 LEN:u8:24 ]"),
    ("EXEMPT_ADD", "POOL:s:east " + NET), ("EXEMPT_DEL", "POOL:s:east FORCE:x: " + NET),
    ("RELAY_ADD", NET), ("RELAY_DEL", "FORCE:x: " + NET),
    ("TARGET_ADD", NET), ("TARGET_DEL", "FORCE:x: " + NET), ("FLUSH", "")])
def test_changes_for_a_restore_alone(east, command, attributes):
    """A client whose RESTORE_BEGIN has failed must not change the policy in force."""
    east.refused(command, f"RESTORE:x: {attributes}", errno.EINVAL,
                 "no restore has begun on this socket")
    east.do(command, attributes)


def test_client_that_dies(east):
    """A restore whose socket is closed, or whose client is killed, leaves nothing behind."""
    before, least = east("status"), memory.kernel()
    east("socket dying")
    east.do("RESTORE_BEGIN")
    east.do("POOL_ADD", "POOL:s:dying")
    assert east(f"prefixes 400000 {CMD['PREFIX_ADD']} dying 16.0.0.0")["error"] == 0
    used = memory.kernel() - least
    assert used > 4 << 20
    east("close")
    east("socket main")
    memory.wait_until(lambda: memory.kernel() - least < used // 4)
    assert east("status") == before
    east.do("POOL_ADD", "POOL:s:dying")
    assert east("pool dying")[0]["prefixes"] == 0

    before = east("status")
    east.do("RESTORE_BEGIN")
    east.do("POOL_DEL", "POOL:s:none FORCE:x:")
    east.do("POOL_ADD", "POOL:s:killed")
    east.process.kill()
    east.process.wait()
    assert before["pools"] == 2


@pytest.mark.parametrize("kind", ["relay", "target"])
def test_deleting_a_pool_deletes_its_relays_and_targets(client, kind):
    client.do("POOL_ADD", "POOL:s:east")
    client.do(f"{kind.upper()}_ADD", "POOL:s:east " +
              " ".join(f"PREFIX[ ADDR4:x:{n << 24 | 0x50505:08x} ]" for n in range(1, 61)))
    assert client("status")[f"{kind}s"] == 60
    client.do("POOL_DEL", "POOL:s:east")
    client.do("POOL_ADD", "POOL:s:east")
    assert client("status")[f"{kind}s"] == 0
    assert client(f"list {CMD[kind.upper() + '_GET']}") == []


def test_after_a_client_that_died(client):
    assert client("status")["pools"] == 0
    client.do("POOL_ADD", "POOL:s:killed")


def test_a_million_prefixes_in_one_message(east):
    generation = east("status")["generation"]
    answer = east(f"prefixes {MILLION} {CMD['PREFIX_ADD']} east 16.0.0.0")
    assert (answer["error"], answer["text"]) == (0, None)
    status = east("status")
    assert status["prefixes"]["ipv4"] == MILLION + 1
    assert status["generation"] == generation + 1
    # The last but one of these prefixes exists already: none of them is added.
    answer = east(f"prefixes 1000 {CMD['PREFIX_ADD']} east 15.255.252.26")
    assert (answer["error"], answer["text"]) == (errno.EEXIST,
                                                IN_EAST_ALREADY[0 if FORMATS_TEXT else 1])
    assert answer["offset"] == 20 + 12 + (0x1000000 - 0xfffc1a) * 12
    assert east("status") == status
    east.do("POOL_DEL", "POOL:s:east")
    assert east("status")["prefixes"]["ipv4"] == 0
