"""One piece of a bundle, redacted: text by blocks of lines, anything else not at all. Pure.

A block never ends inside a private key, nor after a line whose end says that a number may go on; a longer one
ends anyway at `LONGEST_LINES`. A line that is longer than any program writes is left out, with a note:
cutting it could leave half a value that no detector knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agent.redaction.redactor import Redactor

BLOCK_LINES: Final = 200
LONGEST_LINES: Final = 2_000
LINE_CHARS: Final = 65_536
ENCODINGS: Final = ("utf-8", "cp949", "gb18030")  # the customers' logs: new ones, Korean, Chinese


class NotText(Exception):
    """The piece is no text that could be redacted."""


def redact_text(raw: bytes, redactor: Redactor) -> bytes:
    """The text in UTF-8 with a token for each value; `NotText` for what cannot be read as text."""
    lines = [_bounded(line) for line in _decoded(raw).split("\n")]
    return "\n".join(line for block in _blocks(lines) for line in redactor.redact_lines(block)).encode()


def _decoded(raw: bytes) -> str:
    if b"\0" in raw:
        raise NotText("no text")
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotText("no text in a known encoding")


def _bounded(line: str) -> str:
    return line if len(line) <= LINE_CHARS else f"[a line of {len(line)} characters is left out here]"


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    block: list[str] = []
    is_in_key = False
    for line in lines:
        block.append(line)
        if "PRIVATE KEY" in line:
            is_in_key = "BEGIN" in line and "END" not in line
        is_open = is_in_key or line.rstrip().endswith("-")
        if len(block) >= (LONGEST_LINES if is_open else BLOCK_LINES):
            yield block
            block = []
    if block:
        yield block
