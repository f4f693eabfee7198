# SPDX-License-Identifier: GPL-2.0
"""The test of tests/vm/load_flood.py with fewer prefixes, in a few seconds."""
import flood


def test_counters_are_exact_on_both_processors(module):
    flood.flood(prefixes=20000, seconds=6)
