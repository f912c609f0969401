"""What a collector says of a request -> lines for a person and an exit code. Pure; all of it is foreign text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from collector.relay.requests.words import obstacle_words, state_words
from terminal import Exit
from terminal.output import visible
from wire.sentence import Sentence, sentence

UNDER_WAY: Final = 3  # the exit code when no host has said its last word
OUTPUT_LINES: Final = 200
OUTPUT_CHARS: Final = 16_000
HOSTS: Final = 256
_SEQUENCE: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)?|\x1b[@-_]")


class Outcome(Struct, frozen=True):
    """The part of a result that a person looks at."""

    exit_code: int | None = None
    detail: str = ""
    output: str = ""


class Standing(Struct, frozen=True, kw_only=True):
    """One host."""

    agent: str
    hostname: str
    state: str
    obstacle: str = ""
    result: Outcome | None = None


class Progress(Struct, frozen=True, kw_only=True):
    """One request as the collector's API tells it; more fields may be there."""

    id: str
    site: str
    ticket: str = ""
    product: str
    action: str
    parameters: dict[str, str]
    reason: str
    is_draft: bool
    is_over: bool
    hosts: Annotated[list[Standing], Meta(max_length=HOSTS)]


def read_progress(said: object) -> Progress:
    """The answer of the API; `msgspec.ValidationError` when it is none."""
    return msgspec.convert(said, Progress)


def news(progress: Progress, told: dict[str, str]) -> Iterator[Sentence]:
    """A line for every host whose standing is not in `told` yet; `told` is brought up to date."""
    for host in progress.hosts:
        standing = f"{host.state} {host.obstacle}"
        if told.get(host.agent) != standing:
            told[host.agent] = standing
            name, state = one_line(host.hostname), state_words(one_line(host.state))
            if host.obstacle:
                why = obstacle_words(one_line(host.obstacle))
                yield sentence("{host}: {state}: {why}", host=name, state=state, why=why)
            else:
                yield sentence("{host}: {state}", host=name, state=state)


def one_line(text: str) -> str:
    """Foreign text that cannot begin a line of its own."""
    return visible(text).replace("\n", "\\n")


def output_of(host: Standing) -> list[str]:
    """What the program wrote, without terminal sequences, cut to a readable length."""
    if host.result is None or not host.result.output:
        return []
    plain = _SEQUENCE.sub("", host.result.output[:OUTPUT_CHARS]).replace("\r\n", "\n")
    lines = plain.rstrip("\n").split("\n")
    left = len(lines) - OUTPUT_LINES
    return lines if left <= 0 else [*lines[:OUTPUT_LINES], f"... {left}"]


def exit_code(progress: Progress) -> int:
    """0 when every host has done it, `UNDER_WAY` when one may still, 1 otherwise."""
    if not progress.is_over:
        return UNDER_WAY
    return Exit.DONE if all(host.state == "done" for host in progress.hosts) else Exit.FAILED
