"""Which encodings a log may have, and how bytes in them are cut into lines.

Everything that extends ASCII byte by byte, and UTF-16. Not what a byte stands for one thing here and
another there (UTF-7, HZ, ISO 2022), not what has other bytes for ASCII (EBCDIC), not UTF-32.

`auto` is UTF-16 where the first bytes say so, else UTF-8; lines that are none are read in the encoding that
`agent/logs/guess.py` finds in them, once it is certain.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from functools import cache
from typing import Final

from wire.sentence import Sentence, sentence

AUTO: Final = "auto"
_UNITS_MIN: Final = 7  # of UTF-16 without a mark, to be told from anything else
_ASCII_SHARE: Final = 0.2  # of its units at least: line ends, digits, blanks

_NOT_FOR_LOGS: Final = frozenset({"raw-unicode-escape", "punycode", "idna", "undefined", "mbcs", "oem"})


class EncodingRefused(Exception):
    """No log can be read in this encoding; `why` says what is wrong with the name."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True)
class Encoding:
    r"""How bytes are cut and decoded. `codec` is Python's name, `newline` the bytes of one `\n`."""

    codec: str
    newline: bytes = b"\n"
    by_mark: bool = False  # UTF-16 without a byte order in its name: the first two bytes of the file say it
    is_guessed: bool = False  # `auto`
    other: str = ""  # the codec of lines that are not in `codec`, as far as it was found out

    @property
    def unit(self) -> int:
        """Bytes of one code unit."""
        return len(self.newline)

    def for_head(self, head: bytes) -> Encoding:
        """The encoding of a file that begins with `head`: settles the byte order, little endian when unmarked."""
        if self.is_guessed:
            return _UTF_16.get(_order_of(head), self)
        if not self.by_mark:
            return self
        return _UTF_16["utf-16-be" if head.startswith(codecs.BOM_UTF16_BE) else "utf-16-le"]


_UTF_16: Final = {
    "utf-16": Encoding("utf-16-le", b"\n\0", by_mark=True),
    "utf-16-le": Encoding("utf-16-le", b"\n\0"),
    "utf-16-be": Encoding("utf-16-be", b"\0\n"),
}


@cache
def find_encoding(name: str) -> Encoding:
    """The encoding that Python calls `name`, or `auto`; raises `EncodingRefused` when it cannot be cut into lines."""
    if name.lower() == AUTO:
        return Encoding("utf-8", is_guessed=True)
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError) as error:
        raise EncodingRefused(sentence("the encoding {name} is not known", name=name)) from error
    codec = found.name.replace("_", "-")
    if codec in _UTF_16:
        return _UTF_16[codec]
    codec = "utf-8" if codec == "utf-8-sig" else codec
    if codec in _NOT_FOR_LOGS or not _extends_ascii(codec) or not _keeps_newlines(codec):
        problem = sentence("{name} is not an encoding that extends ASCII, and not UTF-16: it cannot be read", name=name)
        raise EncodingRefused(problem)
    return Encoding(codec)


def _order_of(head: bytes) -> str:
    r"""UTF-16's name with its byte order, by its mark or by the NUL in each ASCII character; empty for all else.

    >>> _order_of("2026 오류".encode("utf-16-be")), _order_of("2026 오류".encode())
    ('utf-16-be', '')
    """
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(mark):
            return name
    units = len(head) // 2
    first, second = head[0::2].count(0), head[1::2].count(0)
    if units >= _UNITS_MIN and max(first, second) >= max(units * _ASCII_SHARE, 8 * min(first, second)):
        return "utf-16-be" if first > second else "utf-16-le"
    return ""


def _extends_ascii(codec: str) -> bool:
    r"""Whether the characters of patterns and numbers are the bytes of ASCII (a won or yen sign for `\` is fine)."""
    plain = bytes(byte for byte in range(1, 127) if byte not in b"\\~")
    try:
        single = all(len(bytes([0x41, byte, 0x41]).decode(codec)) == len("A?A") for byte in b"\\~")
        return single and plain.decode(codec) == plain.decode("ascii")
    except (UnicodeError, LookupError, AssertionError):
        return False  # stateful, or no text encoding at all (base64, zip)


def _keeps_newlines(codec: str) -> bool:
    """Whether the byte 0x0A is a line end after every other byte, that is, never the tail of a character."""
    for lead in range(0x80, 0x100):
        try:
            if not bytes([lead, 0x0A]).decode(codec).endswith("\n"):
                return False
        except UnicodeError:
            continue
    return True
