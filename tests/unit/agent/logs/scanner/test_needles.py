from __future__ import annotations

from agent.logs.scanner.needles import SHARED_MAX, find_needles, literals_of
from wire.catalogue.model import Pattern


def test_a_long_text_of_its_own_is_enough() -> None:
    (needle,) = find_needles([(3, Pattern(regex=r"overheated by \d+"))])
    assert (needle.rank, needle.literals, needle.regex) == (3, (b"overheated by ",), None)


def test_a_short_text_is_not() -> None:
    (needle,) = find_needles([(0, Pattern(regex=r"ms: \d+ x"))])
    assert needle.literals == (b"ms: ",)
    assert needle.regex


def test_nor_is_one_that_many_share() -> None:
    shared = [(rank, Pattern(regex=rf"Failed password for [a-z]{rank} .* {rank}")) for rank in range(SHARED_MAX + 1)]
    assert all(needle.regex for needle in find_needles(shared))
    assert not any(needle.regex for needle in find_needles(shared[:-1]))


def test_a_literal_is_looked_for_as_it_is() -> None:
    one, two = find_needles([(0, Pattern(literal="x*")), (1, Pattern(literal="과열 "))])
    assert (one.literals, one.regex) == ((), r"\x78\x2a")
    assert (two.literals, two.regex) == (("과열 ".encode(),), None)


def test_texts_that_say_nothing_are_left_out() -> None:
    assert literals_of(Pattern(regex=r"a|timeout")) == frozenset()
    assert literals_of(Pattern(regex=r"timeout|refused")) == {"timeout", "refused"}
