from __future__ import annotations

import msgspec

from agent.told import Told, tell
from wire.sentence import sentence


def test_a_sentence_comes_back_with_those_inside() -> None:
    inner = sentence("the collector answered {status}", status=503)
    words = sentence("{path}: {problem}", path="/x", problem=inner)
    told = msgspec.json.decode(msgspec.json.encode(tell(words)), type=Told)
    assert told.sentence() == words
