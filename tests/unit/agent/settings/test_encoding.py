from __future__ import annotations

import pytest

from agent.settings.encoding import EncodingRefused, find_encoding


@pytest.mark.parametrize(
    "name",
    ["", "nothing", "base64", "rot13", "utf-7", "utf-32", "hz", "iso2022_kr", "cp037", "idna", "punycode", "a\0b"],
)
def test_encodings_that_cannot_be_read(name: str) -> None:
    with pytest.raises(EncodingRefused) as refusal:
        find_encoding(name)
    assert "not" in str(refusal.value)


def test_the_mark_in_an_encodings_name_is_no_difference() -> None:
    assert find_encoding("utf-8-sig") == find_encoding("UTF8")
