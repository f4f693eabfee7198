# SPDX-License-Identifier: GPL-2.0
"""The alerts: each is tested by promtool, firing and not firing, and says what to do."""
import re

import pytest

from rules import ALERTS, TOP, expectations, promtool


@pytest.mark.parametrize("alert", ALERTS)
def test_fires_and_does_not(alert, tmp_path):
    expected = [one.get("exp_alerts") for test in expectations(alert)
                for one in test["alert_rule_test"]]
    assert any(expected) and not all(expected)
    done = promtool(ALERTS[alert], tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("alert", ALERTS)
def test_says_what_to_do(alert):
    """Severity, summary, description, and a runbook, which has a section of this name"""
    rule = ALERTS[alert]
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert rule["annotations"].keys() == {"summary", "description", "runbook"}
    file, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert anchor == alert.lower()
    text = (TOP / file).read_text(encoding="utf-8")
    section = re.search(f"^### {alert}\n(.+?)(?=^#|\\Z)", text, re.M | re.S)
    assert section and len(section[1]) > 80, f"{file} has no section {alert}"
