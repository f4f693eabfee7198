# SPDX-License-Identifier: GPL-2.0
"""The bounds of every attribute of the netlink family: a value just inside is accepted and can be read
back. A value just outside, too short, too long, of another type, out of place or missing is refused with
the right text and attribute, and changes nothing."""
import errno
import re
from typing import NamedTuple

import pytest
import yaml

import hosts
from client import CMD, PROGRAM, Client, words
from header import NUMBERS

with open("docs/op25b.yaml", encoding="utf-8") as text_of_spec:
    SPEC = yaml.safe_load(text_of_spec)

FAILED = "Attribute failed policy validation"
LENGTH = "invalid attribute length"
NAME_RULE = "pool needs a name of 1 to 31 of A-Z a-z 0-9 _ . -, not starting with . or -"
NOT_NESTED = (errno.EINVAL, "NLA_F_NESTED not expected")
ADDRESSES = (errno.EINVAL, "prefix needs one address, IPv4 or IPv6")
OUT_OF_RANGE = (errno.ERANGE, "integer out of range")
RESERVED = (errno.EINVAL, "reserved bit set")
SIZE = (errno.ERANGE, "binary attribute size out of range")
CONTROL = (errno.EINVAL, "exempt has a control character in its comment")
IN_EAST_ALREADY = ('prefix is in pool "east" already', "prefix is in the pool already")
NO_STRING = (errno.EINVAL, FAILED)
LONG_STRING = (errno.ERANGE, FAILED)
TOO_LONG = (errno.EINVAL, "prefix is longer than its address")
HOST_BITS = (errno.EINVAL, "prefix has host bits set")


def nest(name, payload=""):
    """An attribute with NLA_F_NESTED and this payload, in hex: libnl cannot make an empty nest."""
    return f"{NUMBERS['OP25B_A_' + name] | 0x8000}:x:{payload}"


# Commands of nl-client that read the pool east
POOL = "pool east"
PREFIXES = f"list {CMD['PREFIX_GET']} east"
EXEMPTS = f"list {CMD['EXEMPT_GET']} east"
YEARS = 2 ** 31 - 1

BASE = "POOL:s:east MODE:u32:1 ACTION:u32:1 GUARD:u32:1"


def pool(**expected):
    """The pool has these members."""
    return POOL, lambda pools: {**pools[0], **expected} == pools[0]


def session(**expected):
    """The only session has these members."""
    return "sessions", lambda found: [{**one, **expected} for one in found] == found and len(found) == 1


def prefixes(*expected):
    return PREFIXES, lambda found: [one["prefix"] for one in found] == list(expected)


def comment(expected):
    return EXEMPTS, lambda found: [one["comment"] for one in found] == [expected]


def verdict(expected):
    """The answer to a test has this verdict; nothing else is checked."""
    return "test 10.0.0.5 9.9.9.9", lambda answer: answer["verdict"] == expected


class Bounds(NamedTuple):
    """The message, with {} in place of the attribute under test; accepted values, with a question and
    a check of its answer; refused values, with an exclamation mark before the attribute at fault, the
    error and its text."""
    command: str
    message: str
    taken: dict
    refused: dict
    changes: int = 1


A31, A32 = "a" * 31, "a" * 32
C255, C256 = "c" * 255, "c" * 256
ZERO6, ONES6 = "00" * 16, "ff" * 16

