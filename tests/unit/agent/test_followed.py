from __future__ import annotations

import msgspec

from agent.followed import Followed, followed
from wire.limits import LINE_CHARS
from wire.sentence import Sentence, sentence

WHY = sentence("{path} cannot be read: {reason}", path="/var/log/app.log", reason=sentence("it does not exist"))


def test_a_problem_is_told_in_words_and_as_a_sentence_that_survives_the_disk() -> None:
    state = followed("/var/log/app.log", 7, WHY, encoding="cp949")
    again = msgspec.json.decode(msgspec.json.encode(state), type=Followed)
    assert again == state
    assert (again.problem, again.encoding, again.position) == (str(WHY), "cp949", 7)
    assert again.told is not None
    korean = {WHY.id: "{path}: {reason} (읽을 수 없음)", "it does not exist": "없습니다"}
    assert again.told.sentence().translated(korean.get) == "/var/log/app.log: 없습니다 (읽을 수 없음)"


def test_where_all_is_well_nothing_is_told() -> None:
    assert followed("/a", 1) == Followed(path="/a", position=1)


def test_a_long_problem_fits_a_record() -> None:
    assert len(followed("/a", 1, Sentence("x" * 99_999)).problem) == LINE_CHARS
