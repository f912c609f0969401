r"""Lines of container logs -> the lines that the program in the container wrote.

`docker` is Docker's json-file: one JSON object a line, `{"log": "...\n", "stream": "stdout", "time": "..."}`. `cri` is
what containerd and CRI-O write for Kubernetes: `TIME stdout F text`. Both cut long lines: a piece
that does not end its line (no line end in `log`; `P` instead of `F`) is joined with the next piece of the same stream.
What is between two such pieces, of the other stream, comes first. A line that is not of the format is
left as it is, so that nothing is lost when somebody else writes into the file.

>>> unwrap = Unwrapper("cri")
>>> lines = [b"2026-11-24T01:00:00Z stdout P ERROR of", b"2026-11-24T01:00:01Z stdout F  the pump"]
>>> [line.raw for line in unwrap([RawLine(0, 39, lines[0]), RawLine(39, 79, lines[1])])]
[b'2026-11-24T01:00:00Z ERROR of the pump']
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from agent.logs.decode import RawLine
from wire.limits import LINE_BYTES

_CRI: Final = re.compile(rb"(\d{4}-\S{1,40}) (stdout|stderr) ([PF])(?::\S*)? ?", re.DOTALL)


class Piece(NamedTuple):
    """One line of the file, unwrapped: its time, stream and text, and whether its line goes on."""

    time: bytes
    stream: bytes
    text: bytes
    goes_on: bool


class Unwrapper:
    """Holds, for each stream, the pieces of a line that is not complete."""

    def __init__(self, form: Literal["docker", "cri"]) -> None:
        self._read = read_docker if form == "docker" else read_cri
        self._begun: dict[bytes, tuple[RawLine, Piece]] = {}

    def __call__(self, lines: Sequence[RawLine]) -> list[RawLine]:
        """The complete lines, in the order in which they end.

        Each line's end is the byte up to which the file is done once it is taken: before the first piece that waits.
        """
        done: list[RawLine] = []
        for line in lines:
            piece = self._read(line.raw)
            if piece is None:
                done.append(self._bounded(line))
                continue
            whole, piece = self._joined(line, piece)
            if piece.goes_on and len(piece.text) < LINE_BYTES:
                self._begun[piece.stream] = (whole, piece)
            else:
                done.append(self._bounded(whole._replace(raw=_shown(piece))))
        return done

    def _joined(self, line: RawLine, piece: Piece) -> tuple[RawLine, Piece]:
        begun = self._begun.pop(piece.stream, None)
        if begun is None:
            return line, piece
        first, before = begun
        line = line._replace(start=first.start, lost=line.lost + first.lost, nuls=line.nuls + first.nuls)
        return line, piece._replace(time=before.time, text=before.text + piece.text)

    def _bounded(self, line: RawLine) -> RawLine:
        waiting = min((first.start for first, _ in self._begun.values()), default=line.end)
        return line._replace(end=min(line.end, waiting))


def read_docker(raw: bytes) -> Piece | None:
    """A line of json-file; None for anything else."""
    try:
        entry = json.loads(raw)
        text, stream, time = entry["log"], entry.get("stream", "stdout"), entry.get("time", "")
        whole = [part.encode("utf-8", "backslashreplace") for part in (time, stream, text)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    ended = whole[2].endswith(b"\n")
    return Piece(whole[0], whole[1], whole[2].removesuffix(b"\n").removesuffix(b"\r"), not ended)


def read_cri(raw: bytes) -> Piece | None:
    """A line of the container runtime interface; None for anything else."""
    found = _CRI.match(raw)
    if found is None:
        return None
    return Piece(found[1], found[2], raw[found.end() :], found[3] == b"P")


def _shown(piece: Piece) -> bytes:
    """The line with its time in front, so that it can be read from there; line ends inside would make it two."""
    return (piece.time + b" " + piece.text if piece.time else piece.text).replace(b"\n", b"\\n")
