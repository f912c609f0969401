r"""Which lines belong to the record before them, for each language's stack traces. Pure.

A rule by its start (`record: {start: ...}`) is exact but has to be written. These know instead how a trace goes on:
frames, causes, goroutines, what is indented. Whatever is none of these begins a record, so a log
line is never swallowed because its shape was not foreseen, but for two: an exception's name right below
frames (`ends`), which looks like any word with a colon, and a blank line.

>>> find_starts(LANGUAGES["python"], ["up", "Traceback (most recent call last):", '  File "a"', "MyError: no", "on it"])
[0, 4]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

LanguageName = Literal["java", "python", "dotnet", "php", "node", "cpp", "go"]


class Language(NamedTuple):
    """`goes_on` matches the beginning of a line that belongs to the record, `ends` one that does right below such."""

    goes_on: re.Pattern[str]
    ends: re.Pattern[str] | None = None


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.ASCII)


_LEVEL: Final = r"(?!(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|CRITICAL|FATAL)\b)"
_INDENTED: Final = r"[ \t]"
_BLANK: Final = r"\s*$"

LANGUAGES: Final[dict[str, Language]] = {
    "java": Language(
        _any(
            _INDENTED,  # at, ... 12 more, Suppressed:
            r"(?:Caused by|Suppressed|Wrapped by): ",
            r"\[CIRCULAR REFERENCE",
            r"(?:[a-z_$][\w$]*\.)+(?:[\w$]+\.)*[A-Z][\w$]*(?:: |$)",  # java.lang.IllegalStateException: ...
            r"(?:; )?nested exception is ",
        )
    ),
    "python": Language(
        _any(
            _INDENTED,
            _BLANK,
            r"Traceback \(most recent call last\):",
            r"During handling of the above exception",
            r"The above exception was the direct cause",
            r"\[SQL: |\[parameters: |\(Background on this error at:",  # what SQLAlchemy adds
        ),
        _any(_LEVEL + r"[A-Za-z_][\w.]*(?:: |:?$)"),
    ),
    "dotnet": Language(
        _any(
            _INDENTED,  # at, ---> inner
            r"---> |--- End of ",
            r"(?:[A-Z]\w*\.)+[A-Z]\w*(?:`\d+)?(?: \(0x[0-9A-Fa-f]{8}\)|\s\(\d+\))?: ",
        )
    ),
    "php": Language(
        _any(
            _INDENTED,
            _BLANK,
            r"Stack trace:",
            r"\[(?:stacktrace|previous exception)\]",
            r"#\d+ ",
            r"Next [\w\\]+",
            r'"\}\s*$',
            r"\[[^\]]{8,40}\] PHP (?:Stack trace:|\s+\d+\. )",  # the log's own time stands before each line
            r"PHP (?:Stack trace:|\s+\d+\. )",
        )
    ),
    "node": Language(
        _any(_INDENTED, _BLANK, r"[}\])]+[,;]?$", r"Node\.js v\d", r"(?:Thrown at:|Caused by: )"),
        _any(r"(?:Uncaught )?(?:\w+\.)*\w*(?:Error|Exception)\b"),
    ),
    "cpp": Language(
        _any(
            _INDENTED,  # what():, frames
            r"#\d+\s",
            r"={3,} (?:Backtrace|Memory map): ={3,}",
            r"\S+\((?:\S*)\) ?\[0x[0-9a-f]+\]$",  # glibc's backtrace_symbols
            r"[0-9a-f]{8,16}-[0-9a-f]{8,16} [r-][w-][x-][ps] ",  # its memory map
            r"Aborted|Segmentation fault",
            r"(?:READ|WRITE) of size \d|(?:freed|previously allocated|allocated) by thread|SUMMARY: \w+Sanitizer",
            r"0x[0-9a-f]+ is located |==\d+==(?:ABORTING|HINT|Register values)|==\d+==\s{2,}",
            r"Thread \d+ |\[(?:New|Switching to) ",
            r"(?:Stack trace|Backtrace|Call stack)\b.{0,40}:$",
            r"Terminating due to uncaught",
        )
    ),
    "go": Language(
        _any(
            _INDENTED,
            _BLANK,
            r"goroutine \d+ ",
            r"created by ",
            r"\[signal ",
            r"exit status \d",
            r"\.\.\.(?:additional|\d+) frames? ",
            r"runtime stack:",
            r"(?:rax|rbx|rcx|rdx|rdi|rsi|rbp|rsp|r\d+|rip|rflags|[cfg]s)\s+0x",
        ),
        _any(r"[\w./~%-]+\.[\w.()*\[\]·]+\(.*\)(?: in goroutine \d+)?$"),
    ),
}


def find_starts(language: Language, lines: Sequence[str]) -> list[int]:
    """The places of the lines that begin a record."""
    goes_on, ends = language.goes_on.match, language.ends.match if language.ends else None
    starts: list[int] = []
    inside = False  # the line before belongs to a trace
    for at, line in enumerate(lines):
        if goes_on(line):
            inside = True
            continue
        if not (inside and ends is not None and ends(line)):
            starts.append(at)
        inside = False
    return starts
