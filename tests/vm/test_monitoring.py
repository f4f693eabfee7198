# SPDX-License-Identifier: GPL-2.0
"""From packets to the dashboard: the module, `op25bctl metrics http`, started by systemd's own program for
each connection, and a real Prometheus that scrapes it and answers the dashboard's queries."""
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

import packets
from conftest import Command, syn_to
from test_removal import loaded_again, remove     # noqa: F401 (a fixture)

TOP = os.path.realpath(f"{os.path.dirname(__file__)}/../..")
sys.path.insert(0, f"{TOP}/tests/monitoring")
import dashboard    # pylint: disable=wrong-import-position

PROGRAMS = os.environ["OP25B_PROMETHEUS"]
PORT = 25025
SECONDS = 300       # Prometheus takes a while to start in a guest


def wait(what):
    """Wait until something is true."""
    end = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < end, what
        time.sleep(0.5)


def wait_for_none(faults):
    """Wait until there are no faults."""
    end = time.monotonic() + SECONDS
    while found := list(faults()):
        assert time.monotonic() < end, found
        time.sleep(0.5)


def get(host, url):
    """The status and the text of an answer; (0, "") if there is none"""
    with host:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""


@pytest.fixture(scope="module", name="url")
def fixture_url(net):
    """Where the router is scraped. As op25b-metrics.socket does, each connection gets a process."""
    net.bras.ip("link set lo up\n")
    with net.bras:
        process = subprocess.Popen(
            ["systemd-socket-activate", "--accept", "--inetd", f"--listen=127.0.0.1:{PORT}",
             Command.PATH, "metrics", "http"], stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{PORT}"
    wait(lambda: get(net.bras, f"{url}/")[0] == 200)
    yield f"{url}/metrics"
    process.terminate()
    process.wait()
    net.bras.ip("link set lo down\n")


def test_a_scrape(net, op25b, ends4, url):
    op25b.load(f"pool add east prefix {ends4.pool}")
    net.send(syn_to(ends4), syn_to(ends4, sport=40002))
    status, text = get(net.bras, url)
    assert (status, text) == (200, op25b("metrics"))
    assert 'op25b_packets_total{pool="east",class="syn",verdict="blocked"} 2\n' in text
    done = subprocess.run([f"{PROGRAMS}/promtool", "check", "metrics"], input=text, text=True,
                          check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert (done.returncode, done.stdout) == (0, "")


def test_a_scrape_without_the_module(net, op25b, url, loaded_again):    # noqa: F811
    """It is no empty page, for which nobody would be called."""
    remove()
    status, text = get(net.bras, url)
    assert (status, f"Error: {text}\n") == (503, op25b.run("metrics").stderr)


@pytest.fixture(name="prometheus")
def fixture_prometheus(net, tmp_path):
    (tmp_path / "prometheus.yml").write_text(f"""
global: {{scrape_interval: 5s, scrape_timeout: 5s, evaluation_interval: 10s}}
rule_files: ["{TOP}/tools/prometheus/op25b.rules.yml"]
scrape_configs:
- job_name: op25b
  static_configs: [{{targets: ["127.0.0.1:{PORT}"]}}]
""", encoding="utf-8")
    with net.bras, open(tmp_path / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [f"{PROGRAMS}/prometheus", f"--config.file={tmp_path}/prometheus.yml",
             f"--storage.tsdb.path={tmp_path}/data", "--web.listen-address=127.0.0.1:9090"],
            stdout=log, stderr=log, cwd=tmp_path)
    yield InNamespace(net.bras)
    process.kill()
    process.wait()


class InNamespace(dashboard.Prometheus):
    """A Prometheus that listens in the namespace of a host"""
    def __init__(self, host):
        super().__init__("http://127.0.0.1:9090")
        self.host = host

    def get(self, path, **parameters):
        with self.host:
            return super().get(path, **parameters)

    def scrapes(self):
        """How many have succeeded; 0 as long as it does not answer"""
        try:
            found = self.instant("sum(count_over_time(op25b_info[1h]))")
        except (OSError, dashboard.Refused):
            return 0
        return found[0][1] if found else 0


def test_the_dashboard(net, op25b, ends4, url, prometheus):
    """Every panel has data, and shows what the command shows."""
    op25b.load(f"pool add east guard synack inbound senders on prefix {ends4.pool}\n"
               f"pool add west mode observe senders on prefix 10.7.0.0/24\n"
               f"exempt add east {ends4.neighbour}\nrelay add {ends4.relay}\ntarget add 203.0.113.0/24")

    def traffic():
        net.send(syn_to(ends4), syn_to(ends4, ends4.relay), packets.syn(ends4.neighbour, ends4.foreign),
                 packets.syn("10.7.0.9", "198.51.100.9"), packets.fragments(syn_to(ends4), 8)[0])
        return prometheus.scrapes() > 5
    wait(traffic)
    chosen = {"__rate_interval": "1m", "instance": [f"127.0.0.1:{PORT}"]}
    board = dashboard.load(f"{TOP}/tools/grafana/op25b.json")
    wait_for_none(lambda: dashboard.without_data(prometheus, board, chosen))
    pools, status = op25b.json("pool", "show"), op25b.json("status")
    assert pools[0]["packets"]["syn"]["blocked"] > 5 and pools[1]["packets"]["syn"]["observed"] > 5
    wait_for_none(lambda: dashboard.different(prometheus, board, chosen, pools, status))
    # one more packet is a difference
    pools[0]["packets"]["syn"]["blocked"] += 1
    faults = list(dashboard.different(prometheus, board, chosen, pools, status))
    assert any("Blocked by pool" in fault for fault in faults), json.dumps(faults)
    rules = prometheus.get("rules", type="alert")["groups"]
    assert [rule["health"] for group in rules for rule in group["rules"]] == ["ok"] * 14
