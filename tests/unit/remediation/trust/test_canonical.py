"""The library that signs is the oracle: the same bytes for everything, or a refusal of both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.exceptions import FormatError
from securesystemslib.formats import encode_canonical
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata
from tuf.api.serialization import DeserializationError

from remediation.trust.canonical import ExactDeserializer, canonical_bytes
from tests.fakes.vendor import FakeVendor

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["\n", '"', "\\", ":1.5", "é\x00"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_the_same_bytes_as_the_library(value: dict[str, Any]) -> None:
    assert canonical_bytes(value) == (encode_canonical(value) or "").encode()


@pytest.mark.parametrize("number", ["1.5", "1.0", "-0.0", "1e300", "-2.5e-7", "NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("wrap", ['{"a":%s}', '{"a":[1,%s]}', '{"signed":{"x":%s},"signatures":[]}'])
def test_a_fraction_is_refused_where_the_library_refuses_to_sign_it(number: str, wrap: str) -> None:
    raw = wrap % number
    with pytest.raises(FormatError):
        encode_canonical(json.loads(raw))
    with pytest.raises(DeserializationError) as caught:
        ExactDeserializer().deserialize(raw.encode())
    assert "whole numbers" in str(caught.value.__cause__)


def test_metadata_are_read_as_the_library_reads_them(tmp_path: Path) -> None:
    vendor = FakeVendor(tmp_path)
    vendor.publish()
    for path in (vendor.out / "metadata").iterdir():
        exact, known = ExactDeserializer().deserialize(path.read_bytes()), Metadata[Any].from_bytes(path.read_bytes())
        assert exact == known
        assert canonical_bytes(exact.signed.to_dict()) == known.signed_bytes


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"7", b"{}", b'{"signed":[]}', b"\xff", b"[" * 100_000])
def test_anything_else_is_refused_in_one_way(raw: bytes) -> None:
    with pytest.raises(DeserializationError):
        ExactDeserializer().deserialize(raw)


def test_half_a_character_has_no_canonical_form() -> None:
    with pytest.raises(RepositoryError):
        canonical_bytes({"a": "\ud800"})