BOUNDS = {
    "pool": Bounds("POOL_ADD", "{}", {
        "POOL:s:a": ("pool a", bool),
        f"POOL:s:{A31}": (f"pool {A31}", bool),
        "POOL:x:6500": ("pool e", bool),
        "POOL:x:650066": ("pool e", bool),          # the string ends at its first NUL
        "POOL:s:first POOL:s:second": ("pool second", bool),
    }, {
        "!POOL:s:": (errno.EINVAL, NAME_RULE),
        f"!POOL:s:{A32}": NO_STRING,
        "!POOL:x:": NO_STRING,
        "!POOL:x:65": NO_STRING,
        "!POOL:x:" + "61" * 32: NO_STRING,
        "!POOL:x:" + "61" * 31 + "0000": LONG_STRING,
        "POOL:s:first !POOL:s:": (errno.EINVAL, NAME_RULE),
    }),
    "mode": Bounds("POOL_SET", "POOL:s:east {}", {
        "MODE:u32:0": pool(mode="enforce"),
        "MODE:u32:2": pool(mode="off"),
        "MODE:u32:0 MODE:u32:2": pool(mode="off"),
    }, {
        "!MODE:u32:3": OUT_OF_RANGE,
        "!MODE:u32:0xffffffff": OUT_OF_RANGE,
        "MODE:u32:0 !MODE:u32:3": OUT_OF_RANGE,
        "!MODE:u32:3 MODE:u32:0": OUT_OF_RANGE,
    }),
    "action": Bounds("POOL_SET", "POOL:s:east {}", {
        "ACTION:u32:0": pool(action="drop"),
        "ACTION:u32:2": pool(action="admin-prohibited"),
        "ACTION:u32:0 ACTION:u32:2": pool(action="admin-prohibited"),
    }, {
        "!ACTION:u32:3": OUT_OF_RANGE,
        "!ACTION:u32:0xffffffff": OUT_OF_RANGE,
        "!ACTION:u32:3 ACTION:u32:0": OUT_OF_RANGE,
    }),
    "guard": Bounds("POOL_SET", "POOL:s:east {}", {
        "GUARD:u32:0": pool(guard=[]),
        "GUARD:u32:15": pool(guard=["synack", "inbound", "spoofed", "softwire"]),
        "GUARD:u32:15 GUARD:u32:2": pool(guard=["inbound"]),
    }, {
        "!GUARD:u32:16": RESERVED,
        "!GUARD:u32:0x80000000": RESERVED,
        "!GUARD:u32:0xffffffff": RESERVED,
        "!GUARD:u32:16 GUARD:u32:0": RESERVED,
    }),
    "senders": Bounds("POOL_SET", "POOL:s:east MODE:u32:0 {}", {
        "SENDERS:u8:0": pool(senders=None),
        "SENDERS:u8:1": pool(senders=0),
        "SENDERS:u8:0 SENDERS:u8:1": pool(senders=0),
    }, {
        "!SENDERS:u8:2": OUT_OF_RANGE,
        "!SENDERS:u8:255": OUT_OF_RANGE,
        "!SENDERS:u8:2 SENDERS:u8:1": OUT_OF_RANGE,
    }),
    "subscriber": Bounds("POOL_SET", "POOL:s:east {}", {
        "SUBSCRIBER:u8:1": pool(subscriber=1),
        "SUBSCRIBER:u8:128": pool(subscriber=128),
        "SUBSCRIBER:u8:128 SUBSCRIBER:u8:1": pool(subscriber=1),
    }, {
        "!SUBSCRIBER:u8:0": OUT_OF_RANGE,
        "!SUBSCRIBER:u8:129": OUT_OF_RANGE,
        "!SUBSCRIBER:u8:255": OUT_OF_RANGE,
        "!SUBSCRIBER:u8:0 SUBSCRIBER:u8:1": OUT_OF_RANGE,
    }),
    "log": Bounds("POOL_SET", "POOL:s:east SENDERS:u8:1 {}", {
        "LOG:u32:0xffffffff": pool(log=None),
        "LOG:u32:0": pool(log=0),
        "LOG:u32:65535": pool(log=65535),
        "LOG:u32:65535 LOG:u32:1": pool(log=1),
    }, {
        "!LOG:u32:65536": OUT_OF_RANGE,
        "!LOG:u32:0xfffffffe": OUT_OF_RANGE,
        "!LOG:u32:0x7fffffff": OUT_OF_RANGE,
        "!LOG:u32:65536 LOG:u32:1": OUT_OF_RANGE,
    }),
    "prefix": Bounds("PREFIX_ADD", "POOL:s:east {}", {
        "PREFIX[ ADDR4:x:0a000100 ]": prefixes("10.0.1.0/32"),
        "PREFIX[ ADDR4:x:0a000100 ] PREFIX[ ADDR4:x:0a000101 ]":
            prefixes("10.0.1.0/32", "10.0.1.1/32"),
    }, {
        "!" + nest("PREFIX"): ADDRESSES,
        "PREFIX[ ADDR4:x:0a000100 ] !" + nest("PREFIX"): ADDRESSES,
        "PREFIX[ ADDR4:x:0a000100 ] !PREFIX[ ADDR4:x:0a000100 ]":
            (errno.EEXIST, IN_EAST_ALREADY),
        "PREFIX[ !0:x: ADDR4:x:0a000100 ]": (errno.EINVAL, "Unknown attribute type"),
        "PREFIX[ ADDR4:x:0a000100 !6:x: ]": (errno.EINVAL, "Unknown attribute type"),
    }),
    "force": Bounds("POOL_DEL", "POOL:s:none {}", {
        "FORCE:x:": pool(name="east"),
        "FORCE:x: FORCE:x:": pool(name="east"),
    }, {
        "!FORCE:u8:1": (errno.ERANGE, FAILED),
        "FORCE:x: !FORCE:u8:0": (errno.ERANGE, FAILED),
    }, changes=0),
    "restore": Bounds("POOL_SET", "POOL:s:east MODE:u32:0 {}", {}, {
        "RESTORE:x:": (errno.EINVAL, "no restore has begun on this socket"),
        "!RESTORE:u8:1": (errno.ERANGE, FAILED),
        "RESTORE:x: !RESTORE:u8:0": (errno.ERANGE, FAILED),
    }),
    "confirm": Bounds("RESTORE_COMMIT", "{}", {}, {
        "CONFIRM:u32:1": (errno.EINVAL, "no restore has begun on this socket"),
        "CONFIRM:u32:2147483647": (errno.EINVAL, "no restore has begun on this socket"),
        "!CONFIRM:u32:0": OUT_OF_RANGE,
        "!CONFIRM:u32:2147483648": OUT_OF_RANGE,
        "!CONFIRM:u32:0xffffffff": OUT_OF_RANGE,
        "CONFIRM:u32:1 !CONFIRM:u32:0": OUT_OF_RANGE,
    }),
    "src": Bounds("TEST", "{} DST[ ADDR4:x:09090909 ]", {
        "SRC[ ADDR4:x:00000000 ]": verdict("passed"),
        "SRC[ ADDR4:x:ffffffff LEN:u8:32 ]": verdict("passed"),
        "SRC[ ADDR6:x:" + ONES6 + " ] SRC[ ADDR4:x:0a000001 ]": verdict("passed"),
    }, {
        "!" + nest("SRC"): ADDRESSES,
        "!SRC[ ADDR4:x:00000000 LEN:u8:31 ]": (errno.EINVAL, "prefix is not one address"),
        "!SRC[ ADDR4:x:00000000 LEN:u8:33 ]": TOO_LONG,
        "SRC[ ADDR4:x:00000000 !6:x: ]": (errno.EINVAL, "Unknown attribute type"),
        "SRC[ ADDR4:x:00000000 !TIMEOUT:u32:1 ]": (errno.EINVAL, "Unsupported attribute"),
        "SRC[ ADDR6:x:" + ONES6 + " ]":
            (errno.EINVAL, "src and dst are not of the same family"),
    }, changes=0),
    "dst": Bounds("TEST", "SRC[ ADDR6:x:" + ONES6 + " ] {}", {
        "DST[ ADDR6:x:" + ZERO6 + " ]": verdict("passed"),
        "DST[ ADDR6:x:" + ONES6 + " LEN:u8:128 ]": verdict("passed"),
        "DST[ ADDR4:x:00000000 ] DST[ ADDR6:x:" + ZERO6 + " ]": verdict("passed"),
    }, {
        "!" + nest("DST"): ADDRESSES,
        "!DST[ ADDR6:x:" + ZERO6 + " LEN:u8:127 ]": (errno.EINVAL, "prefix is not one address"),
        "!DST[ ADDR6:x:" + ZERO6 + " LEN:u8:129 ]": TOO_LONG,
        "DST[ ADDR6:x:" + ZERO6 + " !6:x: ]": (errno.EINVAL, "Unknown attribute type"),
        "DST[ ADDR6:x:" + ZERO6 + " !COMMENT:s:a ]": (errno.EINVAL, "Unsupported attribute"),
        "DST[ ADDR4:x:00000000 ]": (errno.EINVAL, "src and dst are not of the same family"),
    }, changes=0),
    # attributes of a prefix
    "prefix-addr4": Bounds("PREFIX_ADD", "POOL:s:east PREFIX[ {} ]", {
        "ADDR4:x:00000000": prefixes("0.0.0.0/32"),
        "ADDR4:x:ffffffff": prefixes("255.255.255.255/32"),
    }, {
        "!ADDR4:x:" + ZERO6: (errno.EINVAL, LENGTH),
    }),
    "prefix-addr6": Bounds("PREFIX_ADD", "POOL:s:east PREFIX[ {} ]", {
        "ADDR6:x:" + ZERO6: prefixes("::/128"),
        "ADDR6:x:" + ONES6: prefixes("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"),
    }, {
        "!ADDR6:x:": SIZE,
        "!ADDR6:u32:0": SIZE,
        "!ADDR6:x:" + "00" * 15: SIZE,
        "!ADDR6:x:" + "00" * 17: SIZE,
    }),
    "prefix-len": Bounds("PREFIX_ADD", "POOL:s:east PREFIX[ {} ]", {
        "ADDR4:x:00000000 LEN:u8:0": prefixes("0.0.0.0/0"),
        "ADDR4:x:80000000 LEN:u8:1": prefixes("128.0.0.0/1"),
        "ADDR4:x:ffffffff LEN:u8:32": prefixes("255.255.255.255/32"),
        "ADDR6:x:" + ZERO6 + " LEN:u8:0": prefixes("::/0"),
        "ADDR6:x:ffffffffffffffff8000000000000000 LEN:u8:65":
            prefixes("ffff:ffff:ffff:ffff:8000::/65"),
        "ADDR6:x:" + ONES6 + " LEN:u8:128": prefixes("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"),
        "LEN:u8:7 LEN:u8:8 ADDR4:x:0a000000": prefixes("10.0.0.0/8"),
    }, {
        "LEN:u8:0": ADDRESSES,
        "ADDR4:x:00000000 LEN:u8:33": TOO_LONG,
        "ADDR4:x:00000000 LEN:u8:128": TOO_LONG,
        "ADDR4:x:00000000 LEN:u8:255": TOO_LONG,
        "ADDR6:x:" + ZERO6 + " LEN:u8:129": TOO_LONG,
        "ADDR6:x:" + ZERO6 + " LEN:u8:255": TOO_LONG,
        "ADDR4:x:80000000 LEN:u8:0": HOST_BITS,
        "ADDR4:x:00000001 LEN:u8:31": HOST_BITS,
        "ADDR6:x:80" + "00" * 15 + " LEN:u8:0": HOST_BITS,
        "ADDR6:x:" + "00" * 8 + "80" + "00" * 7 + " LEN:u8:64": HOST_BITS,
        "ADDR6:x:" + "00" * 15 + "01 LEN:u8:127": HOST_BITS,
    }),
    "prefix-timeout": Bounds("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000007 {} ]", {
        "TIMEOUT:u32:60": (EXEMPTS, lambda found: 1 <= found[0]["expires"] <= 60),
        "TIMEOUT:u32:0x7fffffff":
            (EXEMPTS, lambda found: YEARS - 60 <= found[0]["expires"] <= YEARS),
        "TIMEOUT:u32:60 TIMEOUT:u32:6000":
            (EXEMPTS, lambda found: 60 < found[0]["expires"] <= 6000),
    }, {
        "!TIMEOUT:u32:0": OUT_OF_RANGE,
        "!TIMEOUT:u32:0x80000000": OUT_OF_RANGE,
        "!TIMEOUT:u32:0xffffffff": OUT_OF_RANGE,
        "!TIMEOUT:u32:0 TIMEOUT:u32:60": OUT_OF_RANGE,
    }),
    "prefix-comment": Bounds("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000007 {} ]", {
        "COMMENT:s:": comment(None),
        "COMMENT:x:2000": comment(" "),
        "COMMENT:x:7e00": comment("~"),
        f"COMMENT:s:{C255}": comment(C255),
        "COMMENT:s:first COMMENT:s:second": comment("second"),
    }, {
        "!COMMENT:x:": NO_STRING,
        "!COMMENT:x:63": NO_STRING,
        f"!COMMENT:s:{C256}": NO_STRING,
        "!COMMENT:x:" + "63" * 255: NO_STRING,
        "!COMMENT:x:" + "63" * 255 + "0000": LONG_STRING,
        "COMMENT:x:1f00": CONTROL,
        "COMMENT:x:7f00": CONTROL,
    }),
}

