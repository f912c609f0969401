"""Catalogues and logs to measure on: synthetic, or real lines with their templates from a folder.

Synthetic: each code is a sentence with two variable parts; lines that are no fault share their words, so that
a prefilter has something to do. Faults repeat as they do in life: a few codes make most of the hits
(`spread="even"` draws every code alike, the worst case for folding).

A corpus folder holds `NAME/NAME_2k.log` with `NAME_2k.log_templates.csv` (EventId, EventTemplate, `<*>` for
what varies). The rarest templates become codes until a tenth of the lines is hit; synthetic codes fill up.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator
from pathlib import Path

from wire.catalogue.model import Catalogue, ErrorCode, Module, Pattern, Texts

WORDS = """
connection session patient invoice record queue worker timeout refused closed opened failed retry storage printer
ward reception billing prescription laboratory image database lock transaction commit rollback index table row
user ticket certificate socket request response upload download gateway proxy cache memory disk thread pool
""".split()  # noqa: SIM905  # forty words read better as a text
CORPUS_HITS = 0.1
_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")


def synthetic(codes: int, rng: random.Random) -> tuple[Catalogue, list[str]]:
    """A catalogue, and for each code a line that it hits."""
    patterns, hits = [], []
    for number in range(codes):
        words = [rng.choice(WORDS) for _ in range(6)]
        words[rng.randrange(6)] = f"{rng.choice(WORDS)}{number:x}"
        patterns.append(f"{' '.join(words[:3])} (?P<id>\\d+) {' '.join(words[3:])} after (?P<ms>\\d+) ms")
        hits.append(f"{' '.join(words[:3])} {number} {' '.join(words[3:])} after 30 ms")
    return catalogue_of(patterns), hits


def catalogue_of(patterns: list[str]) -> Catalogue:
    errors = [
        ErrorCode(code=f"E{number}", level=2, title=Texts(en="fault"), match=[Pattern(regex=pattern)])
        for number, pattern in enumerate(patterns)
    ]
    return Catalogue(product="bench", version="1", modules=[Module(code="M", name=Texts(en="module"), errors=errors)])


def lines_of(count: int, hits: list[str], share: float, rng: random.Random, spread: str = "life") -> Iterator[str]:
    """`count` lines of which `share` are faults."""
    for number in range(count):
        if rng.random() < share:
            at = rng.randrange(len(hits)) if spread == "even" else int(rng.paretovariate(1)) - 1
            text = hits[at % len(hits)]
        else:
            text = " ".join(rng.choice(WORDS) for _ in range(12))
        yield f"2026-11-24 10:00:{number % 60:02} INFO [worker-{number % 7}] {text}"


def unknown_lines(count: int, rng: random.Random) -> Iterator[str]:
    """Errors that no code knows, of some hundred kinds."""
    kinds = [" ".join(rng.choice(WORDS) for _ in range(8)) for _ in range(300)]
    for number in range(count):
        yield f"2026-11-24 10:00:{number % 60:02} ERROR [worker-{number % 7}] {rng.choice(kinds)} id={number}"


def corpus(folder: Path, codes: int, count: int, rng: random.Random) -> tuple[Catalogue, list[str]]:
    """Real lines in their own order, repeated to `count`, and a catalogue that hits about a tenth of them."""
    lines, templates = [], []
    for log in sorted(folder.glob("*/*_2k.log")):
        lines += log.read_text(encoding="utf-8", errors="replace").splitlines()
        with Path(f"{log}_templates.csv").open(encoding="utf-8", newline="") as file:
            templates += [row["EventTemplate"] for row in csv.DictReader(file)]
    patterns = _rare(lines, [_regex(template) for template in templates])
    filling, _ = synthetic(max(0, codes - len(patterns)), rng)
    patterns += [error.match[0].regex or "" for _, error in filling.codes()]
    return catalogue_of(patterns), [lines[number % len(lines)] for number in range(count)]


def _regex(template: str) -> str:
    parts = [_SPECIAL.sub(r"\\\g<0>", part) for part in re.split(r"(?:<\*>)+", template)]
    return ".*?".join(parts).removeprefix(".*?").removesuffix(".*?")


def _rare(lines: list[str], regexes: list[str]) -> list[str]:
    """The patterns with the fewest hits, none that hits more than a hundredth, up to a tenth of the lines together."""
    counted = []
    for regex in dict.fromkeys(regexes):
        search = re.compile(regex, re.ASCII).search
        hits = sum(1 for line in lines if search(line))
        if 0 < hits <= len(lines) / 100:
            counted.append((hits, regex))
    chosen, total = [], 0
    for hits, regex in sorted(counted):
        if total + hits > CORPUS_HITS * len(lines):
            break
        total += hits
        chosen.append(regex)
    return chosen
