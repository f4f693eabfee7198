#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Values, attributes and operations of the netlink family, and objects of the command, are named in
several files. Where a file would compile without one of them, this script looks whether it has it.
It needs no guest."""
import glob
import os
import re
import subprocess
import sys

TOP = os.path.realpath(f"{os.path.dirname(__file__)}/../..")
os.chdir(TOP)
subprocess.run(["tests/guest/install-deps", "python3-pytest", "python3-yaml", "python3-jsonschema"],
               check=True)
sys.path.insert(0, "tests/vm")
sys.dont_write_bytecode = True
import yaml     # pylint: disable=wrong-import-position
from header import NUMBERS  # pylint: disable=wrong-import-position

COMMAND = "tools/op25bctl/*.c"
OPERATIONS = "op25b_netlink_*.c"
GENERATOR = "tests/fuzz/netlink/generate.c"

missing = []


def text_of(pattern):
    """The text of all files of this name."""
    found = ""
    for name in sorted(glob.glob(pattern)):
        with open(name, encoding="utf-8") as file:
            found += file.read()
    assert found, pattern
    return found


def part(pattern, start, end):
    """What lies between two expressions in a file."""
    found = re.search(f"{start}(.*?){end}", text_of(pattern), re.S)
    if not found:
        missing.append(f"{pattern}: nothing between {start} and {end}")
    return found[1] if found else ""


def constant(name):
    return name.upper().replace("-", "_")


def need(word, where, text, pattern=r"(?<![\w-]){}(?![\w-])"):
    if not re.search(pattern.format(re.escape(word)), text):
        missing.append(f"{where}: {word} is missing")


def values(enum):
    """The words of an enum, in lower case, without its bounds."""
    start = f"OP25B_{enum}_"
    names = (name.removeprefix(start) for name in NUMBERS if name.startswith(start))
    return [name.lower().replace("_", "-") for name in names
            if name not in ("MAX", "MASK", "UNSPEC", "PAD")]


MAN = "docs/op25bctl.8.scd"
COMPLETION = "tools/op25bctl/completion"
DICTIONARY = "tests/fuzz/restore.dict"
POOL_GRAMMAR = part("tools/op25bctl/pool.c", r"\.grammar =", r"\.help =")
POOL_HELP = part("tools/op25bctl/pool.c", r"\.help =", r"\n};")

# --- values that the command takes ---

for enum, completions in {"MODE": [r"\*,pool,\*,mode\)"], "ACTION": [r"\*,pool,\*,action\)"],
                          "GUARD": [r"\*,pool,add,guard\)", r"\*,pool,set,guard\)"]}.items():
    for value in values(enum):
        for line in completions:
            need(value, COMPLETION, part(COMPLETION, line + r" choice=\(", r"\)"))
        need(value, MAN, text_of(MAN), r"\*{}\*")
        need(value, DICTIONARY, text_of(DICTIONARY), '"{} "')
        need(value, "tools/op25bctl/pool.c", POOL_HELP)
        need(value, "CHANGELOG.md", text_of("CHANGELOG.md"), "`{}`")
for enum in ("MODE", "ACTION"):
    for value in values(enum):
        need(value, "docs/sysfs.md", text_of("docs/sysfs.md"), "`{}`")
for value in values("ACTION"):
    need(value, "tests/vm/conftest.py", part("tests/vm/conftest.py", r"ACTIONS = \(", r"\)"))

# --- room for lists of words ---


def fits(words, separator, where, array, text=None):
    """A list that does not fit would be cut."""
    for size in re.findall(rf"\bchar {array}\[(\d+)\]", text or text_of(where)):
        if len(separator.join(words)) >= int(size):
            missing.append(f"{where}: {array} is too short for {separator.join(words)}")


OBJECTS = re.findall(r"^const struct object (\w+)_object = {", text_of(COMMAND), re.M)
fits(values("GUARD"), ",", "tools/op25bctl/pool.c", r"text\[CELLS\]")
fits(values("GUARD"), ", ", "tools/op25bctl/pool.c", "expected")
for enum in ("MODE", "ACTION"):
    fits(values(enum), ", ", "tools/op25bctl/change.c", "expected")
fits(OBJECTS, ", ", "tools/op25bctl/choices.c", "expected")

# --- what the verdict depends on: in the module, and in the model that the unit tests compare ---

for name in [f"OP25B_{enum}_{constant(value)}" for enum in ("GUARD", "VERDICT")
             for value in values(enum)] + \
            [f"OP25B_CLASS_{constant(kind)}" for kind in values("A_PACKETS")]:
    need(name, "op25b_judge.[ch]", text_of("op25b_judge.[ch]"))
    need(name, "tests/unit/model.c", text_of("tests/unit/model.c"))
    if not name.startswith("OP25B_GUARD_") and name != "OP25B_VERDICT_PASSED":
        for macro in ("TRACE_DEFINE_ENUM\\({}\\)", r"{{ {}, "):
            need(name, "op25b_trace.h", text_of("op25b_trace.h"), macro)

# --- counters ---

for verdict in values("A_VERDICTS"):
    need(verdict, "op25b_sysfs.c", text_of("op25b_sysfs.c"), r"POOL_ATTRIBUTE\({}, number\)")
    need(verdict, "op25b_sysfs.c", text_of("op25b_sysfs.c"), r"\t&{}_attribute\.attr,")
    need(verdict, "docs/sysfs.md", text_of("docs/sysfs.md"), r"`pools/NAME/{}`")
    need(verdict, MAN, text_of(MAN), r"\*{}\*")
    need(verdict, "tests/vm/conftest.py", part("tests/vm/conftest.py", r"VERDICTS = \(", r"\)"))
for kind in values("A_PACKETS"):
    need(kind, MAN, text_of(MAN), r"\*{}\*")
    need(kind, "docs/sysfs.md", text_of("docs/sysfs.md"), "`{}`")
    need(kind, "tests/vm/conftest.py", part("tests/vm/conftest.py", r"CLASSES = \(", r"\)"))

# --- operations and their attributes ---

SPEC = yaml.safe_load(text_of("docs/op25b.yaml"))
SETS = {one["name"]: [attribute["name"] for attribute in one["attributes"]]
        for one in SPEC["attribute-sets"]}
# What the fuzzer's generator leaves out. Mutations of messages have it.
NOT_GENERATED = {"restore"}

asked, told, heard = set(), set(), set()
for operation in SPEC["operations"]["list"]:
    name = constant(operation["name"])
    need(f"OP25B_CMD_{name}", COMMAND, text_of(COMMAND))
    heard |= set(operation.get("event", {}).get("attributes", []))
    if "event" not in operation:
        need(f"OP25B_CMD_{name}", GENERATOR, text_of(GENERATOR), r"\[{}\] =")
    for how in ("do", "dump"):
        asked |= set(operation.get(how, {}).get("request", {}).get("attributes", []))
        told |= set(operation.get(how, {}).get("reply", {}).get("attributes", []))
for name in sorted(asked | told):
    for where in (OPERATIONS, COMMAND):
        need(f"OP25B_A_{constant(name)}", where, text_of(where))
for name in sorted(heard):
    for where in ("op25b_*.c", COMMAND):
        need(f"OP25B_A_{constant(name)}", where, text_of(where))
for name in sorted(told - {"packets"}):
    need(f"OP25B_A_{constant(name)}", "tests/vm/nl-client.c", text_of("tests/vm/nl-client.c"))
for name in sorted(asked - NOT_GENERATED):
    need(f"A({constant(name)})", GENERATOR, text_of(GENERATOR), "{}")
    need(f"case OP25B_A_{constant(name)}:", GENERATOR, text_of(GENERATOR), "{}")
for name in SETS["prefix"]:
    for where in ("op25b_netlink_attr.c", COMMAND, GENERATOR):
        need(f"OP25B_A_PREFIX_{constant(name)}", where, text_of(where))

changes = part("op25b_netlink_change.c", r"change_ops\[\] = {", r"\n};")
for name in re.findall(r"ADMIN\((\w+), \w+, change\)", text_of("op25b_netlink.c")):
    need(f"[OP25B_CMD_{name}] =", "op25b_netlink_change.c", changes, "{}")

OUTDATED = "tools/op25bctl/outdated.c"
for name in sorted(asked):
    need(f"[OP25B_A_{constant(name)}] = ", OUTDATED, text_of(OUTDATED), "{}")

# --- what a pool is given when it is added, and settings: what pool set takes ---

POOL_C = "tools/op25bctl/pool.c"
for verb in ("add", "set"):
    for operation in SPEC["operations"]["list"]:
        if operation["name"] == f"pool-{verb}":
            taken = set(operation["do"]["request"]["attributes"]) - \
                {"pool", "prefix", "force", "restore"}
    for name in sorted(taken):
        for where in ("op25b_netlink.c", "op25b_netlink_change.c", "op25b_netlink_read.c",
                      "tools/op25bctl/change.c", "tools/op25bctl/read.c"):
            need(f"OP25B_A_{constant(name)}", where, text_of(where))
        need(name, COMPLETION, part(COMPLETION, rf"\*,pool,{verb},\*\) choice=\(", r"\)"))
        need(f"*{name}*", MAN, part(MAN, rf"\n\*pool {verb}\*", r"\n"), r"\[{} [_*]")
        need(name, DICTIONARY, text_of(DICTIONARY), '"{} "')
        need(name, POOL_C, POOL_GRAMMAR)
        need(name, POOL_C, part(POOL_C, r"\nstatic json_t \*pool_json", r"\n}"), r'"{}"')
        if verb == "set":
            need(name, POOL_C, part(POOL_C, "#define SETTINGS", "\n"))
            need(f"change->{name}", POOL_C, part(POOL_C, r"\nstatic int parse_set", r"\n}"),
                 r"{}(?!\w)")
            need(f".{name} =", "tests/unit/test_table.c",
                 part("tests/unit/test_table.c", r"random_settings\(void\)", r"\n}"), "{}")

# --- objects of the command ---

for name in OBJECTS:
    need(f"&{name}_object,", "tools/op25bctl/command.c",
         part("tools/op25bctl/command.c", r"objects\[\] = {", "};"), "{}")
    need(name, COMPLETION, part(COMPLETION, "local objects='", "'"))
    need(name, MAN, text_of(MAN), r"\n\*{}[* ]")
    need(name, DICTIONARY, text_of(DICTIONARY), '"{} "')

# --- what the tables of docs/contributing.md name is there ---

GUIDE = "docs/contributing.md"
for row in re.findall(r"^\| `.*[./].*` \|.*\|.*\|$", text_of(GUIDE), re.M):
    files, what = row.split("|")[1:3]
    folder, named = "", ""
    for name in re.findall(r"`([^`]*)`", files):
        folder = os.path.dirname(name) or folder
        name = os.path.join(folder, os.path.basename(name).replace("NOUN", "*") or "*.[ch]")
        named += text_of(name)
    for name in re.findall(r"`(\w+)(?:\(\)|\[\])`", what):
        need(name, f"{GUIDE}, {files.strip()}", named)

for line in missing:
    print(f"lists: {line}")

# --- the header and its YAML spec, by the tests that need no guest ---

subprocess.run(["tests/guest/fetch-ynl"], check=True, stdout=subprocess.DEVNULL)
status = subprocess.run(
    [sys.executable, "-B", "-m", "pytest", "-q", "--no-header", "--tb=short", "--noconftest",
     "-p", "no:cacheprovider", "-W", "ignore",
     *("tests/vm/test_ynl.py::" + name for name in (
         "test_schema_accepts_it", "test_every_number_of_the_header", "test_everything_is_documented")),
     *("tests/vm/test_bounds.py::" + name for name in (
         "test_all_attributes_are_here", "test_the_last_value_is_here"))],
    env={**os.environ, "OP25B_BUILD": "build/none"}, check=False, stdout=subprocess.PIPE, text=True)
if status.returncode:
    print(status.stdout)
if missing or status.returncode:
    sys.exit("FAILED: lists")
print("lists: each value, attribute, operation and object is in each file that has to have it")
