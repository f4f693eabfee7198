# SPDX-License-Identifier: GPL-2.0
"""The commands of docs/monitoring.md about alerts, as they are written there, but for where they
write"""
import os
import re
import subprocess

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
                       env={**os.environ, "PATH": path})
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
