#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Print the results of the benchmark in nanoseconds as a table.

usage: table.py RESULTS
       table.py --update DOCUMENT KERNEL RESULTS

With --update, it replaces the table between the two comments in DOCUMENT.
"""
import datetime
import re
import statistics
import sys

PART = 4096
SYSTEMS = ['floor', 'op25b', 'nft', 'ipset']

ROWS = [
    ('4,096 packets, repeated', [
        ('IPv4: TCP to 443', 'ipv4 hot tcp443'),
        ('IPv4: UDP', 'ipv4 hot udp'),
        ('IPv4: TCP ACK to port 25', 'ipv4 hot ack25'),
        ('IPv6: TCP to 443', 'ipv6 hot tcp443'),
        ('IPv6: UDP', 'ipv6 hot udp'),
        ('IPv6: TCP ACK to port 25', 'ipv6 hot ack25'),
        ('SYN to 25, real IPv4, sources inside the set', 'ipv4 hot inside'),
        ('SYN to 25, real IPv4, sources anywhere', 'ipv4 hot anywhere'),
        ('SYN to 25, real IPv6, sources inside the set', 'ipv6 hot inside'),
        ('SYN to 25, real IPv6, sources outside the set', 'ipv6 hot outside'),
        ('SYN to 25 to a relay, real IPv4', 'ipv4 hot relay'),
        ('SYN to 25 to a relay, real IPv6', 'ipv6 hot relay'),
        ('SYN to 25 blocked, 1 prefix', '1 hot inside'),
        ('SYN to 25 blocked, 1,000,000 prefixes', '1000000 hot inside'),
        ('SYN to 25 blocked, 1 prefix, from 64 senders', '1 hot few'),
        ('the same, and recorded', '1 hot few-recorded'),
        ('SYN to 25 blocked, 1 prefix, from 4,096 senders', '1 hot others'),
        ('the same, where 4,096 others are recorded', '1 hot others-recorded'),
    ]),
    ('262,144 packets, each from another source', [
        ('SYN to 25, real IPv4, sources inside the set', 'ipv4 cold inside'),
        ('SYN to 25, real IPv4, sources anywhere', 'ipv4 cold anywhere'),
        ('SYN to 25, real IPv6, sources inside the set', 'ipv6 cold inside'),
        ('SYN to 25, real IPv6, sources outside the set', 'ipv6 cold outside'),
        ('SYN to 25 blocked, 1,000,000 prefixes', '1000000 cold inside'),
    ]),
]


def read(path):
    """The nanoseconds per packet in each part of the runs; the latency of memory, by size in KiB; what
    is known of commands."""
    times, latency, commands = {}, {}, {}
    with open(path, encoding='ascii') as file:
        for line in file:
            system, *rest = line.split()
            if system == 'latency':
                latency.setdefault(int(rest[0]), []).append(int(rest[1]) / 1000)
            elif system == 'command':
                commands[rest[0]] = float(rest[1])
            else:
                times[system, ' '.join(rest[:3])] = [int(ns) / PART for ns in rest[3:]]
    return times, latency, commands


def number(value):
    return f'{value:,.0f}' if value >= 100 else f'{value:.1f}'


def show(times, system, key):
    """The median and the quartiles of the parts, less the median of the empty chain."""
    if (system, key) not in times:
        return ''
    empty = statistics.median(times['empty', key.removesuffix('-recorded')])
    low, middle, high = (value - empty for value in statistics.quantiles(times[system, key], n=4))
    return f'{number(middle)} ({number(low)}–{number(high)})'


def lines(times):
    """Lists of five texts; a list of one text is a heading."""
    for heading, rows in ROWS:
        block = []
        for label, key in rows:
            texts = [show(times, system, key) for system in SYSTEMS]
            if any(texts):
                block.append([label, *texts])
        if block:
            yield [heading]
            yield from block


def of_memory(latency):
    texts = []
    for kib, values in sorted(latency.items()):
        size = f'{kib} KiB' if kib < 1024 else f'{kib // 1024} MiB'
        before, after = values
        texts.append(f'{number(before)} and {number(after)} ns within {size}')
    return (f'Before and after the measurement, a read that depends on the previous one took '
            f'{", ".join(texts)}.')


def of_commands(commands):
    if not commands:
        return ''
    values = {name: f'{value:,.0f}' if name.startswith('reload') else number(value)
              for name, value in commands.items()}
    return (f'\nWith 1,000,000 prefixes loaded, adding 20,000 sessions took {values["sessions-batch"]} s with '
            f'one `op25bctl -b`, and {values["sessions-processes"]} s with 20,000 processes. `op25bctl '
            f'metrics` of 65,535 pools took {values["metrics"]} s. While `op25b-reload` replaced the module, '
            f'nothing was blocked for {values["reload-10000"]} ms with 10,000 prefixes, and for '
            f'{values["reload-1000000"]} ms with 1,000,000.\n')


def print_text(table, latency, commands):
    rows = [['', *SYSTEMS]] + [line for line in table if len(line) > 1]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for line in [rows[0]] + table:
        if len(line) == 1:
            print(f'\n{line[0]}')
        else:
            texts = [text.rjust(width) for text, width in zip(line[1:], widths[1:])]
            print(line[0].ljust(widths[0]), *texts, sep='  ')
    print(f'\n{of_memory(latency)}\n{of_commands(commands)}', end='')


def markdown(table, latency, commands):
    text = f'| | {" | ".join(SYSTEMS)} |\n| --- |{" ---: |" * len(SYSTEMS)}\n'
    for line in table:
        if len(line) == 1:
            text += f'| **{line[0]}** |{" |" * len(SYSTEMS)}\n'
        else:
            text += f'| {" | ".join(line)} |\n'
    return f'{text}\n{of_memory(latency)}\n{of_commands(commands)}'


def processor():
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        for line in file:
            name, _, value = line.partition(':')
            if name.strip() == 'model name':
                return value.strip()
    return 'an unknown processor'


def update(document, kernel, text):
    with open(document, encoding='utf-8') as file:
        old = file.read()
    text = (f'{datetime.date.today().isoformat()}, user-mode Linux, {kernel}, on {processor()}, '
            f'`make bench-native`, nanoseconds a packet:\n\n{text}')
    new, found = re.subn(r'(<!-- native -->\n).*(<!-- end native -->\n)',
                         lambda match: match[1] + text + match[2], old, flags=re.DOTALL)
    if not found:
        sys.exit(f'table: {document}: no place for the figures')
    with open(document, 'w', encoding='utf-8') as file:
        file.write(new)


def main():
    if len(sys.argv) == 2:
        times, *more = read(sys.argv[1])
        print_text(list(lines(times)), *more)
    elif len(sys.argv) == 5 and sys.argv[1] == '--update':
        times, *more = read(sys.argv[4])
        update(sys.argv[2], sys.argv[3], markdown(list(lines(times)), *more))
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main()
