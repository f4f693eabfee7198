# SPDX-License-Identifier: GPL-2.0
"""How often the torture tests repeat what they do."""
import os

DEBUG = os.path.exists("/sys/kernel/debug/kmemleak")


def rounds(number):
    """This number, or a tenth of it in the debug kernel, which takes several times as long for each."""
    return number // 10 if DEBUG else number
