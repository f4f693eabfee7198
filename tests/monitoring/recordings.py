# SPDX-License-Identifier: GPL-2.0
"""What the stand-in for op25bctl says, and that this has the form of what the command prints."""

import ast
import json
import os
import re
import subprocess

TESTS = os.path.realpath(__file__ + '/../..')


def read():
    """Returns status and pools."""
    answers = []
    for name in ('status', 'pools'):
        with open(f'{TESTS}/monitoring/recordings/{name}.json', encoding='utf-8') as file:
            answers.append(json.load(file))
    return answers


def text(answer):
    """As the command prints it."""
    return json.dumps(answer, separators=(',', ':')) + '\n'


def run(*command):
    """What a command prints."""
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def printed(line):
    """What the command prints when it is called with these arguments, by its unit tests."""
    with open(TESTS + '/unit/test_cmd_show.c', encoding='utf-8') as file:
        calls = re.findall(rf'expect_json\("{line}",((?:\s*"(?:[^"\\]|\\.)*")+)\);', file.read())
    assert calls, line
    return [json.loads(ast.literal_eval(f'({call})')) for call in calls]


def same_form(one, other, path):
    """Checks that keys, their order and types are the same; null is of any type."""
    if one is None or other is None:
        return
    assert isinstance(one, type(other)), path
    if isinstance(one, dict):
        assert list(one) == list(other), f'{path}: {list(one)} is not {list(other)}'
        for key in one:
            same_form(one[key], other[key], f'{path}.{key}')
    elif isinstance(one, list):
        for first in one:
            for second in other:
                same_form(first, second, path + '[]')


def check():
    """Compares the recordings with what the unit tests expect of the command."""
    status, pools = read()
    for answer in printed('-j status'):
        same_form(status, answer, 'status')
    for answer in printed('--json pool') + printed('pool show east -j'):
        same_form(pools, answer, 'pools')
    assert status['pools'] == len(pools)
    assert status['prefixes']['ipv4'] + status['prefixes']['ipv6'] == sum(
        pool['prefixes'] for pool in pools)
