# SPDX-License-Identifier: GPL-2.0
"""The alerts of tools/prometheus/op25b.rules.yml, and promtool, which tests one of them at a time
with its part of rules.test.yml. All at once would take longer, because promtool evaluates every
alert for every test."""
import pathlib
import subprocess

import yaml

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
PROMTOOL = pathlib.Path(subprocess.run([TOP / "tests/monitoring/fetch-prometheus"], check=True, text=True,
                                       stdout=subprocess.PIPE).stdout.strip()) / "promtool"


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


ALERTS = {rule["alert"]: rule for group in load(TOP / "tools/prometheus/op25b.rules.yml")["groups"]
          for rule in group["rules"]}
TESTS = load(HERE / "rules.test.yml")["tests"]


def expectations(alert):
    """The tests that expect anything of an alert, without what they expect of others"""
    for test in TESTS:
        expected = [one for one in test["alert_rule_test"] if one["alertname"] == alert]
        if expected:
            yield {**test, "alert_rule_test": expected}


def promtool(rule, folder):
    """promtool test rules, for a rule, which may be a mutation"""
    (folder / "rules.yml").write_text(
        yaml.dump({"groups": [{"name": "op25b", "rules": [rule]}]}), encoding="utf-8")
    (folder / "test.yml").write_text(
        yaml.dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m",
                   "tests": list(expectations(rule["alert"]))}), encoding="utf-8")
    return subprocess.run([PROMTOOL, "test", "rules", folder / "test.yml"], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
