r"""Bytes of a log -> lines of text, in bounded memory and without ever stopping.

A line ends at `\n`; one `\r` before it is dropped. Nothing else ends a line: form feeds, U+2028
and lone `\r` stand inside it. In the encodings that extend ASCII the byte 0x0A never occurs inside a
character, so lines are cut before they are decoded; UTF-16 is cut at aligned code units. A
line over the limit is cut there: what is above is counted and skipped. Runs of NUL bytes (what a file
system leaves behind after a crash) become one. Undecodable bytes stay, escaped as `\xNN`, and are counted.

>>> from agent.settings.encoding import find_encoding
>>> splitter = Splitter(find_encoding("utf-8"))
>>> [line.raw for line in splitter.feed(b"one\r\ntwo\nthr")]
[b'one', b'two']
>>> splitter.rest().raw
b'thr'
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from agent.settings.encoding import Encoding
from wire.limits import LINE_BYTES

_BOM: Final = "\ufeff"
_LAST_OF_TWO_BYTES: Final = "\u07ff"  # in UTF-8: below are no Hangul, Han or Kana
_NUL_RUN: Final = re.compile("\0\0+")
_NUL_BYTES: Final = re.compile(b"\0\0+")


class RawLine(NamedTuple):
    """One line before decoding. `start` and `end` are offsets in the file; `raw` has no line end."""

    start: int
    end: int
    raw: bytes
    lost: int = 0  # bytes beyond the limit that were skipped
    nuls: int = 0  # NUL bytes that were folded away
    entry: bytes = b""  # the line as it stands in the file, where `raw` is only what is searched of it


class Splitter:
    """Chunks of any size -> lines. Holds at most one unfinished line of `limit` bytes."""

    def __init__(self, encoding: Encoding, offset: int = 0, limit: int = LINE_BYTES) -> None:
        self.encoding = encoding  # may be exchanged for one with units of the same size
        self._limit = limit - limit % encoding.unit
        self._odd = b""  # half a code unit
        self._tail = bytearray()
        self._tail_bytes = 0  # of the unfinished line as it stands in the file
        self._lost = 0
        self._nuls = 0
        self._start = offset

    @property
    def line_start(self) -> int:
        """Offset of the unfinished line."""
        return self._start

    @property
    def read_to(self) -> int:
        """Offset of the next byte to feed."""
        return self._start + self._tail_bytes + len(self._odd)

    def feed(self, chunk: bytes) -> list[RawLine]:
        """The lines that `chunk` completes."""
        pieces = chunk.split(b"\n") if self.encoding.unit == 1 else self._aligned(self._odd + chunk)
        lines = [self._line(piece, ended=True) for piece in pieces[:-1]]
        self._grow(pieces[-1])
        return lines

    def feed_plain(self, chunk: bytes) -> bytes | None:
        """The lines that `chunk` completes, as the bytes that they are; None when they need a closer look.

        A closer look (`feed`) is for what is not sound UTF-8, for NUL runs, long lines and the mark at the start.
        """
        if self.encoding.unit > 1 or self._lost or self._nuls or len(self._tail) + len(chunk) > self._limit:
            return None
        joined = bytes(self._tail) + chunk if self._tail else chunk
        end = joined.rfind(b"\n") + 1
        lines = joined[:end]
        if b"\0\0" in joined or not self._is_sound(lines):
            return None
        self._tail = bytearray(joined[end:])
        self._tail_bytes = len(self._tail)
        self._start += end
        return lines

    def _is_sound(self, lines: bytes) -> bool:
        if lines.isascii():
            return True
        if self.encoding.codec != "utf-8" or self.encoding.other or codecs.BOM_UTF8 in lines:
            return False
        try:
            lines.decode()
        except UnicodeError:
            return False
        return True

    def skip_nuls(self, count: int) -> None:
        """Go on `count` NUL bytes further, which stand in the file as a hole and need not be read."""
        count -= count % self.encoding.unit
        self._grow(b"\0" * min(count, 2 * self.encoding.unit))
        folded = max(0, count - 2 * self.encoding.unit)
        self._tail_bytes += folded
        self._nuls += folded

    def peek(self) -> RawLine:
        """The last line as it is by now; it still waits for its end."""
        return RawLine(self._start, self._start + self._tail_bytes, bytes(self._tail), self._lost, self._nuls)

    def rest(self) -> RawLine | None:
        """The last line of a file that does not end with a line end, or None; the splitter starts afresh after it."""
        if not self._tail_bytes and not self._odd:
            return None
        odd, self._odd = self._odd, b""
        return self._line(odd, ended=False)

    def _aligned(self, units: bytes) -> list[bytes]:
        """Cut UTF-16 at its newlines; half a unit at the end waits for the next chunk."""
        whole = len(units) - len(units) % self.encoding.unit
        self._odd = units[whole:]
        pieces: list[bytes] = []
        start = at = 0
        while (at := units.find(self.encoding.newline, at, whole)) != -1:
            if at % self.encoding.unit:
                at += 1
                continue
            pieces.append(units[start:at])
            start = at = at + self.encoding.unit
        return [*pieces, units[start:whole]]

    def _line(self, piece: bytes, *, ended: bool) -> RawLine:
        if self._tail_bytes or len(piece) > self._limit or b"\0\0" in piece:
            self._grow(piece)
            raw, size = bytes(self._tail), self._tail_bytes
        else:
            raw, size = piece, len(piece)
        end = self._start + size + (self.encoding.unit if ended else 0)
        if ended and not self._lost:
            raw = self._without_return(raw)
        line = RawLine(self._start, end, raw, self._lost, self._nuls)
        self._tail.clear()
        self._start, self._tail_bytes, self._lost, self._nuls = end, 0, 0, 0
        return line

    def _without_return(self, raw: bytes) -> bytes:
        if self.encoding.unit == 1:
            return raw[:-1] if raw.endswith(b"\r") else raw
        return raw[:-2] if raw.endswith(self.encoding.newline.replace(b"\n", b"\r")) else raw

    def _grow(self, piece: bytes) -> None:
        self._tail_bytes += len(piece)
        if self.encoding.unit == 1 and b"\0" in piece:
            piece = self._fold_nuls(piece)
        room = self._limit - len(self._tail)
        self._tail += piece[:room]
        self._lost += max(0, len(piece) - room)

    def _fold_nuls(self, piece: bytes) -> bytes:
        folded = _NUL_BYTES.sub(b"\0", piece)
        if folded.startswith(b"\0") and self._tail.endswith(b"\0"):
            folded = folded[1:]
        self._nuls += len(piece) - len(folded)
        return folded


class Decoded(NamedTuple):
    """The texts of some lines, one each, and how many of their bytes were no text."""

    texts: list[str]
    undecodable: int


def decode_lines(encoding: Encoding, lines: Sequence[RawLine]) -> Decoded:
    """Decode lines; never fails. A byte order mark at the start of a line is dropped: files are appended to others."""
    at_once = None if encoding.other else _decode_at_once(encoding, lines)
    texts, undecodable = at_once or _decode_each(encoding, lines)
    return Decoded([text.removeprefix(_BOM) for text in texts], undecodable)


def _decode_at_once(encoding: Encoding, lines: Sequence[RawLine]) -> Decoded | None:
    """The fast way: all lines in one call, when every byte is in order."""
    try:
        texts = encoding.newline.join([line.raw for line in lines]).decode(encoding.codec).split("\n")
    except UnicodeError:
        return None
    if len(texts) != len(lines):
        return None
    return Decoded([_NUL_RUN.sub("\0", text) for text in texts] if encoding.unit > 1 else texts, 0)


def _decode_each(encoding: Encoding, lines: Sequence[RawLine]) -> Decoded:
    texts: list[str] = []
    undecodable = 0
    for line in lines:
        text, bad = _decode_one(_codec_of(encoding, line.raw), line.raw)
        undecodable += bad
        texts.append(_NUL_RUN.sub("\0", text) if encoding.unit > 1 else text)
    return Decoded(texts, undecodable)


def _codec_of(encoding: Encoding, raw: bytes) -> str:
    """Where two encodings are in a file: UTF-8 for what is valid, and no mere pairs of bytes that are both."""
    if not encoding.other or raw.isascii():
        return encoding.codec
    try:
        is_both = max(raw.decode(encoding.codec)) <= _LAST_OF_TWO_BYTES
    except UnicodeError:
        return encoding.other
    return encoding.other if is_both else encoding.codec


def _decode_one(codec: str, raw: bytes) -> tuple[str, int]:
    try:
        return raw.decode(codec), 0
    except UnicodeError:
        text = raw.decode(codec, "backslashreplace")
        kept = raw.decode(codec, "ignore")
        return text, (len(text) - len(kept)) // len(r"\x00")
