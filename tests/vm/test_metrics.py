# SPDX-License-Identifier: GPL-2.0
"""op25bctl metrics: the counters in Prometheus' text format."""
import os
import re

import packets
from conftest import CLASSES, VERDICTS, syn_to
from test_removal import loaded_again, remove     # noqa: F401 (a fixture)

GUARDED = ("synack", "inbound", "spoofed")


def read(op25b, **options):
    """The samples: by name and labels, as text, their values."""
    samples, types = {}, {}
    for line in op25b("metrics", **options).splitlines():
        if found := re.fullmatch(r"# TYPE (\S+) (gauge|counter)", line):
            types[found[1]] = found[2]
        elif not line.startswith("# HELP "):
            name, labels, value = re.fullmatch(r"(\w+)(?:{(.*)})? (\d+)", line).groups()
            assert (types[name] == "counter") == name.endswith("_total")
            assert (name, labels) not in samples
            samples[name, labels] = int(value)
    return samples


def test_they_are_what_the_command_shows(net, op25b, ends):
    op25b.load(f"pool add east guard inbound senders on prefix {ends.pool}\n"
               f"pool add west mode observe action tcp-reset\n"
               f"exempt add east {ends.neighbour}\nrelay add {ends.relay}\n"
               f"relay add {ends.relay_net} pool east\ntarget add {ends.foreign} pool west\n")
    net.send(syn_to(ends), syn_to(ends), syn_to(ends, ends.relay),
             packets.syn(ends.neighbour, ends.foreign))
    samples, status = read(op25b), op25b.json("status")
    assert samples["op25b_info", f'version="{status["version"]}"'] == 1
    assert samples["op25b_policy_generation", None] == status["generation"]
    assert samples["op25b_relays", None] == 2 and samples["op25b_targets", None] == 1
    assert samples["op25b_policy_unconfirmed", None] == 0
    assert samples["op25b_policy_applied_timestamp_seconds", None] > 1.7e9
    for pool in op25b.json("pool", "show"):
        label = f'pool="{pool["name"]}"'
        assert samples["op25b_pool_info", f'{label},vrf="",mode="{pool["mode"]}",'
                       f'action="{pool["action"]}"'] == 1
        for count in ("prefixes", "exempts", "relays", "targets"):
            assert samples[f"op25b_pool_{count}", label] == pool[count]
        assert samples.get(("op25b_pool_senders", label)) == pool["senders"]
        for name in CLASSES:
            for verdict in VERDICTS:
                found = samples.get(("op25b_packets_total",
                                     f'{label},class="{name}",verdict="{verdict}"'))
                shown = name not in GUARDED or name in pool["guard"]
                assert found == (pool["packets"][name][verdict] if shown else None)


def test_anybody_may_read_them(op25b):
    op25b("pool", "add", "east")
    assert read(op25b, user=65534)["op25b_pool_prefixes", 'pool="east"'] == 0


def test_without_the_module_there_is_nothing_but_an_error(op25b):
    remove()
    result = op25b.run("metrics")
    assert (result.returncode, result.stdout) == (2, "")
    assert "is not loaded" in result.stderr


def test_another_module_is_installed(op25b, tmp_path):
    with open("/sys/module/op25b/srcversion", encoding="ascii") as file:
        loaded = file.read().strip()
    modinfo = tmp_path / "modinfo"
    path = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for answer, outdated in ((f"echo {loaded}", 0), ("echo ABCDEF", 1), ("echo; exit 1", 0)):
        modinfo.write_text(f'#!/bin/sh\n[ "$*" = "-F srcversion op25b" ] || exit 1\n{answer}\n')
        modinfo.chmod(0o755)
        assert read(op25b, env=path)["op25b_module_outdated", None] == outdated
