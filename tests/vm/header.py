# SPDX-License-Identifier: GPL-2.0
"""The numbers of the netlink family, as the module's header has them."""
import re


def numbers(text):
    """Every name that a header gives a number, and that number."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    found = {name: int(value) for name, value in re.findall(r"#define\s+(\w+)\s+(\d+)\b", text)}
    for body in re.findall(r"\benum\b[^{;]*{(.*?)}", text, flags=re.S):
        number = -1
        for entry in filter(None, map(str.strip, body.split(","))):
            name, _, value = map(str.strip, entry.partition("="))
            # A number, or what others make: __OP25B_A_MAX - 1
            number = eval(value, {}, found) if value else number + 1    # pylint: disable=eval-used
            found[name] = number
    return found


with open("include/uapi/linux/op25b.h", encoding="utf-8") as text_of_header:
    NUMBERS = numbers(text_of_header.read())
