# SPDX-License-Identifier: GPL-2.0
"""The commands of docs/monitoring.md about alerts and the dashboard, as they are written there, but
for where they write and to whom they talk"""
import http.server
import json
import os
import re
import subprocess
import threading

import pytest

from rules import ALERTS, PROMTOOL, TOP

TEXT = (TOP / "docs/monitoring.md").read_text(encoding="utf-8")


def blocks(section):
    """What is in ``` in a section"""
    text = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)[1]
    return re.findall(r"^```\n(.*?)^```\n", text, re.M | re.S)


@pytest.fixture(name="run")
def fixture_run(tmp_path):
    """Runs commands with files below tmp_path, where a script takes the place of systemctl."""
    systemctl = tmp_path / "bin/systemctl"
    systemctl.parent.mkdir()
    systemctl.write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/services\n', encoding="utf-8")
    systemctl.chmod(0o755)

    def run(commands, *replaced):
        for old, new in (("/etc/", f"{tmp_path}/etc/"), ("/var/", f"{tmp_path}/var/"), *replaced):
            commands = commands.replace(old, new)
        path = f"{systemctl.parent}:{PROMTOOL.parent}:{os.environ['PATH']}"
        subprocess.run(["sh", "-eu", "-c", commands], cwd=TOP, check=True,
                       env={**os.environ, "PATH": path, "TOKEN": "secret"})
    return run


def test_alerts(run, tmp_path):
    install, configuration, reload = blocks("Alerts")
    run(install)
    (tmp_path / "etc/prometheus/prometheus.yml").write_text(
        configuration.replace("/etc/", f"{tmp_path}/etc/"), encoding="utf-8")
    run(reload)
    assert (tmp_path / "services").read_text(encoding="utf-8") == "reload prometheus\n"
    # promtool is content with a pattern that finds nothing
    pattern = re.search(r"^- (.*)$", configuration, re.M)[1].replace("/etc/", "etc/")
    assert [file.name for file in tmp_path.glob(pattern)] == ["op25b.rules.yml"]


def test_alerts_are_listed():
    rows = re.findall(r"^\| (Op25b\w+) \| (\w+) \|", TEXT, re.M)
    assert rows == [(alert, rule["labels"]["severity"]) for alert, rule in ALERTS.items()]


def test_grafana(run, tmp_path):
    api, provider, install = blocks("Grafana")
    requests = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):      # pylint: disable=invalid-name
            length = int(self.headers["Content-Length"])
            requests.append((self.path, dict(self.headers), json.loads(self.rfile.read(length))))
            self.send_response(200)
            self.end_headers()

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        run(api, ("https://grafana.example", f"http://127.0.0.1:{server.server_port}"))
        server.shutdown()
    board = json.loads((TOP / "tools/grafana/op25b.json").read_text(encoding="utf-8"))
    (path, headers, body), = requests
    assert path == "/api/dashboards/db" and headers["Authorization"] == "Bearer secret"
    assert headers["Content-Type"] == "application/json"
    assert body == {"dashboard": board, "overwrite": True}

    run(install)
    folder = tmp_path / re.search(r"path: /(.*)", provider)[1]
    assert json.loads((folder / "op25b.json").read_text(encoding="utf-8")) == board
    assert (tmp_path / "services").read_text(encoding="utf-8") == "restart grafana-server\n"
