from __future__ import annotations

import gc

import pytest

from agent.settings import catalogue_text
from agent.settings.catalogue_text import APART_BYTES, read_once
from tests.fakes.logs import CATALOGUE
from wire.catalogue import read_catalogue
from wire.catalogue.model import Catalogue
from wire.errors import Fault, TextRefused


def test_equal_bytes_are_read_once() -> None:
    one, two = read_once(CATALOGUE.encode()), read_once(CATALOGUE.encode())
    assert one is two
    assert one.product == "clinic"
    assert read_once(CATALOGUE.replace("clinic", "other").encode()).product == "other"


def test_it_is_forgotten_with_its_last_user() -> None:
    before = len(catalogue_text._READ)
    kept = read_once(CATALOGUE.replace("clinic", "kept").encode())
    assert len(catalogue_text._READ) == before + 1
    del kept
    gc.collect()
    assert len(catalogue_text._READ) == before


def test_what_is_wrong_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(TextRefused):
            read_once(b"product: [")


UNTRANSLATED = (
    b"product: clinic\nversion: '1'\nmodules:\n"
    b"  - {code: b, name: {en: B}, errors: [{code: B-1, level: 2, title: {en: x}, match: [{literal: ERROR}]}]}\n"
)
LONG = UNTRANSLATED + b"# " + b"x" * APART_BYTES + b"\n"


def test_a_long_one_is_read_in_a_child_to_the_same_end(monkeypatch: pytest.MonkeyPatch) -> None:
    expected, _ = read_catalogue(LONG)
    readers: list[bytes] = []

    def read(text: bytes) -> tuple[Catalogue, list[Fault]]:
        readers.append(text)
        return read_catalogue(text)

    monkeypatch.setattr(catalogue_text, "read_catalogue", read)
    assert read_once(LONG) == expected
    assert readers == [], "it was read here"


def test_a_long_one_that_is_wrong_is_refused_with_its_faults() -> None:
    with pytest.raises(TextRefused) as refused:
        read_once(LONG + b"product: twice\n")
    assert refused.value.faults[0].line > 0


def test_without_a_child_it_is_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_text, "made_apart", lambda _make, *, most: None)
    assert read_once(LONG) == read_catalogue(LONG)[0]