VRF_RULE = (errno.EINVAL, "VRF needs the name of a device")
SESSION_RULE = (errno.EINVAL, "session needs an id of 1 to 63 printable ASCII characters, no blanks")
ONE_OF_BOTH = (errno.EINVAL, "session needs either prefixes or a device")
PREFIX_OF_SESSION = "PREFIX[ ADDR4:x:0a000100 ]"

# What a session has. It is deleted after each.
BOUNDS.update({
    "session": Bounds("SESSION_ADD", "FORCE:x: {}", {
        f"SESSION[ ID:s:a {PREFIX_OF_SESSION} ]": session(id="a", prefixes=["10.0.1.0/32"]),
        # the last one counts
        f"SESSION[ ID:s:a {PREFIX_OF_SESSION} ] SESSION[ ID:s:b {PREFIX_OF_SESSION} ]":
            session(id="b"),
    }, {
        "!SESSION[ ID:s:a ]": ONE_OF_BOTH,
        f"!SESSION[ ID:s:a {PREFIX_OF_SESSION} DEV:s:lo ]": ONE_OF_BOTH,
        f"SESSION[ !0:x: ID:s:a {PREFIX_OF_SESSION} ]": (errno.EINVAL, "Unknown attribute type"),
        f"SESSION[ ID:s:a {PREFIX_OF_SESSION} !7:x: ]": (errno.EINVAL, "Unknown attribute type"),
    }, changes=0),
    "session-id": Bounds("SESSION_ADD", f"FORCE:x: SESSION[ {{}} {PREFIX_OF_SESSION} ]", {
        "ID:s:!": session(id="!"),
        "ID:s:~": session(id="~"),
        f"ID:s:{'i' * 63}": session(id="i" * 63),
    }, {
        "ID:s:": SESSION_RULE,
        "ID:x:612000": SESSION_RULE,
        "ID:x:617f00": SESSION_RULE,
        "ID:x:61ff00": SESSION_RULE,
        f"!ID:s:{'i' * 64}": NO_STRING,
    }, changes=0),
    "session-prefix": Bounds("SESSION_ADD", "FORCE:x: SESSION[ ID:s:a {} ]", {
        "PREFIX[ ADDR4:x:00000000 LEN:u8:0 ]": session(prefixes=["0.0.0.0/0"]),
        # sorted, and those that are given twice only once
        "PREFIX[ ADDR4:x:0a000101 ] PREFIX[ ADDR4:x:0a000100 ] PREFIX[ ADDR4:x:0a000101 ]":
            session(prefixes=["10.0.1.0/32", "10.0.1.1/32"]),
    }, {
        "!PREFIX[ ADDR4:x:0a000100 LEN:u8:33 ]": TOO_LONG,
        "PREFIX[ ADDR4:x:0a000100 ] !PREFIX[ ADDR4:x:0a000101 LEN:u8:24 ]": HOST_BITS,
        "PREFIX[ ADDR4:x:0a000100 !TIMEOUT:u32:1 ]": (errno.EINVAL, "Unsupported attribute"),
    }, changes=0),
    "session-dev": Bounds("SESSION_ADD", "FORCE:x: SESSION[ ID:s:a {} ]", {
        "DEV:s:up0": session(dev="up0", prefixes=[]),
    }, {
        f"!DEV:s:{'d' * 15}": (errno.ENODEV, "device does not exist"),
        "!DEV:s:down0": (errno.ENETDOWN, "device is down"),
        f"!DEV:s:{'d' * 16}": NO_STRING,
    }, changes=0),
    "session-vrf": Bounds("SESSION_ADD", f"FORCE:x: SESSION[ ID:s:a {PREFIX_OF_SESSION} {{}} ]", {
        "VRF:s:nowhere": session(vrf="nowhere"),
        f"VRF:s:{'v' * 15}": session(vrf="v" * 15),
    }, {
        "!VRF:s:": VRF_RULE,
        f"!VRF:s:{'v' * 16}": NO_STRING,
        "!VRF:s:a/b": VRF_RULE,
        "!VRF:x:611b00": VRF_RULE,
    }, changes=0),
    "session-timeout": Bounds("SESSION_ADD",
                              f"FORCE:x: SESSION[ ID:s:a {PREFIX_OF_SESSION} {{}} ]", {
        f"TIMEOUT:u32:{YEARS}": ("sessions", lambda found: found[0]["expires"] > YEARS - 100),
        "TIMEOUT:u32:1": ("sessions", lambda found: all(one["expires"] == 1 for one in found)),
    }, {
        "!TIMEOUT:u32:0": OUT_OF_RANGE,
        f"!TIMEOUT:u32:{YEARS + 1}": OUT_OF_RANGE,
    }, changes=0),
    "session-comment": Bounds("SESSION_ADD",
                              f"FORCE:x: SESSION[ ID:s:a {PREFIX_OF_SESSION} {{}} ]", {
        f"COMMENT:s:{C255}": session(comment=C255),
        "COMMENT:s:": session(comment=None),
    }, {
        f"!COMMENT:s:{C256}": NO_STRING,
        "COMMENT:x:610a00": (errno.EINVAL, "session has a control character in its comment"),
    }, changes=0),
    "vrf": Bounds("POOL_ADD", "POOL:s:new {}", {
        "VRF:s:nowhere": ("pool new", lambda found: found[0]["vrf"] == "nowhere"),
        f"VRF:s:{'v' * 15}": ("pool new", lambda found: found[0]["vrf"] == "v" * 15),
        "VRF:x:766600": ("pool new", lambda found: found[0]["vrf"] == "vf"),
        "VRF:s:first VRF:s:second": ("pool new", lambda found: found[0]["vrf"] == "second"),
    }, {
        "!VRF:s:": VRF_RULE,
        f"!VRF:s:{'v' * 16}": NO_STRING,
        "!VRF:x:76": NO_STRING,
        "!VRF:s:..": VRF_RULE,
        "!VRF:s:a:b": VRF_RULE,
        "!VRF:x:610a00": VRF_RULE,
        "!VRF:x:611b00": VRF_RULE,
        "!VRF:x:612000": VRF_RULE,
    }),
    "dev": Bounds("TEST", "SRC[ ADDR4:x:0a000005 ] DST[ ADDR4:x:09090909 ] {}", {
        "DEV:s:up0": verdict("passed"),
        "DEV:s:down0": verdict("passed"),
    }, {
        f"!DEV:s:{'d' * 15}": (errno.ENODEV, "device does not exist"),
        f"!DEV:s:{'d' * 16}": NO_STRING,
    }, changes=0),
})

