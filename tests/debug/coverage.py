#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""coverage.py BUILD DIR...: reports which lines of the module were executed, according to gcov.

BUILD is the folder that the module was compiled in, and each DIR has the *.gcda files of one run. Writes
the sources to BUILD/coverage, each line with the number of its executions, prints the share of lines
executed in each file, and fails if

  - fewer than 95% of all lines were executed, or
  - a line that was not executed is not explained in tests/debug/uncovered, or
  - a line that is explained there was executed, or does not exist any more. (Those with a ~ before them
    may be executed: that is chance.)
"""
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ENOUGH = 95     # per cent
EXPLAINED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "uncovered")


def count(build, folder, counts):
    """Add the executions of one run to counts[file][line]."""
    with tempfile.TemporaryDirectory() as work:
        for root, _, names in os.walk(build):
            for name in names:
                if name.endswith(".gcno"):
                    shutil.copy(os.path.join(root, name), work)
        data = [name for name in os.listdir(folder) if name.endswith(".gcda")]
        if not data:
            sys.exit(f"coverage: no *.gcda in {folder}")
        for name in data:
            shutil.copy(os.path.join(folder, name), work)
        result = subprocess.run(["gcov", "--json-format", "--stdout", *sorted(data)], cwd=work,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                check=False)
        if result.returncode or "mismatch" in result.stderr:
            sys.exit(f"coverage: gcov: {result.stderr}")
    for text in result.stdout.splitlines():
        for file in json.loads(text)["files"]:
            path = os.path.relpath(os.path.join(build, file["file"]), build)
            if path.startswith("..") or not os.path.exists(os.path.join(build, path)):
                continue        # the kernel's own headers
            for line in file["lines"]:
                counts[path][line["line_number"]] += line["count"]


def functions(lines):
    """The name of the function that each line is in. The kernel's style shows where one begins."""
    name = ""
    for line in lines:
        start = re.match(r"[a-z].*?(\w+)\(", line)
        if start:
            name = start[1]
        yield name


def explained():
    """The explained lines, which are not indented and come before their reason, and how often each
    is there: those that are never executed, and those that may be."""
    never, perhaps, pending = collections.Counter(), collections.Counter(), False
    if not os.path.exists(EXPLAINED):
        return never, perhaps
    with open(EXPLAINED, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#") or not line.strip():
                continue
            if line[0].isspace():
                pending = False
            else:
                lines = perhaps if line[0] == "~" else never
                lines[line.removeprefix("~").strip()] += 1
                pending = True
    if pending:
        sys.exit(f"coverage: the last lines of {EXPLAINED} have no reason")
    return never, perhaps


def main(build, *folders):
    counts = collections.defaultdict(collections.Counter)
    for folder in folders:
        count(build, folder, counts)

    missing, present, executed, total = collections.Counter(), collections.Counter(), 0, 0
    report = os.path.join(build, "coverage")
    with open(report, "w", encoding="utf-8") as out:
        for path in sorted(counts):
            with open(os.path.join(build, path), encoding="utf-8") as file:
                lines = file.read().splitlines()
            names = list(functions(lines))
            for number, line in enumerate(lines, 1):
                times = counts[path].get(number)
                print(f"{'-' if times is None else times or '#####':>10} {path}:{number}: {line}",
                      file=out)
                if times is not None:
                    text = f"{path}: {names[number - 1]}(): {line.strip()}"
                    present[text] += 1
                    missing[text] += times == 0
            hit = sum(times > 0 for times in counts[path].values())
            print(f"{100 * hit / len(counts[path]):6.1f}% of {len(counts[path]):4} {path}")
            executed += hit
            total += len(counts[path])
    share = 100 * executed / total
    print(f"{share:6.1f}% of {total:4} lines; {report} has each")

    never, perhaps = explained()
    unexplained, wrong = missing - never - perhaps, (never - missing) + (perhaps - present)
    for line in unexplained.elements():
        print(f"coverage: not executed, not explained: {line}")
    for line in wrong.elements():
        print(f"coverage: explained, but executed or no longer there: {line}")
    if share < ENOUGH:
        print(f"coverage: less than {ENOUGH}%")
    return bool(share < ENOUGH or unexplained or wrong)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
