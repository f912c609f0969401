from __future__ import annotations

import pytest

from wire.errors import Malformed
from wire.waiting import WaitAnswer, WaitQuestion, decode_answer, decode_question, encode


def test_what_is_said_is_heard() -> None:
    assert decode_question(encode(WaitQuestion(for_s=50))) == WaitQuestion(for_s=50)
    assert decode_answer(encode(WaitAnswer(due=False, wait_s=0))) == WaitAnswer(due=False, wait_s=0)


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b'{"for_s":-1}', b'{"for_s":1e9}', b'{"for_s":"1"}', b"\xff", b"[" * 5_000]
)
def test_a_question_of_another_form_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode_question(raw)


@pytest.mark.parametrize("raw", [b"", b'{"due":1,"wait_s":5}', b'{"due":true}', b'{"due":true,"wait_s":-5}', b"\xff"])
def test_an_answer_of_another_form_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode_answer(raw)


def test_a_newer_side_may_say_more() -> None:
    assert decode_answer(b'{"due":true,"wait_s":5,"more":1}').due
