# SPDX-License-Identifier: GPL-2.0
"""A client of the netlink family: nl-client, which sends any message, valid or not."""
import errno
import json
import os
import subprocess

from header import NUMBERS

CMD = {name.removeprefix("OP25B_CMD_"): number for name, number in NUMBERS.items()
       if name.startswith("OP25B_CMD_")}
# The extack of a refusal names a missing attribute since Linux 6.1 (NLMSGERR_ATTR_MISS_TYPE), and its
# text may have arguments since 6.2 (NL_SET_ERR_MSG_FMT).
LINUX = tuple(map(int, os.uname().release.split("-")[0].split(".")[:2]))
NAMES_MISSING, FORMATS_TEXT = LINUX >= (6, 1), LINUX >= (6, 2)
PROGRAM = "/usr/local/bin/nl-client"


class Client:
    """The program: each command is a line, each answer a line of JSON."""

    def __init__(self, host, *words):
        with host:
            self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            text=True, bufsize=1)

    def __call__(self, line):
        self.process.stdin.write(line + "\n")
        answer = self.process.stdout.readline()
        assert answer, f"no answer to: {line}"
        return json.loads(answer)

    def do(self, command, attributes=""):
        """Send a message that has to succeed."""
        answer = self(f"do {CMD[command]} {words(attributes)[0]}")
        assert (answer["error"], answer["text"]) == (0, None), answer

    def refused(self, command, attributes, code, text=None, missing=None):
        """Send a message that has to be refused and to change nothing. text may be a pair: the
        formatted text, and the plain one for kernels that cannot format it."""
        if isinstance(text, tuple):
            text = text[0 if FORMATS_TEXT else 1]
        missing = NUMBERS[f"OP25B_A_{missing}"] if missing and NAMES_MISSING else 0
        before = self("status")
        line, offset = words(attributes)
        answer = self(f"do {CMD.get(command, command)} {line}")
        found = (errno.errorcode.get(answer["error"]), answer["text"], answer["offset"],
                 answer["missing"])
        assert found == (errno.errorcode[code], text, offset, missing), f"{command} {attributes}: {found}"
        assert self("status") == before, f"{command} {attributes}"

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=60) == 0


def words(attributes):
    """Translate attributes from names to numbers, as the program takes them. Also returns the offset
    in the message of the attribute marked with an exclamation mark, or 0."""
    result, culprit, position, nests = [], 0, 20, ["OP25B_A_"]
    sizes = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}
    for word in attributes.split():
        if word in ("]", ")"):
            nests.pop()
            result.append(word)
            continue
        if word.startswith("!"):
            word, culprit = word[1:], position
        name = word.rstrip("[(").split(":")[0]
        rest = word[len(name):]
        if not name.isdigit():
            number = str(NUMBERS[nests[-1] + name])
        else:
            number = name
        result.append(number + rest)
        if rest in ("[", "("):
            # a prefix, in whatever it is
            nests.append("OP25B_A_SESSION_" if name == "SESSION" else "OP25B_A_PREFIX_")
            length = 0
        else:
            kind, value = rest[1:].split(":", 1)
            if kind.isdigit():
                kind, value = value.split(":", 1)
            length = sizes.get(kind) or (len(value) + 1 if kind == "s" else len(value) // 2)
        position += 4 + (length + 3) // 4 * 4
    return " ".join(result), culprit
