#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Make the policies and packets of the benchmark in nanoseconds, with tests/bench/data.py.

usage: data.py SET DIRECTORY [PREFIXES]

DIRECTORY/hot is the output of tests/bench/data.py: 4,096 packets of each kind. DIRECTORY/cold has 262,144
packets of each kind, so that lookups find little of the tree in the caches.
"""
import importlib.util
import os
import sys

COLD = 262144


def load(path):
    spec = importlib.util.spec_from_file_location('data', path)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    name, directory = sys.argv[1:3]
    data = load(f'{os.path.dirname(os.path.abspath(__file__))}/../data.py')
    if name.isdigit():
        prefixes = data.made_up(int(name), data.Draw(name))
        made = data.Set(4, prefixes, name)
    else:
        made = data.Set(int(name[-1]), data.read(sys.argv[3]), name)
    for order in 'hot', 'cold':
        os.makedirs(f'{directory}/{order}', exist_ok=True)
    made.write(f'{directory}/hot')
    data.PACKETS = COLD
    made.write_packets(f'{directory}/cold')


if __name__ == '__main__':
    main()
