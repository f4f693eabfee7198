# SPDX-License-Identifier: GPL-2.0
"""The numbers of the netlink family, read from the uapi header."""
import re


def numbers(text):
    """All names that a header defines as numbers, with their values."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    found = {name: int(value) for name, value in re.findall(r"#define\s+(\w+)\s+(\d+)\b", text)}
    for body in re.findall(r"\benum\b[^{;]*{(.*?)}", text, flags=re.S):
        number = -1
        for entry in filter(None, (" ".join(entry.split()) for entry in body.split(","))):
            name, _, value = map(str.strip, entry.partition("="))
            # A number, or an expression of earlier names: __OP25B_A_MAX - 1
            number = eval(value, {}, found) if value else number + 1    # pylint: disable=eval-used
            found[name] = number
    return found


with open("include/uapi/linux/op25b.h", encoding="utf-8") as text_of_header:
    NUMBERS = numbers(text_of_header.read())
