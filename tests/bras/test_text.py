# SPDX-License-Identifier: GPL-2.0
"""What comes from RADIUS and from customers is data, and may be wrong."""
import pytest

from daemon import radattr


@pytest.mark.parametrize("text,is_open", [
    ("Filter-Id port25-open\n", True), ("Filter-Id port25-open", True),
    ("Filter-Id gold port25-open 10M\n", True), ("Filter-Id gold\nFilter-Id port25-open\n", True),
    ("", False), ("Filter-Id\n", False), ("Filter-Id \n", False), ("Filter-Id *\n", False),
    ("Filter-Id port25-opens\n", False), ("Filter-Id no-port25-open\n", False),
    ("Filter-Id Port25-Open\n", False), ("Filter-Id gold,port25-open\n", False),
    ("X-Filter-Id port25-open\n", False), (" Filter-Id port25-open\n", False),
    # other attributes with the same words, and what was a newline within a value
    ("Reply-Message Filter-Id port25-open\n", False),
    ("Cisco-AVPair ip:outacl=port25-open\n", False),
    ("Cisco-AVPair port25-open\n", False),
    ("Filter-Id gold\nport25-open\n", False),
    ("Reply-Message a\\012Filter-Id port25-open\n", False),
])
def test_attribute(router, text, is_open):
    radattr(router, text)
    assert router.sessions == ({"ppp0": ["dev", "ppp0"]} if is_open else {})
    assert router.log == ""


@pytest.mark.parametrize("variable", ["PEERNAME", "CALLING_SID", "CALLED_SID"])
def test_newline_in_a_name_of_the_customer(router, variable):
    """RADIUS may repeat the name in an attribute, which then has lines of the customer's."""
    name = "cust1\nFilter-Id port25-open"
    radattr(router, f"User-Name {name}\n", env=lambda env: env | {variable: name})
    assert router.sessions == {}
    assert "a newline in the customer's name" in router.log
    radattr(router, f"User-Name {name}\n", "accel-coa1-ip-change", blocked=True,
            env=lambda env: env | {variable: name})
    assert router.sessions == {}


@pytest.mark.parametrize("text", ["$(touch {0})", "`touch {0}`", "; touch {0}", "* {0}",
                                  "\\x{0}", "'\"{0}", "-f {0}", "x\x1b[2J", "port25-open' {0}"])
def test_text_from_radius_is_only_text(prefixes, tmp_path, text):
    text = text.format(tmp_path / "touched")
    radattr(prefixes, f"Filter-Id {text}\nFilter-Id port25-open\nFramed-IPv6-Prefix {text}\n"
            f"Delegated-IPv6-Prefix {text}\n{text} {text}\n",
            env=lambda env: {"PEERNAME": text, "CALLING_SID": text, "IPV6_PREFIX": text})
    assert prefixes.done == ["session add -f ppp0 203.0.113.11/32"]
    assert not (tmp_path / "touched").exists()
    assert not set(prefixes.log) & set("\x1b")


@pytest.mark.parametrize("name", ["", "-f", "..", "a/b", "a b", "a\nb", "x" * 16, "#1", "a;b"])
def test_name_of_the_device_is_a_name(router, name):
    """RADIUS may choose it."""
    router.call("accel-pppoe4-ip-up", argv=lambda argv: [argv[0], name, *argv[2:]])
    assert router.lines("argv") == []
    assert "not the name of a device" in router.log


# --- one bad value must not lose the others ---

@pytest.mark.parametrize("value", [
    "fe80::1/64", "::/0", "2001:db8::/16", "::ffff:10.0.0.0/96", "2001:db8:1:b::/129", "2001:db8/64",
    "2001:db8::1::/64", "2001:db8:::/64", "2001:db8:1:b:0:0:0:0:0/64", "2001:db8:1:12345::/64",
    "2001:db8:g::/64", "2001:db8:1:b::/6x", "2001:db8:1:b::/", "2001:db8:1:b::/064", "none",
    "ff02::1/128", "::1", "2001:db8:1:b:0:0:0:0::/64"])
def test_bad_prefix(prefixes, value):
    prefixes.call("accel-pppoe46-ip-up", env=lambda env: env | {"IPV6_PREFIX": value})
    assert prefixes.sessions["ppp0"] == ["203.0.113.12/32", "2001:db8:1:bb00::/56",
                                         "2001:db8:1:b::/64"]
    assert f"not a customer's address or prefix: {value}" in prefixes.log


@pytest.mark.parametrize("value,prefix", [
    ("2001:db8:1:b::2/64", "2001:db8:1:b::/64"), ("2001:DB8:1:b::2", "2001:db8:1:b:0:0:0:2/128"),
    ("2001:db8:ffff:ffff:ffff::/44", "2001:db8:fff0::/44"), ("2001:db8::/32", "2001:db8::/32"),
    ("2001:db8:1:2:3:4:5:6/57", "2001:db8:1::/57"), ("2001:db8:1:ff:3::/57", "2001:db8:1:80::/57"),
    ("2001:db8::7:0:1/128", "2001:db8:0:0:0:7:0:1/128"), ("2001:db8:1:2:3:4:5::/112",
                                                       "2001:db8:1:2:3:4:5::/112")])
def test_host_bits_are_cleared(prefixes, value, prefix):
    prefixes.call("accel-pppoe6-ip-up", env=lambda env: env | {"IPV6_PREFIX": value})
    assert prefixes.sessions["ppp0"][0] == prefix
    assert prefixes.log == ""


@pytest.mark.parametrize("address", ["0.0.0.0", "10.0.0", "10.0.0.256", "10.0.0.01", "127.0.0.1",
                                     "10.0.0.1.2", "x", "10..0.1", "1.2.3.4/0"])
def test_bad_address(prefixes, address):
    prefixes.call("accel-pppoe46-ip-up", argv=lambda argv: [*argv[:5], address, *argv[6:]])
    assert prefixes.sessions["ppp0"] == ["2001:db8:1:b::/64", "2001:db8:1:bb00::/56"]


def test_prefix_that_the_kernel_refuses(prefixes):
    prefixes.write("refuse", "session add*bb00*\n")
    prefixes.call("accel-pppoe46-ip-up")
    assert prefixes.sessions == {"ppp0": ["203.0.113.12/32", "2001:db8:1:b::/64"]}
    assert "refused by the test" in prefixes.log


def test_session_that_the_kernel_refuses(prefixes):
    """What the session before it had does not stay."""
    prefixes.write("refuse", "session add*\n")
    prefixes.call("accel-pppoe46-ip-up")
    assert prefixes.done == ["session del -f ppp0"]
