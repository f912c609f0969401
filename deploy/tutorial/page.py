"""A tutorial's Markdown -> steps, pure.

Theory of operation
-------------------
Fenced blocks of a page are steps, in their order:

- ```` ```console ```` holds a session: a line that begins with `$ ` is a command (`> ` goes on with
  it), the lines below it are what it must print, at least, in this order. `...` stands for anything.
- ```` ```sh ```` holds commands without output; a ```` ```output ```` block after it says what they
  must print.
- ```` ```sh background NAME ready=WORDS ```` starts a command that goes on; the page continues when
  it has printed WORDS. All are ended at the end of the page, in reverse order.
- ```` ```yaml file=NAME ```` (any language) writes the block into a file.

Other blocks are for reading only. An unknown word after the language is an error: a misspelt
`background` would otherwise hang the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_FENCE = re.compile(r"(?P<marks>```+)(?P<language>[A-Za-z0-9_+-]*)(?P<words>.*)")


class PageRefused(Exception):
    """The page is not written as a tutorial has to be; the message says where."""


@dataclass(frozen=True)
class Step:
    """One thing to do. `line` is where its block begins in the page."""

    line: int
    command: str = ""
    expected: tuple[str, ...] = ()
    background: str = ""
    ready: str = ""
    file: str = ""
    text: str = ""


@dataclass(frozen=True)
class _Block:
    line: int
    language: str
    words: str
    text: str


def read_page(text: str) -> list[Step]:
    """The steps of a page; `PageRefused` for a block that nobody would run as it is meant."""
    steps: list[Step] = []
    for block in _blocks(text):
        if block.language == "output":
            if not steps or not steps[-1].command or steps[-1].expected:
                raise PageRefused(f"line {block.line}: output without a command before it")
            steps[-1] = replace(steps[-1], expected=_lines(block.text))
        else:
            steps += _steps(block)
    return steps


def _blocks(text: str) -> list[_Block]:
    blocks: list[_Block] = []
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        match = _FENCE.fullmatch(lines[at])
        at += 1
        if not match:
            continue
        start = at
        while at < len(lines) and lines[at] != match["marks"]:
            at += 1
        if at == len(lines):
            raise PageRefused(f"line {start}: the block is not closed")
        body = "".join(f"{line}\n" for line in lines[start:at])
        blocks.append(_Block(start, match["language"], match["words"].strip(), body))
        at += 1
    return blocks


def _steps(block: _Block) -> list[Step]:
    if block.words.startswith("file="):
        return [Step(block.line, file=block.words.removeprefix("file="), text=block.text)]
    if block.words.startswith("background ") and block.language == "sh":
        name, _, ready = block.words.removeprefix("background ").partition(" ready=")
        if not ready or not name.isidentifier():
            raise PageRefused(f"line {block.line}: a background block reads `sh background NAME ready=WORDS`")
        return [Step(block.line, command=block.text, background=name, ready=ready)]
    if block.words:
        raise PageRefused(f"line {block.line}: `{block.words}` is not known here")
    if block.language == "sh":
        return [Step(block.line, command=block.text)]
    return _session(block) if block.language == "console" else []


def _session(block: _Block) -> list[Step]:
    steps: list[Step] = []
    for at, line in enumerate(block.text.splitlines(), start=1):
        if line.startswith("$ "):
            steps.append(Step(block.line + at, command=line[2:] + "\n"))
        elif not steps:
            raise PageRefused(f"line {block.line + at}: a console block begins with `$ `")
        elif line.startswith("> ") and not steps[-1].expected:
            steps[-1] = replace(steps[-1], command=steps[-1].command + line[2:] + "\n")
        elif line.strip():
            steps[-1] = replace(steps[-1], expected=(*steps[-1].expected, line))
    return steps


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.splitlines() if line.strip())


def first_missing(expected: tuple[str, ...], output: str) -> str | None:
    """The first expected line that `output` lacks, in order, or None. `...` in a line stands for anything."""
    printed = iter(output.splitlines())
    for line in expected:
        parts = [re.escape(part) for part in line.strip().split("...")]
        wanted = re.compile(".*".join(parts))
        if not any(wanted.fullmatch(given.strip()) for given in printed):
            return line
    return None
