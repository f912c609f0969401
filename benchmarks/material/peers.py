"""Other programs over the same file with the same patterns: processor time of the child, lines a second."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

from wire.catalogue.dialect import compile_pattern
from wire.catalogue.model import Catalogue

LOOP_LINES = 400  # a plain loop of `re` is some thousand times slower
SEC_LINES = 4_000  # so is SEC


def patterns_of(catalogue: Catalogue) -> list[str]:
    """Every pattern without names of groups."""
    return [re.sub(r"\?P<\w+>", "", error.match[0].regex or "") for _, error in catalogue.codes()]


def read_floor(log: Path, count: int) -> float:
    """Reading into one buffer, and nothing else."""
    buffer = bytearray(1 << 20)
    started = time.process_time()
    with log.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
    return count / (time.process_time() - started)


def plain_loop(catalogue: Catalogue, lines: list[str]) -> float:
    """Every pattern on every line by `re`."""
    patterns = [compile_pattern(error.match[0].regex or "") for _, error in catalogue.codes()]
    started = time.process_time()
    for line in lines[:LOOP_LINES]:
        any(pattern.search(line) for pattern in patterns)
    return min(LOOP_LINES, len(lines)) / (time.process_time() - started)


def ripgrep(catalogue: Catalogue, log: Path, count: int) -> float | None:
    """`rg --count -f`: tells no more than how many lines match; None where it is not installed."""
    program = shutil.which("rg")
    if program is None:
        return None
    listed = log.with_suffix(".patterns")
    listed.write_text("\n".join(patterns_of(catalogue)) + "\n")
    return count / _seconds([program, "--count", "--no-config", "-j1", "-f", str(listed), str(log)])


def sec(catalogue: Catalogue, log: Path, lines: list[str]) -> float | None:
    """Debian's Simple Event Correlator with a rule for each code; None where it is not installed."""
    program = shutil.which("sec")
    if program is None:
        return None
    rules = log.with_suffix(".sec")
    rules.write_text(
        "\n".join(
            f"type=Single\nptype=RegExp\npattern={pattern}\ndesc={number}\naction=none\n"
            for number, pattern in enumerate(patterns_of(catalogue))
        )
    )
    short = log.with_suffix(".short")
    short.write_text("\n".join(lines[:SEC_LINES]) + "\n")
    command = [program, f"--conf={rules}", "--notail", "--debug=1"]
    empty = log.with_suffix(".empty")
    empty.write_text("")
    startup = _seconds([*command, f"--input={empty}"])
    seconds = _seconds([*command, f"--input={short}"])
    return min(SEC_LINES, len(lines)) / max(seconds - startup, 1e-3)


def _seconds(command: list[str]) -> float:
    """Processor seconds of a program, its output thrown away."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, nowhere, descriptor) for descriptor in (0, 1, 2)]
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, _, usage = os.wait4(pid, 0)
    os.close(nowhere)
    return usage.ru_utime + usage.ru_stime