# Attributes of replies only
REPLIES = {
    "op25b": {"pad", "prefix-count", "exempt-count", "relay-count", "packets", "exempt", "relay",
              "target-count", "target", "sender-count", "sender", "applied", "lost-count",
              "event", "command", "change-count", "uid", "pid", "session-count", "added-count",
              "changed-count", "deleted-count", "kept-count",
              "verdict", "version", "generation", "pool-count", "prefix4-count", "prefix6-count"},
    "packets": {"syn", "malformed", "synack", "inbound", "spoofed"},
    "verdicts": {"pad", "blocked", "observed", "relayed", "exempted"},
    "sender": {"pad", "packet-count", "error", "destination-count", "port", "first", "last"},
    "prefix": set(),
    "session": set(),
}

# The attributes of a message of each operation, and the text of a refusal without each of them
NET = "PREFIX[ ADDR4:x:0a000100 LEN:u8:24 ]"
NEEDED = {
    "pool-add": {"POOL:s:new": "pool is missing"},
    "pool-set": {"POOL:s:east": "pool is missing", "MODE:u32:0": None},
    "pool-del": {"POOL:s:east": "pool is missing"},
    "pool-get": {"POOL:s:east": "pool is missing"},
    "pool-reset": {"POOL:s:east": None},
    "prefix-add": {"POOL:s:east": "pool is missing", NET: "prefix is missing"},
    "prefix-del": {"POOL:s:east": "pool is missing", NET: "prefix is missing"},
    "exempt-add": {"POOL:s:east": "pool is missing", NET: "prefix is missing"},
    "exempt-del": {"POOL:s:east": "pool is missing", NET: "prefix is missing"},
    "relay-add": {"POOL:s:east": None, NET: "prefix is missing"},
    "relay-del": {"POOL:s:east": None, NET: "prefix is missing"},
    "target-add": {"POOL:s:east": None, NET: "prefix is missing"},
    "target-del": {"POOL:s:east": None, NET: "prefix is missing"},
    "sender-reset": {"POOL:s:east": None, NET: None},
    "test": {"SRC[ ADDR4:x:0a000005 ]": "src and dst are needed",
             "DST[ ADDR4:x:09090909 ]": "src and dst are needed"},
    "prefix-move": {"POOL:s:east": "pool is missing", NET: "prefix is missing"},
    "status-get": {}, "flush": {}, "restore-begin": {}, "restore-commit": {},
    "confirm": {}, "rollback": {}, "session-sync": {},
    "session-add": {"SESSION[ ID:s:a PREFIX[ ADDR4:x:0a000100 ] ]": "session is missing, or its id"},
    "session-del": {"SESSION[ ID:s:a ]": "session is missing, or its id"},
}

