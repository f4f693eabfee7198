# SPDX-License-Identifier: GPL-2.0
"""The dashboard against a real Prometheus, which scrapes two routers whose counters are known."""
import datetime
import json
import re
import socket
import subprocess
import time

import pytest

import dashboard
from router import HELP, SOURCE, Router, pool_of
from rules import PROMTOOL, TOP

BOARD = dashboard.load(TOP / "tools/grafana/op25b.json")
QUERIES = list(dashboard.queries(BOARD))
RATE = {"__rate_interval": "10s"}
SYN, MALFORMED = "syn", "malformed"


def now(seconds=0):
    return (datetime.datetime.now(datetime.timezone.utc) -
            datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait(what, seconds=30):
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, what
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module", name="routers")
def fixture_routers():
    """Each number is another one, so that no panel is right by chance."""
    first = Router("0.1.0", [
        (pool_of("east", guard=["synack", "inbound"], senders=123), {
            (SYN, "blocked"): 100, (SYN, "relayed"): 7, (SYN, "exempted"): 3,
            (MALFORMED, "blocked"): 11, ("synack", "blocked"): 13, ("inbound", "blocked"): 17}),
        (pool_of("west", "observe", senders=45), {
            (SYN, "observed"): 200, (SYN, "blocked"): 19, (SYN, "relayed"): 23,
            (MALFORMED, "observed"): 29, (MALFORMED, "exempted"): 31}),
        # The one is no regular expression for the other.
        (pool_of("north.1-a", vrf="red"), {(SYN, "blocked"): 37}),
        (pool_of("north21-a", vrf="red"), {(SYN, "blocked"): 41}),
        (pool_of("off", "off"), {}),
        *((pool_of(f"small{i}"), {(SYN, "blocked"): i}) for i in range(1, 9))],
        textfile=True, applied=now(3600), sessions=12)
    second = Router("0.2.0", [
        (pool_of("east", "observe", senders=6), {
            (SYN, "observed"): 1000, (SYN, "relayed"): 2000, (SYN, "exempted"): 3000,
            (MALFORMED, "blocked"): 4000})],
        applied=now(60), generation=12, relays=20, targets=40, sessions=3, confirm=500)
    return first, second


@pytest.fixture(scope="module", name="prometheus")
def fixture_prometheus(routers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prometheus")
    instances = ", ".join(f'"{router.instance}"' for router in routers)
    (folder / "prometheus.yml").write_text(f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: ["{TOP}/tools/prometheus/op25b.rules.yml"]
scrape_configs:
- job_name: op25b
  static_configs: [{{targets: [{instances}]}}]
""", encoding="utf-8")
    url = f"127.0.0.1:{free_port()}"
    with open(folder / "log", "w", encoding="utf-8") as log, subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL",     # also if this is killed
             PROMTOOL.parent / "prometheus", f"--config.file={folder}/prometheus.yml",
             f"--storage.tsdb.path={folder}/data", f"--web.listen-address={url}"],
            stdout=log, stderr=log, cwd=folder) as process:
        try:
            server = dashboard.Prometheus(f"http://{url}")

            def scraped():
                assert process.poll() is None, (folder / "log").read_text(encoding="utf-8")
                return all(router.scrapes > 12 for router in routers)
            wait(scraped, 60)
            yield server
        finally:
            process.kill()


def test_router_prints_what_the_command_prints(routers):
    """Names, help and labels are those in the source of the command. promtool finds no fault."""
    text = routers[0].metrics()
    named = set(re.findall(r'"(op25b_\w+)"', SOURCE))
    assert set(re.findall(r"^# HELP (\w+)", text, re.M)) == named == set(HELP)
    labels = {"op25b_info": "version", "op25b_pool_info": "pool vrf mode action",
              "op25b_packets_total": "pool class verdict"}
    for name, words in labels.items():
        printed = re.search(name + r'\{(.*?)\}', SOURCE, re.S)[1]
        assert re.findall(r'(\w+)=\\"', printed) == words.split()
        served = re.search(rf"^{name}{{(.*)}}", text, re.M)[1]
        assert re.findall(r'(\w+)="', served) == words.split()
    done = subprocess.run([PROMTOOL, "check", "metrics"], input=text, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert (done.returncode, done.stdout) == (0, "")


def test_rates_are_those_of_the_counters(prometheus, routers):
    """What each scrape, one a second, adds. On a busy machine, some come late for a while."""
    for title, verdict in (("Blocked by pool", "blocked"), ("Observed by pool", "observed"),
                           ("Relayed by pool", "relayed"), ("Exempted by pool", "exempted")):
        query, = (query for query in QUERIES if query.title == title)
        for router in routers:
            variables = dashboard.values(BOARD, {**RATE, "instance": [router.instance]})
            grows = {name: sum(packets for (_, one), packets in growth.items() if one == verdict)
                     for name, growth in router.growth.items()}

            def right(query=dashboard.replaced(query, variables), grows=grows):
                found = {metric["pool"]: value for metric, value in prometheus.run(query)}
                return found == pytest.approx(grows, rel=0.2)
            wait(right)


def test_every_query_returns_data(prometheus, routers):
    for chosen in (RATE, {**RATE, "instance": [routers[0].instance], "pool": ["east", "west"]}):
        assert not list(dashboard.without_data(prometheus, BOARD, chosen))


def test_variables_are_routers_and_pools(prometheus, routers):
    variables = dashboard.values(BOARD, {"instance": [routers[1].instance]})
    found = {query.title: sorted(value for labels, _ in
                                 prometheus.run(dashboard.replaced(query, variables))
                                 for value in labels.values())
             for query in QUERIES if query.kind == "labels"}
    assert found == {"variable instance": sorted(router.instance for router in routers),
                     "variable pool": ["east"]}


@pytest.fixture(scope="module", name="frozen")
def fixture_frozen(prometheus, routers):
    """Prometheus with the last values of counters that no longer grow"""
    for router in routers:
        router.freeze()
        last = router.scrapes + 2
        wait(lambda router=router, last=last: router.scrapes > last)
    return prometheus


def test_panels_show_what_the_command_shows(frozen, routers):
    for router in routers:
        chosen = {"instance": [router.instance]}
        assert not list(dashboard.different(frozen, BOARD, chosen, router.pools, router.status))
    chosen = {"instance": [routers[0].instance], "pool": ["west", "north.1-a"]}
    assert not list(dashboard.different(frozen, BOARD, chosen, routers[0].pools,
                                        routers[0].status))


def test_age_is_that_of_the_file_or_the_scrape(frozen, routers):
    query, = (query for query in QUERIES if query.title == "Age of the metrics")
    found = {metric["instance"]: value for metric, value in
             frozen.run(dashboard.replaced(query, dashboard.values(BOARD, {})))}
    assert 29 < found.pop(routers[0].instance) < 60
    assert 0 <= found.pop(routers[1].instance) < 29
    assert not found


def test_alerts_can_be_evaluated(frozen, routers):
    groups = frozen.get("rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert rules and all((rule["health"], rule.get("lastError")) == ("ok", None) for rule in rules)
    firing = {(one["labels"]["alertname"], one["labels"]["instance"])
              for one in frozen.get("alerts")["alerts"] if one["state"] == "firing"}
    changed = ("Op25bPolicyChanged", routers[1].instance)
    assert changed in firing and ("Op25bPolicyChanged", routers[0].instance) not in firing


def test_command_line(frozen, routers, tmp_path):
    router = routers[0]
    (tmp_path / "pools").write_text(json.dumps(router.pools), encoding="utf-8")
    (tmp_path / "status").write_text(json.dumps(router.status), encoding="utf-8")

    def run(*words):
        done = subprocess.run(
            [TOP / "tests/monitoring/dashboard.py", TOP / "tools/grafana/op25b.json", frozen.url,
             "--variable", f"instance={router.instance}", "--pools", tmp_path / "pools",
             "--status", tmp_path / "status", "--variable", "__rate_interval=1m", *words],
            capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines()
    assert run() == (0, [f"{len(QUERIES)} queries, 0 faults"])
    (tmp_path / "status").write_text(json.dumps({**router.status, "sessions": 13}),
                                     encoding="utf-8")
    code, lines = run()
    assert code == 1 and lines[0].startswith("Sessions A: ") and lines[1].endswith(" 1 faults")
    # one pool of all that `pool show` has printed
    code, lines = run("--variable", "pool=west")
    assert code == 1 and len(lines) == 2


def broken(query, old, new):
    """The dashboard with an edit of one query, and of others with the same text"""
    text = json.dumps(BOARD)
    edited = json.dumps(query.expr.replace(old, new))
    assert json.dumps(query.expr) in text and old in query.expr
    return json.loads(text.replace(json.dumps(query.expr), edited))


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: f"{query.title} {query.ref}")
def test_a_metric_that_is_not_there_is_noticed(frozen, query):
    found = list(dashboard.without_data(frozen, broken(query, "op25b_", "op25c_"), {}))
    if query.title == "Age of the metrics":
        found = list(dashboard.without_data(
            frozen, broken(query, "timestamp(op25b_", "timestamp(op25c_"), {"instance": ["none"]}))
    assert any(fault.startswith(f"{query.title} {query.ref}: no data") for fault in found)


@pytest.mark.parametrize("old, new", (
    ('verdict="blocked"', 'verdict="relayed"'), ('verdict="observed"', 'verdict="blocked"'),
    ('verdict="relayed"', 'verdict="exempted"'), ('verdict="exempted"', 'verdict="relayed"'),
    ('blocked|observed', 'blocked'), ('blocked|observed', 'observed'), (',class="malformed"', ''),
    ('instance=~"$instance"', 'instance!=""'), ('pool=~"$pool"', 'pool="east"'),
    ("topk(10", "topk(9"), ("by (class, ", "by ("), ("by (mode)", "by (action)"),
    ("by (instance, pool) (rate", "by (instance) (rate"), ("* 1000", "* 1001"),
    ("op25b_relays", "op25b_targets"), ("op25b_targets", "op25b_relays"),
    ("op25b_sessions", "op25b_relays"), ("op25b_policy_generation", "op25b_policy_unconfirmed"),
    ("op25b_policy_unconfirmed", "op25b_policy_generation"), ("pool_prefixes", "pool_exempts"),
    ("pool_exempts", "pool_relays"), ("pool_relays", "pool_targets"),
    ("pool_targets", "pool_exempts"), ("pool_senders", "pool_prefixes")))
def test_a_wrong_query_is_noticed(frozen, routers, old, new):
    router = routers[0]
    chosen = {"instance": [router.instance]}
    compared = dashboard.numbers(router.pools, router.status)
    edited = [query for query in QUERIES
              if old in query.expr and (query.title, query.ref) in compared]
    assert edited
    for query in edited:
        found = list(dashboard.different(frozen, broken(query, old, new), chosen, router.pools,
                                         router.status))
        assert any(fault.startswith(f"{query.title} {query.ref}: ") for fault in found), query
