"""Keyed tokens: equal values meet, nobody without the key finds the value."""

from __future__ import annotations

from itertools import product

from agent.redaction.tokens import TOKEN, token

KEY, OTHER = b"k" * 32, b"o" * 32


def test_equal_values_get_equal_tokens_and_labels_keep_them_apart() -> None:
    assert token("RRN", "9001011234567", KEY) == token("RRN", "9001011234567", KEY)
    assert token("RRN", "9001011234567", KEY) != token("ARC", "9001011234567", KEY)
    assert TOKEN.fullmatch(token("MRN_2", "00000001", KEY))


def test_without_the_key_trying_all_values_finds_nothing() -> None:
    wanted = token("MRN", "4711", KEY)
    everything = ["".join(digits) for digits in product("0123456789", repeat=4)]
    assert wanted in {token("MRN", value, KEY) for value in everything}  # whoever has the key can
    assert wanted not in {token("MRN", value, OTHER) for value in everything}


def test_many_values_do_not_meet() -> None:
    assert len({token("MRN", str(number), KEY) for number in range(100_000)}) == 100_000


def test_half_a_surrogate_pair_is_a_value_too() -> None:
    assert TOKEN.fullmatch(token("SECRET", "a\ud800", KEY))
