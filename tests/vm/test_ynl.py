# SPDX-License-Identifier: GPL-2.0
"""The YAML spec: the kernel's own tools accept it, and the module behaves as it says."""
import errno
import ipaddress
import json
import shutil
import subprocess
import sys
import time

import jsonschema
import pytest
import yaml

import header
import hosts

SPEC = "docs/op25b.yaml"
YNL = "build/ynl"       # from fetch-ynl
SCHEMA = f"{YNL}/Documentation/netlink/genetlink.yaml"
TOOLS = f"{YNL}/tools/net/ynl"

sys.path.insert(0, TOOLS)
from lib import NlError, YnlFamily      # pylint: disable=import-error,wrong-import-position
import lib.ynl      # pylint: disable=import-error,wrong-import-position,wrong-import-order


def addr(text):
    """The attribute of an address, as this client takes it: IPv4 as a number, IPv6 in hex."""
    address = ipaddress.ip_address(text)
    return {"addr4": int(address)} if address.version == 4 else {"addr6": address.packed.hex()}


def prefix(text, **more):
    net = ipaddress.ip_network(text)
    return {**addr(net.network_address), "len": net.prefixlen, **more}


@pytest.fixture(scope="module")
def host(module):
    namespace = hosts.Host("ynl")
    lib.ynl.genl_family_name_to_id = None   # the module may have been loaded again, with a new id
    yield namespace
    namespace.remove()


@pytest.fixture(scope="module")
def client(host):
    with host:
        one = YnlFamily(SPEC, SCHEMA)
    yield one
    one.sock.close()


@pytest.fixture
def family(host, client):
    """The client, in its namespace, without a policy."""
    with host:
        client.do("flush", {})
        yield client


def refused(code, message, call):
    """Check that the kernel refuses a call with this text; returns the attribute at fault."""
    with pytest.raises(NlError) as failure:
        call()
    assert errno.errorcode[failure.value.error] == errno.errorcode[code]
    extack = failure.value.nl_msg.extack
    assert extack["msg"] == message
    return extack.get("bad-attr")


def spec():
    with open(SPEC, encoding="utf-8") as file:
        return yaml.safe_load(file)


def test_schema_accepts_it():
    with open(SCHEMA, encoding="utf-8") as file:
        schema = yaml.safe_load(file)
    jsonschema.validate(spec(), schema)


