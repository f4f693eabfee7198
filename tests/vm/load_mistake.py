# SPDX-License-Identifier: GPL-2.0
"""A mistake ten lines before the end of a million prefixes: `make load` runs this."""
import time

MILLION = 1000000


def seconds(op25b, path):
    start = time.monotonic()
    result = op25b.run("restore", str(path))
    return time.monotonic() - start, result


def test_a_mistake_near_the_end(op25b, tmp_path):
    """The line is named in the time of a few restores: the one that fails, the search for the line,
    and before Linux 6.2 the question what it collides with, for which all prefixes are dumped."""
    lines = ["pool add p0", "pool add p1"]
    lines += [f"prefix add p{n % 2} 10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(MILLION)]
    path = tmp_path / "policy"
    path.write_text("\n".join(lines) + "\n")
    right, result = seconds(op25b, path)
    assert (result.returncode, result.stderr) == (0, "")

    lines[-10] = "prefix add p1 10.0.0.0"
    path.write_text("\n".join(lines) + "\n")
    wrong, result = seconds(op25b, path)
    assert (result.returncode, result.stderr) == \
        (2, f'{path}:{len(lines) - 9}: prefix 10.0.0.0/32 is in pool "p0"\n')
    print(f"a million prefixes: restore {right:.1f} s, naming a mistake {wrong:.1f} s")
    assert wrong < 8 * right