OPERATIONS = {op["name"]: op for op in SPEC["operations"]["list"]}
SETS = {one["name"]: {attribute["name"]: attribute for attribute in one["attributes"]}
        for one in SPEC["attribute-sets"]}


@pytest.fixture(scope="module")
def client(module):
    host = hosts.Host("bounds")
    host.ip("link add up0 type dummy\nlink set up0 up\nlink add down0 type dummy\n")
    one = Client(host, PROGRAM)
    yield one
    one.end()
    host.remove()


@pytest.fixture
def east(client):
    """The client, with a policy of one pool, whose settings differ from those in BOUNDS."""
    client.do("FLUSH")
    client(f"sync {words('FORCE:x:')[0]}")
    client.do("POOL_ADD", BASE)
    return client


def constant(name):
    return name.upper().replace("-", "_")


def test_all_attributes_are_here():
    bounded = {one: {name.removeprefix(one + "-") for name in BOUNDS if name.startswith(one + "-")}
               for one in ("prefix", "session")}
    bounded["op25b"] = {name for name in BOUNDS if not name.startswith(("prefix-", "session-"))}
    for name, attributes in SETS.items():
        assert set(attributes) == bounded.get(name, set()) | REPLIES[name], name
    assert sorted(NEEDED) == sorted(name for name, op in OPERATIONS.items() if "do" in op)


