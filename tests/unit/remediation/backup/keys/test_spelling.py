from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediation.backup.keys.spelling import Misspelt, fingerprint, one_word, read_key, spell_key

KEYS = st.binary(min_size=32, max_size=32)
KEY = bytes(range(32))


@given(KEYS)
def test_what_is_spelt_is_read(key: bytes) -> None:
    text = spell_key(key)
    assert read_key(text) == read_key(text.lower().replace(" ", "-")) == key
    assert len(one_word(key)) == 64


@given(KEYS, st.integers(0, 63), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_slip_is_found_in_its_line(key: bytes, at: int, letter: str) -> None:
    """Three letters of checksum let one slip in 32,768 pass; the fingerprint on the sheet finds that one."""
    word = one_word(key)
    wrong = word[:at] + letter + word[at + 1 :]
    if wrong == word:
        return
    text = "\n".join(wrong[start : start + 16] for start in range(0, 64, 16))
    try:
        assert fingerprint(read_key(text)) != fingerprint(key)
    except Misspelt as slip:
        found = str(slip)
    else:
        return
    assert f"line {at // 16 + 1} " in found or "line 4" in found


def test_letters_that_look_alike_are_understood() -> None:
    text = spell_key(KEY)
    assert read_key(text.replace("0", "O").replace("1", "l")) == KEY
    assert read_key(f"# a remark\n\n{text}\n") == KEY


def test_lines_cannot_change_places_or_be_missing() -> None:
    first, second, *rest = spell_key(KEY).splitlines()
    with pytest.raises(Misspelt, match="line 1"):
        read_key("\n".join([second, first, *rest]))
    with pytest.raises(Misspelt, match="4 lines, here are 3"):
        read_key("\n".join([first, *rest]))
    with pytest.raises(Misspelt, match="line 1"):
        read_key("\n".join(["UUUU UUUU UUUU UUUU", second, *rest]))


def test_a_key_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        spell_key(b"short")
