from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from remediation.backup.engines.archive.format import ChunkPlace, PackIndex
from remediation.backup.engines.archive.index import Index, Place

ONE, TWO = b"1" * 32, b"2" * 32


@pytest.fixture
def index(tmp_path: Path) -> Index:
    made = Index(tmp_path / "cache" / "index.sqlite")
    made.add("index/a", [PackIndex("pack", b"salt", [ChunkPlace(ONE, 40, 10, 20), ChunkPlace(TWO, 50, 5, 6)], 99)])
    return made


def test_a_chunk_is_found(index: Index) -> None:
    assert index.places(ONE) == [Place("pack", b"salt", 40, 10, 20)]
    assert (index.has(TWO), index.has(b"3" * 32), index.places(b"3" * 32)) == (True, False, [])
    ((no, name, salt, size),) = index.packs()
    assert (name, salt, size) == ("pack", b"salt", 99)
    assert [place.id for place in index.chunks_of(no)] == [ONE, TWO]
    index.close()


def test_what_came_from_a_dropped_object_is_gone(index: Index) -> None:
    index.add("index/b", [PackIndex("other", b"salt", [ChunkPlace(ONE, 1, 2, 3)], 4)])
    index.drop(["index/a"])
    assert index.sources() == {"index/b"}
    assert (index.has(TWO), index.places(ONE)) == (False, [Place("other", b"salt", 1, 2, 3)])
    index.close()


def test_it_is_there_at_the_next_opening(index: Index, tmp_path: Path) -> None:
    index.close()
    again = Index(tmp_path / "cache" / "index.sqlite")
    assert again.has(ONE)
    again.close()


@pytest.mark.parametrize("content", [b"no database at all, this one", b"SQLite format 3\0" + bytes(5_000)])
def test_a_damaged_cache_is_made_again(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "index.sqlite").write_bytes(content)
    index = Index(tmp_path / "index.sqlite")
    assert index.sources() == set()
    index.add("index/a", [])
    index.close()


def test_several_threads(index: Index) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda _: index.has(ONE), range(200)))
    index.close()


def test_what_lies_only_in_a_lost_pack_is_not_there(index: Index) -> None:
    index.add("index/b", [PackIndex("other", b"salt", [ChunkPlace(ONE, 1, 2, 3)], 4)])
    index.mark("pack", is_lost=True)
    numbers = {name: no for no, name, _, _ in index.packs()}
    assert (index.has(ONE), index.has(TWO)) == (True, False)
    assert (index.is_lost(numbers["pack"]), index.is_lost(numbers["other"])) == (True, False)
    assert [index.needs(numbers[name]) for name in ("pack", "other")] == [1, 1]
    assert [place.pack for place in index.places(ONE)] == ["other", "pack"]
    index.mark("pack", is_lost=False)
    assert index.has(TWO)
    index.close()
