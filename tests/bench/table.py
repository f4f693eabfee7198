#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Print the benchmark's results as a table.

usage: table.py RESULTS
       table.py --update DOCUMENT KERNEL RESULTS

With --update, it replaces the table between the two comments in DOCUMENT.
"""
import datetime
import re
import sys

SYSTEMS = ['floor', 'op25b', 'nft', 'ipset']
SIZES = ['1', '1000', '100000', '1000000']

MILLION, BILLION, MIB = 1e6, 1e9, 1024


def count(value):
    return f'{value:,.0f}'


def tenths(unit):
    def show(value):
        value /= unit
        digits = 0 if value >= 1000 else 1 if value >= 10 else 2
        return f'{value:,.{digits}f}'
    return show


# Blocks of rows: heading, unit, and for each row its label, the measure, and the limit to reach
ROWS = [
    ('Instructions a packet', None, [
        ('IPv4: TCP to 443', 'ipv4 tcp443', 105),
        ('IPv4: UDP', 'ipv4 udp', 90),
        ('IPv4: TCP ACK to port 25', 'ipv4 ack25', 110),
        ('IPv6: TCP to 443', 'ipv6 tcp443', 115),
        ('IPv6: UDP', 'ipv6 udp', 100),
        ('IPv6: TCP ACK to port 25', 'ipv6 ack25', 120),
        ('SYN to 25, real IPv4, sources inside the set', 'ipv4 inside', 300),
        ('SYN to 25, real IPv4, sources anywhere', 'ipv4 anywhere', 300),
        ('SYN to 25, real IPv4, sources outside the set', 'ipv4 outside', None),
        ('SYN to 25, real IPv6, sources inside the set', 'ipv6 inside', 375),
        ('SYN to 25, real IPv6, sources outside the set', 'ipv6 outside', 375),
        ('SYN to 25 to a relay, real IPv4', 'ipv4 relay', 330),
        ('SYN to 25 to a relay, real IPv6', 'ipv6 relay', None),
        ('SYN to 25 blocked, 1 prefix', '1 inside', 250),
        ('SYN to 25 blocked, 1,000 prefixes', '1000 inside', None),
        ('SYN to 25 blocked, 100,000 prefixes', '100000 inside', None),
        ('SYN to 25 blocked, 1,000,000 prefixes', '1000000 inside', None),
        ('more for a sender that is known, 1 prefix', '1 sender-known', 90),
        ('more for a sender that is known, real IPv4', 'ipv4 sender-known', None),
        ('more for a sender that is known, real IPv6', 'ipv6 sender-known', None),
        ('more for a new sender in a full set, 1 prefix', '1 sender-new', 200),
        ('more for a new sender in a full set, real IPv4', 'ipv4 sender-new', None),
        ('more for a new sender in a full set, real IPv6', 'ipv6 sender-new', None),
        ('more while pools belong to a VRF, 1 prefix', '1 vrf', 40),
        ('more for a packet that comes in a VRF, 1 prefix in each', '1 in-vrf', 40),
        ('more while there are sessions, 1 prefix', '1 session', None),
        ('more while there are sessions, real IPv4', 'ipv4 session', None),
        ('more while there are sessions, real IPv6', 'ipv6 session', None),
        ('factor from 1 to 1,000,000 prefixes', 'growth', 1.5),
    ]),
    ('Loading, 10⁹ instructions, command and kernel', BILLION, [
        ('real IPv4', 'ipv4 load', 1.2),
        ('real IPv6', 'ipv6 load', 1.4),
        ('real IPv4, already loaded', 'ipv4 again', None),
        ('real IPv6, already loaded', 'ipv6 again', None),
        ('1,000,000 prefixes', '1000000 load', None),
    ]),
    ('Adding one, 10⁶ instructions, command and kernel', MILLION, [
        ('a prefix, real IPv4 loaded', 'ipv4 one', 5),
        ('a prefix, real IPv6 loaded', 'ipv6 one', 5),
        ('an exempt, real IPv4 loaded', 'ipv4 one-exempt', 5),
        ('an exempt, real IPv6 loaded', 'ipv6 one-exempt', 5),
    ]),
    ('Adding or deleting an exempt, instructions, kernel alone', None, [
        (f'{what}, {label} loaded', f'{size} exempt-{key}', 100000)
        for key, what in (('add', 'added'), ('del', 'deleted'))
        for size, label in (('1', '1 prefix'), ('1000', '1,000'), ('100000', '100,000'),
                            ('1000000', '1,000,000'), ('ipv4', 'real IPv4'), ('ipv6', 'real IPv6'))
    ]),
    ('Sessions, 1,000,000 prefixes and 100,000 sessions loaded, instructions, kernel alone', None, [
        ('a session added', '1000000 session-add', 100000),
        ('a session deleted', '1000000 session-del', 100000),
    ]),
    ('Sessions, 10⁹ instructions, command and kernel', BILLION, [
        ('100,000 synchronised with none', '1000000 session-sync', None),
        ('100,000 synchronised with the same', '1000000 session-sync-again', None),
        ('20,000 added by one `op25bctl -b`', '1000000 session-batch', None),
        ('1,000 added by 1,000 processes', '1000000 session-processes', None),
    ]),
    ('Longest delay of a softirq, milliseconds, 1,000,000 prefixes', MILLION, [
        ('a process ends that has had 64 MiB', '1000000 late-process', None),
        ('restore again', '1000000 late-again', None),
        ('a pool is deleted', '1000000 late-pool-del', None),
        ('100,000 exempts expire', '1000000 late-expiry', None),
        ('everything is deleted', '1000000 late-flush', None),
        ('a namespace is removed', '1000000 late-namespace', None),
    ]),
    ('Memory, MiB', MIB, [
        ('real IPv4 and real IPv6 loaded', 'both memory', 32),
        ('real IPv4', 'ipv4 memory', None),
        ('real IPv6', 'ipv6 memory', None),
        ('1,000,000 prefixes', '1000000 memory', None),
        ('100,000 sessions', '1000000 memory-sessions', 16),
        ('a pool that records senders, 1 processor', '1 memory-senders', None),
        ('not freed when everything is deleted', '- memory-flushed', None),
        ('not freed when the modules are unloaded', '- memory-removed', None),
    ]),
]


def read(path):
    values = {}
    with open(path, encoding='ascii') as file:
        for line in file:
            system, *key, value = line.split()
            values[system, ' '.join(key)] = int(value)
    for system in SYSTEMS:
        one, million = values.get((system, '1 inside')), values.get((system, '1000000 inside'))
        if one and million and system != 'floor':
            values[system, 'growth'] = million / one
        # If they were not loaded together, take the sum
        parts = [values.get((system, f'{name} memory')) for name in ('ipv4', 'ipv6')]
        if None not in parts:
            values.setdefault((system, 'both memory'), sum(parts))
    return values


def lines(values):
    """Lists of six texts; a list of one text is a heading."""
    for heading, unit, rows in ROWS:
        block = []
        for label, key, bound in rows:
            show = tenths(unit) if unit else tenths(1) if key == 'growth' else count
            texts = [show(values[system, key]) if (system, key) in values else ''
                     for system in SYSTEMS]
            if any(texts):
                text = '' if bound is None else f'{bound:,}'
                if bound is not None and values.get(('op25b', key), 0) > bound * (unit or 1):
                    text += ' !'
                block.append([label, *texts, text])
        if block:
            yield [heading]
            yield from block


def print_text(table):
    titles = ['', *SYSTEMS, 'bound']
    rows = [titles] + [line for line in table if len(line) > 1]
    widths = [max(map(len, column)) for column in zip(*rows)]
    for line in [titles] + table:
        if len(line) == 1:
            print(f'\n{line[0]}')
        else:
            texts = [text.rjust(width) for text, width in zip(line[1:], widths[1:])]
            print(line[0].ljust(widths[0]), *texts, sep='  ')


def markdown(table):
    columns = len(SYSTEMS) + 1
    text = f'| | {" | ".join(SYSTEMS)} | bound |\n| --- |{" ---: |" * columns}\n'
    for line in table:
        if len(line) == 1:
            text += f'| **{line[0]}** |{" |" * columns}\n'
        else:
            text += f'| {" | ".join(line)} |\n'
    return text


def update(document, kernel, table):
    with open(document, encoding='utf-8') as file:
        old = file.read()
    today = datetime.date.today().isoformat()
    text = f'{today}, kernel {kernel}, `make bench`:\n\n{markdown(table)}'
    new, found = re.subn(r'(<!-- figures -->\n).*(<!-- end -->\n)',
                         lambda match: match[1] + text + match[2], old, flags=re.DOTALL)
    if not found:
        sys.exit(f'table: {document}: no place for the figures')
    with open(document, 'w', encoding='utf-8') as file:
        file.write(new)


def main():
    if len(sys.argv) == 2:
        print_text(list(lines(read(sys.argv[1]))))
    elif len(sys.argv) == 5 and sys.argv[1] == '--update':
        update(sys.argv[2], sys.argv[3], list(lines(read(sys.argv[4]))))
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main()