@pytest.mark.parametrize("name, last", [("mode", "MODE_MAX"), ("action", "ACTION_MAX"),
                                        ("guard", "GUARD_MASK")])
def test_the_last_value_is_here(name, last):
    """The greatest value that the header has is taken, and the next one refused."""
    number = NUMBERS[f"OP25B_{last}"]
    assert f"{name.upper()}:u32:{number}" in BOUNDS[name].taken
    assert f"!{name.upper()}:u32:{number + 1}" in BOUNDS[name].refused


@pytest.mark.parametrize("bounds", BOUNDS.values(), ids=BOUNDS)
def test_just_inside(east, bounds):
    for value, (question, is_right) in bounds.taken.items():
        before = east("status")["generation"]
        east.do(bounds.command, bounds.message.format(value))
        assert east("status")["generation"] == before + bounds.changes, value
        answer = east(question)
        assert is_right(answer), f"{value}: {answer}"
        east.do("FLUSH")
        east(f"sync {words('FORCE:x:')[0]}")
        east.do("POOL_ADD", BASE)


@pytest.mark.parametrize("bounds", BOUNDS.values(), ids=BOUNDS)
def test_just_outside(east, bounds):
    for value, (code, text) in bounds.refused.items():
        message = bounds.message.format(value)
        if "!" not in message and text.startswith(("prefix ", "exempt ")):
            message = message.replace("PREFIX[", "!PREFIX[")    # the nest is at fault
        if "!" not in message and text.startswith("session "):
            message = message.replace("SESSION[", "!SESSION[")
        east.refused(bounds.command, message, code, text)


