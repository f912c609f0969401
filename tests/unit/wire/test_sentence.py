from __future__ import annotations

from wire.sentence import Sentence, sentence

KOREAN = {"{path} cannot be read: {why}": "{path} 읽기 실패: {why}", "no such file": "파일 없음"}


def test_english_is_the_id() -> None:
    assert str(sentence("{path} cannot be read: {why}", path="a.log", why="gone")) == "a.log cannot be read: gone"


def test_a_sentence_inside_a_sentence_is_translated_too() -> None:
    words = sentence("{path} cannot be read: {why}", path="a.log", why=sentence("no such file"))
    assert words.translated(KOREAN.get) == "a.log 읽기 실패: 파일 없음"
    assert str(words) == "a.log cannot be read: no such file"


def test_order_of_places_is_the_translators_choice() -> None:
    words = sentence("{count} of {total}", count=1, total=9)
    assert words.translated({"{count} of {total}": "{total} 중 {count}"}.get) == "9 중 1"


def test_braces_in_a_value_stay_as_they_are() -> None:
    assert str(sentence("line: {line}", line="{0} {path}")) == "line: {0} {path}"


def test_a_missing_translation_falls_back_to_english() -> None:
    assert sentence("no such file").translated(lambda _: None) == "no such file"
    assert sentence("no such file").translated(lambda _: "") == "no such file"


def test_equal_sentences_are_equal() -> None:
    assert sentence("a", b=1) == Sentence("a", {"b": 1})
    assert sentence("a", b=1) != sentence("a", b=2)
