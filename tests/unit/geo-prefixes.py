#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Convert the address ranges of tor-geoipdb to prefixes, one per line: ADDRESS/LEN COUNTRY

usage: geo-prefixes.py {4|6} < RANGES > PREFIXES
"""
import socket
import sys


def number(text):
    if text.isdigit():
        return int(text)
    return int.from_bytes(socket.inet_pton(socket.AF_INET6, text), 'big')


def prefixes(first, last, bits):
    """The fewest prefixes that cover exactly the addresses from first to last."""
    while first <= last:
        length = bits - ((first & -first).bit_length() - 1 if first else bits)
        length = max(length, bits + 1 - (last - first + 1).bit_length())
        yield first, length
        first += 1 << (bits - length)


def main():
    if sys.argv[1:] not in (['4'], ['6']):
        sys.exit(__doc__)
    ipv6 = sys.argv[1] == '6'
    family, bits = (socket.AF_INET6, 128) if ipv6 else (socket.AF_INET, 32)
    before, out = -1, []
    for n, line in enumerate(sys.stdin, 1):
        if line.startswith('#') or not line.strip():
            continue
        first, last, country = line.strip().split(',')
        first, last = number(first), number(last)
        if not before < first <= last < 1 << bits:
            sys.exit(f'geo-prefixes: line {n}: not a range after the previous one')
        before = last
        for address, length in prefixes(first, last, bits):
            text = socket.inet_ntop(family, address.to_bytes(bits // 8, 'big'))
            out.append(f'{text}/{length} {country}\n')
    if not out:
        sys.exit('geo-prefixes: no ranges')
    sys.stdout.writelines(out)


if __name__ == '__main__':
    main()