def wrong_types(name, kind):
    """An attribute with wrong types and lengths, and the error and text for each."""
    word = name.split("-")[-1].upper()
    if kind == "nest":
        missing = (errno.EINVAL, "NLA_F_NESTED is missing")
        yield f"!{word}:x:", missing
        yield f"!{word}:u32:0", missing
        yield f"!{word}( 1:x:0a000100 )", missing
        for length in (1, 2, 3):
            yield "!" + nest(constant(name), "00" * length), (errno.ERANGE, FAILED)
        return
    # With the right length, if there is one: the kernel checks that first.
    payload = {"u8": "20", "u32": "00000000", "s32": "00000000"}.get(kind, "")
    yield "!" + nest(constant(name), payload), NOT_NESTED
    lengths, answer = {"u8": ((0, 2, 4), (errno.EINVAL, LENGTH)),
                       "u32": ((0, 1, 2, 3, 5, 8), (errno.EINVAL, LENGTH)),
                       "s32": ((0, 1, 2, 3, 5, 8), (errno.EINVAL, LENGTH)),
                       "flag": ((1, 4, 64), (errno.ERANGE, FAILED))}.get(kind, ((), None))
    for length in lengths:
        yield f"!{word}:x:{'00' * length}", answer


@pytest.mark.parametrize("name", BOUNDS)
def test_wrong_type(east, name):
    start, _, rest = name.partition("-")
    kind = (SETS[start][rest] if rest and start in SETS else SETS["op25b"][name])["type"]
    for value, (code, text) in wrong_types(name, kind):
        east.refused(BOUNDS[name].command, BOUNDS[name].message.format(value), code, text)


