"""The statements of a .sql file. Pure.

They are separated by semicolons, outside of strings, quoted names, comments and PostgreSQL's dollar quotes. The body
of a procedure or trigger holds semicolons of its own: a file that begins with the line
`-- one statement` is not divided. A backslash in a string is a character, but for MariaDB and E'...'.
"""

from __future__ import annotations

import re
from typing import Final

WHOLE: Final = "-- one statement"

_COMMON: Final = r"""
    | `[^`]*`
    | --[^\n]*
    | /\*.*?\*/
    | (?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?P=tag)
    | (?P<end>;)
"""
_STANDARD: Final = re.compile(
    r"""(?<![A-Za-z0-9_])[eE]'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*' | "(?:[^"]|"")*" """ + _COMMON,
    re.DOTALL | re.VERBOSE,
)
_MARIADB: Final = re.compile(
    r"""'(?:[^'\\]|''|\\.)*' | "(?:[^"\\]|""|\\.)*" | \#[^\n]*""" + _COMMON, re.DOTALL | re.VERBOSE
)
_COMMENTS: Final = re.compile(r"\s+|(?:--|\#)[^\n]*(?:\n|\Z)|/\*.*?\*/", re.DOTALL)


def statements(engine: str, text: str) -> list[str]:
    r"""The statements without the semicolons between them; what holds comments only is left out.

    >>> statements("sqlite", "INSERT INTO t VALUES ('a;b'); -- done; really\nDELETE FROM t;")
    ["INSERT INTO t VALUES ('a;b')", '-- done; really\nDELETE FROM t']
    """
    if text.lstrip().partition("\n")[0].strip() == WHOLE:
        return [text.strip()]
    found, start = [], 0
    for part in (_MARIADB if engine == "mariadb" else _STANDARD).finditer(text):
        if part["end"] is not None:
            found.append(text[start : part.start()])
            start = part.end()
    found.append(text[start:])
    return [each.strip() for each in found if not _is_empty(each)]


def _is_empty(text: str) -> bool:
    at = 0
    while match := _COMMENTS.match(text, at):
        at = match.end()
    return at == len(text)
