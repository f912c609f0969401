"""A followed file as the agent sees it, with what is wrong with it in words that can be translated.

On the wire a problem is English text, as in `SourceState`; on the host, whose administrator reads `status` in an
own language, the sentence itself is kept beside it.
"""

from __future__ import annotations

from agent.told import Told, tell
from wire.limits import LINE_CHARS
from wire.messages import SourceState
from wire.sentence import Sentence


class Followed(SourceState, frozen=True, kw_only=True):
    """`told` is `problem` as a sentence; None where all is well."""

    told: Told | None = None


def followed(path: str, position: int, problem: Sentence | None = None, *, encoding: str = "") -> Followed:
    """The state of a file that was read up to byte `position`."""
    if problem is None:
        return Followed(path=path, position=position, encoding=encoding)
    words = str(problem)[:LINE_CHARS]
    return Followed(path=path, position=position, problem=words, encoding=encoding, told=tell(problem))
