"""Complete lines of one file in one piece, so that thousands of them can be searched at once.

`text` is what engines see: UTF-8, each line ended by one newline. Where the file is sound UTF-8 (or ASCII in
whatever encoding) these are the file's own bytes, and no line is an object of its own. Otherwise (other
encodings, broken bytes, NUL runs, lines over the limit) the lines were decoded one by one; then `raws`
holds where each stands in the file.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.logs.decode import RawLine


class Block:
    """Lines that follow each other. An offset `at` always is the first byte of a line in `text`."""

    __slots__ = ("end", "raws", "start", "text", "undecodable")

    def __init__(self, start: int, text: bytes, raws: list[RawLine] | None = None, undecodable: int = 0) -> None:
        self.start = start  # offset in the file
        self.text = text
        self.raws = raws
        self.end = start + len(text) if raws is None else raws[-1].end if raws else start
        self.undecodable = undecodable

    @classmethod
    def of_lines(cls, start: int, raws: list[RawLine], texts: Sequence[str], undecodable: int = 0) -> Block:
        """Lines that were decoded one by one; `start` counts where there are none."""
        text = "".join([f"{text}\n" for text in texts]).encode("utf-8", "surrogatepass")
        return cls(raws[0].start if raws else start, text, raws, undecodable)

    def __bool__(self) -> bool:
        return bool(self.text)

    def count(self) -> int:
        """How many lines."""
        return self.text.count(b"\n")

    def read(self, at: int, stop: int) -> str:
        """The line that stands at `text[at:stop]`, as it is matched and shown."""
        line = self.text[at:stop]
        if self.raws is None and line.endswith(b"\r"):
            line = line[:-1]
        return line.decode("utf-8", "surrogatepass")

    def read_all(self) -> list[str]:
        """Every line."""
        return self.between(0, len(self.text))

    def offset(self, at: int, index: int) -> int:
        """Where in the file the line begins that is the `index`-th here and stands at `at`."""
        return self.start + at if self.raws is None else self.raws[index].start

    def raw(self, at: int, index: int, count: int) -> list[RawLine]:
        """`count` lines as they stand in the file."""
        if self.raws is not None:
            return self.raws[index : index + count]
        found = []
        for _ in range(count):
            stop = self.text.index(b"\n", at)
            raw = self.text[at:stop]
            found.append(RawLine(self.start + at, self.start + stop + 1, raw.removesuffix(b"\r")))
            at = stop + 1
        return found

    def back(self, at: int, count: int) -> int:
        """The offset of the line that stands `count` lines before the one at `at`, or 0."""
        while count and at > 0:
            at = self.text.rfind(b"\n", 0, at - 1) + 1
            count -= 1
        return at

    def forward(self, at: int, count: int) -> int:
        """The offset behind `count` lines from `at`, or the end."""
        while count and at < len(self.text):
            at = self.text.index(b"\n", at) + 1
            count -= 1
        return at

    def between(self, at: int, end: int) -> list[str]:
        """The lines from offset `at` to offset `end`."""
        piece = self.text[at:end]
        lines = piece.decode("utf-8", "surrogatepass").split("\n")
        del lines[-1]
        return [line.removesuffix("\r") for line in lines] if self.raws is None and b"\r" in piece else lines

    def rest(self, at: int, index: int) -> Block:
        """What begins with the `index`-th line, which stands at `at`."""
        raws = None if self.raws is None else self.raws[index:]
        return Block(self.offset(at, index) if self.text[at:] else self.end, self.text[at:], raws)

    def joined(self, other: Block) -> Block:
        """One block with what follows it in the file."""
        if not other:
            return self
        if self.raws is None and other.raws is None:
            return Block(self.start, self.text + other.text, None, other.undecodable)
        one, two = self._listed(), other._listed()
        return Block(self.start, one.text + two.text, [*(one.raws or []), *(two.raws or [])], other.undecodable)

    def _listed(self) -> Block:
        """The same with each line as an object."""
        if self.raws is not None:
            return self
        raws = self.raw(0, 0, self.count())
        return Block.of_lines(self.start, raws, self.read_all())