def test_shortest_timeout(east):
    """A timeout of one second is accepted. This uses a restore, in which exempts do not expire."""
    east("socket restoring")
    east.do("RESTORE_BEGIN")
    east.do("POOL_ADD", "POOL:s:east")
    east.do("EXEMPT_ADD", "POOL:s:east PREFIX[ ADDR4:x:0a000007 TIMEOUT:u32:1 ]")
    east("close")
    east("socket main")


@pytest.mark.parametrize("operation", NEEDED)
def test_missing(east, operation):
    attributes = NEEDED[operation]
    for one, text in attributes.items():
        if text:
            rest = " ".join(other for other in attributes if other != one)
            name = re.match(r"\w+", one)[0]
            east.refused(constant(operation), rest, errno.EINVAL, text, missing=name)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_unsupported_attributes(east, operation):
    """Attributes of the family that an operation does not take are refused, and so are unknown
    ones."""
    for how in ("do", "dump"):
        if how not in OPERATIONS[operation]:
            continue
        taken = OPERATIONS[operation][how].get("request", {}).get("attributes", [])
        others = {constant(name): "Unsupported attribute" for name in SETS["op25b"]
                  if name not in taken}
        unknown = dict.fromkeys(("0", str(NUMBERS["OP25B_A_MAX"] + 1), "16383"),
                                "Unknown attribute type")
        assert others
        for name, text in {**others, **unknown}.items():
            message = f"!{name}:u32:1"
            if how == "do":
                east.refused(constant(operation), message, errno.EINVAL, text)
                continue
            before = east("status")
            east(f"start {CMD[constant(operation)]} {words(message)[0]}")
            answer = east("more")
            assert (answer["error"], answer["messages"], answer["done"]) == (errno.EINVAL, 0, True)
            assert east("status") == before


@pytest.mark.parametrize("operation", [name for name, attributes in NEEDED.items()
                                       if NET in attributes and name != "exempt-add"])
@pytest.mark.parametrize("attribute", ["TIMEOUT:u32:60", "COMMENT:s:a"])
def test_only_exempts_take_timeout_and_comment(east, operation, attribute):
    east.refused(constant(operation), f"POOL:s:east PREFIX[ ADDR4:x:0a000100 !{attribute} ]",
                 errno.EINVAL, "Unsupported attribute")
