#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Runs every query of a Grafana dashboard against a Prometheus, without a Grafana: those of
panels, annotations and variables. Each has to return data. With what `op25bctl -j pool show` and
`op25bctl -j status` print, it also compares: panels with the same numbers have to show them. Then
nothing may change between these commands and the last scrape.

    dashboard.py tools/grafana/op25b.json http://127.0.0.1:9090 --variable instance=bras:9100
    dashboard.py tools/grafana/op25b.json http://127.0.0.1:9090 --variable instance=bras:9100 \\
        --pools pools.json --status status.json
"""
import argparse
import collections
import datetime
import json
import math
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

# A query: the title of its panel, or what else it is of, and its letter there; what Grafana does
# with it ("instant", "range" or "labels", for a variable); the text
Query = collections.namedtuple("Query", "title ref kind expr")


class Refused(Exception):
    """Prometheus does not answer a query, and says why."""


class Prometheus:
    def __init__(self, url):
        self.url = url.rstrip("/")

    def get(self, path, **parameters):
        """The data of an answer of the HTTP API"""
        address = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise Refused(error.read().decode(errors="replace")) from error

    def instant(self, expr):
        """The samples of an expression, now: pairs of labels and value"""
        return [(one["metric"], float(one["value"][1]))
                for one in self.get("query", query=expr)["result"]]

    def range(self, expr, seconds=60, step=1):
        """The same of the time until now, with the last value of each series"""
        now = time.time()
        found = self.get("query_range", query=expr, start=now - seconds, end=now, step=step)
        return [(one["metric"], float(one["values"][-1][1])) for one in found["result"]]

    def labels(self, expr):
        """The values of label_values(SERIES, LABEL)"""
        series, label = re.fullmatch(r"label_values\((.+), *(\w+)\)", expr).groups()
        return [({label: value}, 1.0)
                for value in self.get(f"label/{label}/values", **{"match[]": series})]

    def run(self, query):
        return getattr(self, query.kind)(query.expr)


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def queries(dashboard):
    """All queries of a dashboard, with variables as they are written"""
    for row in dashboard["panels"]:
        for panel in (row, *row.get("panels", ())):
            for target in panel.get("targets", ()):
                kind = "instant" if target.get("instant") else "range"
                yield Query(panel["title"], target["refId"], kind, target["expr"])
    for annotation in dashboard["annotations"]["list"]:
        if not annotation.get("builtIn"):
            yield Query(f"annotation {annotation['name']}", "", "range", annotation["expr"])
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield Query(f"variable {variable['name']}", "", "labels", variable["query"]["query"])


def values(dashboard, chosen):
    """What the variables are replaced by. `chosen` has names and values: a text is taken as it is,
    as for $__rate_interval; of a list, each is quoted, as Grafana does in a regular expression.
    What is not chosen is All."""
    found = {"__rate_interval": "1m"}
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            found[variable["name"]] = variable["allValue"]
    for name, value in chosen.items():
        if isinstance(value, str):
            found[name] = value
        else:
            quoted = [re.sub(r"[$^*{}\[\]'+?.()|]", r"\\\\\g<0>", one) for one in value]
            found[name] = f"({'|'.join(quoted)})"
    return found


def replaced(query, variables):
    """A query with its variables replaced. One that is not known is a KeyError."""
    return query._replace(expr=re.sub(r"\$(?:(\w+)|\{(\w+)\})",
                                      lambda found: variables[found[1] or found[2]], query.expr))


def counted(query):
    """An instant query for the counters themselves, in the place of how fast they grow"""
    return query._replace(kind="instant", expr=re.sub(
        r"\b(?:rate|increase)\(([^()\[]*)\[\$__rate_interval\]\)", r"\1", query.expr))


def without_data(prometheus, dashboard, chosen):
    """Runs all queries. Returns the faults: which of them fail, or return nothing."""
    variables = values(dashboard, chosen)
    for query in queries(dashboard):
        try:
            found = prometheus.run(replaced(query, variables))
        except (KeyError, Refused) as error:
            yield f"{query.title} {query.ref}: {error!r}"
            continue
        if not found or any(math.isnan(value) for _, value in found):
            yield f"{query.title} {query.ref}: no data: {query.expr}"


def sums(pools, key, classes=None, verdicts=("blocked",)):
    """The packets of these classes and verdicts, by what `key` makes of pool, class and verdict"""
    found = collections.Counter()
    for pool in pools:
        for name, counters in pool["packets"].items():
            for verdict in verdicts:
                if not classes or name in classes:
                    found[key(pool["name"], name, verdict)] += counters[verdict]
    return found


def by_pool(name, *_):
    return (name,)


def numbers(pools, status):
    """What the panels have to show of `pool show` and `status`, by title and letter: the labels,
    but for instance, and a dictionary from their values to numbers."""
    blocked = ("blocked", "observed")
    tried = sums(pools, by_pool, verdicts=blocked).most_common(10)
    applied = {}
    if status["applied"]:
        when = datetime.datetime.fromisoformat(status["applied"].replace("Z", "+00:00"))
        applied[()] = when.timestamp() * 1000
    modes = collections.Counter((pool["mode"],) for pool in pools)
    found = {
        ("Pools by mode", "A"): (("mode",), modes),
        ("Policy changed", "A"): ((), applied),
        ("annotation Policy changes", ""): ((), applied),
        ("Unconfirmed", "A"): ((), {(): status["confirm"] is not None}),
        ("Version", "A"): (("version",), {(status["version"],): 1}),
        ("Pools", "A"): (("pool", "vrf", "mode", "action"), {
            (pool["name"], pool["vrf"] or "", pool["mode"], pool["action"]): 1 for pool in pools}),
        ("Senders by pool", "A"): (("pool",), {
            (pool["name"],): pool["senders"] for pool in pools if pool["senders"] is not None}),
        ("Blocked by pool", "A"): (("pool",), sums(pools, by_pool)),
        ("Observed by pool", "A"): (("pool",), sums(pools, by_pool, verdicts=("observed",))),
        ("Top pools", "A"): (("pool",), dict(tried)),
        ("Classes", "A"): (("class", "verdict"),
                           sums(pools, lambda *key: key[1:], verdicts=blocked)),
        ("Malformed by pool", "A"): (("pool",), sums(pools, by_pool, ("malformed",), blocked)),
        ("Relayed by pool", "A"): (("pool",), sums(pools, by_pool, verdicts=("relayed",))),
        ("Exempted by pool", "A"): (("pool",), sums(pools, by_pool, verdicts=("exempted",))),
        ("Relays and targets", "A"): ((), {(): status["relays"]}),
        ("Relays and targets", "B"): ((), {(): status["targets"]}),
        ("Sessions", "A"): ((), {(): status["sessions"]}),
        ("Generation", "A"): ((), {(): status["generation"]}),
    }
    for ref, count in zip("BCDE", ("prefixes", "exempts", "relays", "targets")):
        found["Pools", ref] = (("pool",), {(pool["name"],): pool[count] for pool in pools})
    found["Pools", "F"] = found["Senders by pool", "A"]
    found["Pools", "G"] = found["Blocked by pool", "A"]
    found["Pools", "H"] = found["Observed by pool", "A"]
    return found


def nonzero(counts):
    """Classes that have counted nothing may have no series."""
    return {labels: value for labels, value in counts.items() if value}


def different(prometheus, dashboard, chosen, pools, status):
    """Compares the panels with what the command shows of one router, which has to be chosen. Where
    they show the rate of a counter, the counter is compared. Returns the faults: panels that show
    something else, or that are not in the dashboard."""
    variables = values(dashboard, chosen)
    if "pool" in chosen:
        pools = [pool for pool in pools if pool["name"] in chosen["pool"]]
    wanted = numbers(pools, status)
    for query in queries(dashboard):
        labels, expected = wanted.pop((query.title, query.ref), (None, None))
        if expected is None:
            continue
        shown = collections.Counter()
        for metric, value in prometheus.run(replaced(counted(query), variables)):
            shown[tuple(metric.get(label, "") for label in labels)] += value
        if nonzero(shown) != nonzero(expected):
            yield f"{query.title} {query.ref}: {nonzero(shown)}, not {nonzero(expected)}"
    for title, ref in wanted:
        yield f"{title} {ref} is not in the dashboard"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dashboard", type=load)
    parser.add_argument("url", type=Prometheus, help="of Prometheus")
    parser.add_argument("--variable", action="append", default=[], metavar="NAME=VALUE[,VALUE...]",
                        help="All, unless given; __rate_interval is 1m")
    parser.add_argument("--pools", type=load, help="what `op25bctl -j pool show` has printed")
    parser.add_argument("--status", type=load, help="what `op25bctl -j status` has printed")
    options = parser.parse_args()
    chosen = {}
    for text in options.variable:
        name, _, value = text.partition("=")
        chosen[name] = value if name.startswith("__") else value.split(",")
    if (options.pools is None) != (options.status is None):
        parser.error("--pools and --status belong together")
    if options.pools is not None and len(chosen.get("instance", ())) != 1:
        parser.error("what is compared is that of one router: --variable instance=NAME")
    faults = list(without_data(options.url, options.dashboard, chosen))
    if options.pools is not None:
        faults += different(options.url, options.dashboard, chosen, options.pools, options.status)
    for fault in faults:
        print(fault)
    print(f"{len(list(queries(options.dashboard)))} queries, {len(faults)} faults")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
