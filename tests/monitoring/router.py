# SPDX-License-Identifier: GPL-2.0
"""A router whose counters grow with each scrape, and its metrics by HTTP, in the form of `op25bctl
metrics`. Pools and status are those of `op25bctl -j pool show` and `op25bctl -j status`."""
import datetime
import http.server
import pathlib
import re
import threading
import time

SOURCE = (pathlib.Path(__file__).resolve().parent.parent.parent /
          "tools/op25bctl/metrics.c").read_text(encoding="utf-8")
# What the command prints: the help of each metric
HELP = dict(re.findall(r'"(op25b_\w+)",[^;]*?"([A-Z][^"]*\.)"', SOURCE))
CLASSES = ("syn", "malformed", "synack", "inbound", "spoofed")
VERDICTS = ("blocked", "observed", "relayed", "exempted")
GUARDED = ("synack", "inbound", "spoofed")


def pool_of(name, mode="enforce", vrf=None, guard=(), senders=None):
    """A pool as `pool show` prints it"""
    return {"name": name, "vrf": vrf, "mode": mode, "action": "drop", "guard": list(guard),
            "log": None, "subscriber": 64,
            "prefixes": 2, "exempts": 1, "relays": 5, "targets": 3, "senders": senders,
            "packets": {one: dict.fromkeys(VERDICTS, 0) for one in CLASSES}}


def seconds(text):
    """A time as the command prints it, in seconds since 1970"""
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


class Router:
    """`pools` has pairs: a pool, and what each scrape adds to its counters, by class and verdict.
    `textfile`: whether its metrics come by a textfile of node_exporter, which adds its time."""

    def __init__(self, version, pools, textfile=False, **status):
        self.pools = [pool for pool, _ in pools]
        self.growth = {pool["name"]: growth for pool, growth in pools}
        self.textfile, self.grows = textfile, True
        self.scrapes = self.lost = 0
        self.status = {"version": version, "generation": 7, "applied": "2026-11-28T04:00:00Z",
                       "confirm": None, "relays": 2, "targets": 4, "sessions": 0, **status}
        router = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):       # pylint: disable=invalid-name
                text = router.scrape().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):      # pylint: disable=arguments-differ
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.instance = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def scrape(self):
        if self.grows:
            self.lost += 1
            for pool in self.pools:
                for (name, verdict), packets in self.growth[pool["name"]].items():
                    pool["packets"][name][verdict] += packets
        self.scrapes += 1
        text = self.metrics()
        if self.textfile:
            file = "/var/lib/prometheus/node-exporter/op25b.prom"
            text += ("# TYPE node_textfile_mtime_seconds gauge\n"
                     f'node_textfile_mtime_seconds{{file="{file}"}} {time.time() - 30}\n')
        return text

    def freeze(self):
        """Counters no longer grow."""
        self.grows = False

    def metrics(self):
        """What `op25bctl metrics` prints of the pools and the status"""
        lines = []

        def metric(name, samples):
            lines.append(f"# HELP {name} {HELP[name]}")
            lines.append(f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}")
            for labels, value in samples:
                text = ",".join(f'{label}="{value}"' for label, value in labels.items())
                lines.append(f"{name}{{{text}}} {value}" if labels else f"{name} {value}")

        status, pools = self.status, self.pools
        metric("op25b_info", [({"version": status["version"]}, 1)])
        metric("op25b_module_outdated", [({}, 0)])
        metric("op25b_policy_generation", [({}, status["generation"])])
        metric("op25b_policy_applied_timestamp_seconds", [({}, seconds(status["applied"]))])
        metric("op25b_policy_unconfirmed", [({}, int(status["confirm"] is not None))])
        for count in ("relays", "targets", "sessions"):
            metric(f"op25b_{count}", [({}, status[count])])
        metric("op25b_events_lost_total", [({}, self.lost)])
        metric("op25b_pool_info", [({"pool": pool["name"], "vrf": pool["vrf"] or "",
                                     "mode": pool["mode"], "action": pool["action"]}, 1)
                                   for pool in pools])
        for count in ("prefixes", "exempts", "relays", "targets"):
            metric(f"op25b_pool_{count}", [({"pool": pool["name"]}, pool[count]) for pool in pools])
        metric("op25b_pool_senders", [({"pool": pool["name"]}, pool["senders"]) for pool in pools
                                      if pool["senders"] is not None])
        metric("op25b_packets_total", [
            ({"pool": pool["name"], "class": name, "verdict": verdict}, packets)
            for pool in pools for name, counters in pool["packets"].items()
            if name not in GUARDED or name in pool["guard"] or any(counters.values())
            for verdict, packets in counters.items()])
        return "\n".join(lines) + "\n"
