# SPDX-License-Identifier: GPL-2.0
"""A flood with a million prefixes loaded: `make load` runs this."""
import flood

MILLION = 1000000


def test_a_flood_with_a_million_prefixes(module):
    flood.flood(prefixes=MILLION, seconds=60)