def test_every_number_of_the_header(tmp_path):
    """ynl-gen-c generates exactly the names and numbers of the uapi header from the spec."""
    # It expects the schema in a folder above the spec, and a MAINTAINERS file.
    shutil.copy(SCHEMA, tmp_path)
    (tmp_path / "specs").mkdir()
    (tmp_path / "MAINTAINERS").touch()
    made = subprocess.run([sys.executable, f"{TOOLS}/ynl-gen-c.py", "--mode", "uapi", "--header",
                           "--spec", shutil.copy(SPEC, tmp_path / "specs")],
                          check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout
    own = {name: value for name, value in header.NUMBERS.items() if not name.endswith("_UNSPEC")}
    assert own["OP25B_CMD_MAX"] >= 19 and own["OP25B_GUARD_INBOUND"] == 2
    # In the header, an enum of values has no __MAX member, so that a switch need not handle it.
    extra = {f"__OP25B_{enum}_MAX" for enum in ("MODE", "ACTION", "VERDICT", "EVENT")}
    assert {name: value for name, value in header.numbers(made).items() if name not in extra} == own


def test_everything_is_documented():
    family = spec()
    sets = family["attribute-sets"]
    entries = [entry for definition in family["definitions"]
               for entry in definition.get("entries", [])]
    for thing in (family, *family["definitions"], *entries, *sets, *family["operations"]["list"],
                  *(attribute for one in sets for attribute in one["attributes"])):
        assert thing["doc"].endswith("."), thing["name"]


def test_operations_take_what_the_spec_says(family):
    """CTRL_CMD_GETPOLICY tells which attributes each operation takes, and of what types."""
    # The names of types in the spec, and those that the kernel's policies have
    types = {"u8": {"u8"}, "u32": {"u32"}, "s32": {"s32"}, "flag": {"flag"}, "binary": {"binary"},
             "string": {"nul-string"}, "nest": {"nested"}}
    control = YnlFamily(f"{YNL}/Documentation/netlink/specs/nlctrl.yaml",
                        f"{YNL}/Documentation/netlink/genetlink-legacy.yaml", process_unknown=True)
    indices, policies = {}, {}
    only_dumps = iter(sorted(op.req_value for op in family.ops.values() if "do" not in op))
    for part in control.dump("getpolicy", {"family-name": "op25b"}):
        if not part:
            # ctrl_dumppolicy_prep() leaves a message without attributes where a buffer ends.
            continue
        if "op-policy" in part:
            one = part["op-policy"]
            # Since Linux 6.2, op-id is 0 for an operation that only dumps; the order is the same.
            indices[one.pop("op-id") or next(only_dumps)] = one
        else:
            one = part["policy"]
            policies.setdefault(one["policy-id"], {})[one["attr-id"]] = one
    control.sock.close()

    for op in family.ops.values():
        for how in ("do", "dump"):
            if how not in op:
                continue
            names = op[how].get("request", {}).get("attributes", [])
            taken = policies.get(indices[op.req_value].get(how), {})
            attributes = {op.attr_set[name].value: op.attr_set[name] for name in names}
            assert set(taken) == set(attributes), f"{how} {op.name}"
            for number, attribute in attributes.items():
                assert taken[number]["type"] in types[attribute.type], f"{op.name} {attribute.name}"


def test_every_operation(family):
    """Every operation, with every attribute."""
    family.do("pool-add", {"pool": "east", "mode": "observe", "action": "tcp-reset",
                           "guard": ["synack", "inbound"], "senders": 1, "subscriber": 56,
                           "log": 5, "prefix": [prefix("10.0.0.0/24"), prefix("2001:db8::/56")]})
    family.do("pool-add", {"pool": "west"})
    family.do("prefix-add", {"pool": "west", "prefix": [prefix("10.0.1.0/24")]})
    family.do("exempt-add", {"pool": "east", "prefix": [
        prefix("10.0.0.7/32", timeout=3600, comment="fixed until tomorrow"),
        prefix("2001:db8::7/128")]})
    family.do("relay-add", {"prefix": [prefix("192.0.2.0/28")]})
    family.do("relay-add", {"pool": "west", "prefix": [prefix("2001:db8:25::/64")]})
    family.do("target-add", {"prefix": [prefix("192.0.0.0/16")]})
    family.do("target-add", {"pool": "east", "prefix": [prefix("2001:db8:cafe::/48")]})

    none = dict.fromkeys(("blocked", "observed", "relayed", "exempted"), 0)
    packets = dict.fromkeys(("syn", "malformed", "synack", "inbound", "spoofed"), none)
    east = {"pool": "east", "mode": "observe", "action": "tcp-reset",
            "guard": {"synack", "inbound"}, "senders": 1, "subscriber": 56, "log": 5,
            "prefix-count": 2, "exempt-count": 2, "relay-count": 0, "target-count": 1, "sender-count": 0,
            "packets": packets}
    west = {"pool": "west", "mode": "enforce", "action": "drop", "guard": set(),
            "senders": 0, "subscriber": 64, "log": -1, "prefix-count": 1, "exempt-count": 0,
            "relay-count": 1, "target-count": 0, "packets": packets}
    assert family.do("pool-get", {"pool": "east"}) == east
    assert sorted(family.dump("pool-get", {}), key=lambda pool: pool["pool"]) == [east, west]

    def one(pool, addr_, length, **more):
        kind = "addr6" if ":" in addr_ else "addr4"
        return {**({"pool": pool} if pool else {}),
                "prefix": [{kind: addr_, "len": length, **more}]}
    assert family.dump("prefix-get", {}) == [
        one("east", "10.0.0.0", 24), one("west", "10.0.1.0", 24), one("east", "2001:db8::", 56)]
    assert family.dump("pool-get", {"pool": "west"}) == [west]
    assert family.dump("prefix-get", {"pool": "west"}) == [one("west", "10.0.1.0", 24)]
    exempts = family.dump("exempt-get", {})
    left = exempts[0]["prefix"][0].pop("timeout")
    assert 3500 < left <= 3600
    assert exempts == [one("east", "10.0.0.7", 32, comment="fixed until tomorrow"),
                       one("east", "2001:db8::7", 128)]
    assert family.dump("exempt-get", {"pool": "west"}) == []
    assert family.dump("relay-get", {}) == [
        one(None, "192.0.2.0", 28), one("west", "2001:db8:25::", 64)]
    assert family.dump("target-get", {}) == [
        one(None, "192.0.0.0", 16), one("east", "2001:db8:cafe::", 48)]

    assert family.do("test", {"src": addr("10.0.0.5"), "dst": addr("192.0.2.3")}) == {
        "pool": "east", "prefix": [{"addr4": "10.0.0.0", "len": 24}],
        "relay": {"addr4": "192.0.2.0", "len": 28},
        "target": {"addr4": "192.0.0.0", "len": 16}, "verdict": "relayed"}
    assert family.do("test", {"src": addr("2001:db8::5"), "dst": addr("2001:db8:cafe::1")}) == {
        "pool": "east", "prefix": [{"addr6": "2001:db8::", "len": 56}],
        "target": {"addr6": "2001:db8:cafe::", "len": 48}, "verdict": "blocked"}
    assert family.do("test", {"src": addr("2001:db8::7"), "dst": addr("2001:db8:1::")}) == {
        "pool": "east", "prefix": [{"addr6": "2001:db8::7", "len": 128}], "exempt": True,
        "verdict": "exempted"}
    with open("VERSION", encoding="ascii") as file:
        version = file.read().strip()
    status = family.do("status-get", {})
    generation = status.pop("generation")
    assert status.pop("lost-count") >= 0
    assert time.time() - 60 < status.pop("applied") <= time.time() + 1
    assert status == {"version": version, "pool-count": 2, "prefix4-count": 2, "prefix6-count": 1,
                      "exempt-count": 2, "relay-count": 2, "target-count": 2, "session-count": 0}

    family.do("pool-set", {"pool": "east", "mode": "off", "guard": []})
    family.do("pool-reset", {"pool": "east"})
    family.do("pool-reset", {})
    assert family.dump("sender-get", {}) == []
    assert family.dump("sender-get", {"pool": "east", "prefix": [prefix("10.0.0.0/24")]}) == []
    family.do("sender-reset", {"pool": "east", "prefix": [prefix("10.0.0.0/24")]})
    family.do("sender-reset", {})
    assert family.do("pool-get", {"pool": "east"}) == {**east, "mode": "off", "guard": set()}
    assert family.do("test", {"src": addr("10.0.0.5"), "dst": addr("9.9.9.9")})["verdict"] == \
        "passed"
    family.do("exempt-del", {"pool": "east", "prefix": [prefix("10.0.0.7/32")]})
    family.do("prefix-move", {"pool": "west", "prefix": [prefix("10.0.0.0/24")]})
    family.do("prefix-del", {"pool": "west", "prefix": [prefix("10.0.0.0/24")]})
    family.do("relay-del", {"prefix": [prefix("192.0.2.0/28")]})
    family.do("relay-del", {"pool": "west", "prefix": [prefix("2001:db8:25::/64")]})
    family.do("target-del", {"prefix": [prefix("192.0.0.0/16")]})
    family.do("target-del", {"pool": "east", "prefix": [prefix("2001:db8:cafe::/48")]})
    family.do("pool-del", {"pool": "west"})
    assert family.dump("relay-get", {}) == []
    assert family.dump("target-get", {}) == []
    assert family.do("status-get", {})["generation"] == generation + 9

    session = {"id": "a", "prefix": [prefix("10.0.0.7/32")]}
    family.do("session-add", {"session": [session]})
    assert [one["id"] for message in family.dump("session-get", {}) for one in message["session"]] == ["a"]
    assert family.do("session-sync", {"session": [session]}) == {
        "added-count": 0, "changed-count": 0, "deleted-count": 0, "kept-count": 1}
    family.do("session-del", {"session": [{"id": "a"}]})
    assert family.dump("session-get", {}) == []

    family.do("restore-begin", {})
    family.do("pool-add", {"pool": "new", "prefix": [prefix("10.0.0.0/8")]})
    assert [pool["pool"] for pool in family.dump("pool-get", {})] == ["east"]
    family.do("restore-commit", {})
    assert [pool["pool"] for pool in family.dump("pool-get", {})] == ["new"]
    family.do("pool-add", {"pool": "new", "action": "admin-prohibited", "force": True})
    assert family.do("pool-get", {"pool": "new"})["action"] == "admin-prohibited"
    family.do("flush", {})
    assert family.dump("pool-get", {}) == []


def test_refusals_name_the_attribute(family):
    def do(operation, **attributes):
        family.do(operation, attributes)

    do("pool-add", pool="east", prefix=[prefix("10.0.0.0/24")])
    before = family.do("status-get", {})
    assert refused(errno.EINVAL, "pool is missing", lambda: do("pool-del")) is None
    assert refused(errno.ENOENT, "pool does not exist",
                   lambda: do("pool-del", pool="eest")) == ".pool"
    assert refused(errno.EEXIST, "pool exists already",
                   lambda: do("pool-add", pool="east")) == ".pool"
    assert refused(errno.ERANGE, "integer out of range",
                   lambda: do("pool-set", pool="east", mode=99)) == ".mode"
    assert refused(errno.EINVAL, "reserved bit set",
                   lambda: do("pool-set", pool="east", guard=1 << 31)) == ".guard"
    assert refused(errno.EINVAL, "Unsupported attribute",
                   lambda: do("pool-set", pool="east", force=True)) == ".force"
    assert refused(errno.EINVAL, "prefix has host bits set",
                   lambda: do("prefix-add", pool="east",
                              prefix={"addr4": 0x0a000001, "len": 24})) == ".prefix"
    assert refused(errno.ERANGE, "integer out of range",
                   lambda: do("exempt-add", pool="east",
                              prefix=prefix("10.0.0.1", timeout=0))) == ".prefix.timeout"
    assert refused(errno.EINVAL, "Unsupported attribute",
                   lambda: do("prefix-add", pool="east",
                              prefix=prefix("10.1.0.0/16", comment="none"))) == ".prefix.comment"
    # Linux 6.1 sends no extack for a dump that is refused.
    with pytest.raises(NlError) as failure:
        family.dump("prefix-get", {"pool": "eest"})
    assert failure.value.error == errno.ENOENT
    assert family.do("status-get", {}) == before


def cli(*words):
    return subprocess.run([sys.executable, f"{TOOLS}/cli.py", "--spec", SPEC, "--schema", SCHEMA,
                           "--output-json", *words],
                          check=False, stdout=subprocess.PIPE, text=True, timeout=60)


def test_command_line_client(host, family):
    """The calls that docs/netlink.md shows."""
    result = cli("--do", "pool-add", "--json", json.dumps(
        {"pool": "east", "action": "tcp-reset", "prefix": [{"addr4": 0x0a000000, "len": 24}]}))
    assert (result.returncode, result.stdout) == (0, "null\n")
    result = cli("--dump", "prefix-get")
    assert (result.returncode, json.loads(result.stdout)) == (
        0, [{"pool": "east", "prefix": [{"addr4": "10.0.0.0", "len": 24}]}])
    result = cli("--do", "pool-get", "--json", '{"pool": "eest"}')
    assert result.returncode == 1
    assert "pool does not exist" in result.stdout and "'bad-attr': '.pool'" in result.stdout
