#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Draw the benchmark's results, with gnuplot, as SVG.

usage: plot.py RESULTS DIR

It writes DIR/packets.svg, what a packet costs; DIR/prefixes.svg, what a blocked SYN costs by the number of
prefixes; and DIR/loading.svg, what it costs to load prefixes, in instructions and in memory.
"""
import os
import subprocess
import sys

import table

SYSTEMS = {"op25b": "#1f5fa8", "nft": "#c8641e", "ipset": "#8a8a8a"}

HEAD = """\
set terminal svg size {size} font "Helvetica,13" background "white"
set output "{path}.new"
set border 3
set tics nomirror
set grid ytics linetype 1 linecolor "#dddddd"
set key below horizontal samplen 1
"""

BARS = """\
set style data histogram
set style histogram clustered gap 1
set style fill solid border -1
set boxwidth 0.9
set xtics scale 0
set yrange [0:*]
"""


def draw(path, size, commands):
    """Have gnuplot carry out the commands; the drawing takes the place of the one before at the end."""
    subprocess.run(["gnuplot"], input=HEAD.format(size=size, path=path) + commands, text=True,
                   check=True)
    os.replace(f"{path}.new", path)


def block(name, rows):
    """A data block of gnuplot: lists of words, of which "-" is none."""
    return f"${name} << END\n" + "".join(" ".join(map(str, row)) + "\n" for row in rows) + "END\n"


def number(values, system, key, unit=1):
    return values[system, key] / unit if (system, key) in values else "-"


def bars(name, values, rows, unit=1):
    """The data, and the arguments of plot, for a bar of each system: rows of label and measure"""
    data = block(name, [[f'"{label}"', *(number(values, system, key, unit) for system in SYSTEMS)]
                        for label, key in rows])
    plots = [f'${name} using {column}:xtic(1) title "{system}" linecolor "{colour}"'
             for column, (system, colour) in enumerate(SYSTEMS.items(), 2)]
    return data, "plot " + ", ".join(plots) + "\n"


def packets(path, values):
    ordinary, plot_ordinary = bars("ordinary", values, [
        ("TCP, IPv4", "ipv4 tcp443"), ("UDP, IPv4", "ipv4 udp"),
        ("TCP, IPv6", "ipv6 tcp443"), ("UDP, IPv6", "ipv6 udp")])
    syn, plot_syn = bars("syn", values, [("real IPv4", "ipv4 inside"), ("real IPv6", "ipv6 inside")])
    draw(path, "900,380", ordinary + syn + BARS + "set multiplot layout 1,2\n"
         'set title "A packet to another port"\nset ylabel "instructions"\n' + plot_ordinary +
         'set title "A SYN to port 25 that is blocked"\nunset ylabel\n' + plot_syn +
         "unset multiplot\n")


def prefixes(path, values):
    data = block("prefixes", [[size, *(number(values, system, f"{size} inside") for system in SYSTEMS)]
                              for size in table.SIZES])
    plots = [f'$prefixes using 1:{column} title "{system}" with linespoints linewidth 2 pointtype 7 '
             f'pointsize 0.5 linecolor "{colour}"'
             for column, (system, colour) in enumerate(SYSTEMS.items(), 2)]
    draw(path, "600,380", data + 'set title "A SYN to port 25 that is blocked"\n'
         'set xlabel "prefixes loaded"\nset ylabel "instructions"\nset logscale x 10\n'
         'set format x "10^{%T}"\nset yrange [0:*]\nset datafile missing "-"\n'
         "plot " + ", ".join(plots) + "\n")


def loading(path, values):
    rows = [("real IPv4", "ipv4"), ("real IPv6", "ipv6"), ("1,000,000", "1000000")]
    load, plot_load = bars("load", values, [(label, f"{key} load") for label, key in rows],
                           table.BILLION)
    memory, plot_memory = bars("memory", values, [(label, f"{key} memory") for label, key in rows],
                               table.MIB)
    draw(path, "900,380", load + memory + BARS + "set multiplot layout 1,2\n"
         'set title "Loading"\nset ylabel "{10^9} instructions"\n' + plot_load +
         'set title "Memory"\nset ylabel "MiB"\n' + plot_memory + "unset multiplot\n")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    values = table.read(sys.argv[1])
    for plot in (packets, prefixes, loading):
        plot(f"{sys.argv[2]}/{plot.__name__}.svg", values)


if __name__ == "__main__":
    main()
