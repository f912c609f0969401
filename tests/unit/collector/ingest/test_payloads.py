"""Pieces of the payload and of nothing else; a site gets its share of bytes, and memory is bounded."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from collector.ingest.answers import Refused
from collector.ingest.payloads import AT_ONCE, PATIENCE_S, SITES, Payloads, Turns
from remediation.patch.bundle import Bundle
from remediation.patch.pieces import FOLDER, PIECE_BYTES, Piece
from remediation.patch.shelving import copy_patches
from tests.fakes.made_patch import built, published
from tests.fakes.vendor import FakeVendor


class Served:
    """A published patch in a collector's folder; time is a number."""

    def __init__(self, folder: Path) -> None:
        self.vendor = FakeVendor(folder / "vendor")
        self.bundle: Bundle = published(self.vendor, built(folder / "desk"))
        self.folder = folder / "served"
        copy_patches(self.vendor.out, self.folder)
        self.digest = hashlib.sha256(self.bundle.manifest_raw).hexdigest()
        self.slept: list[float] = []
        self.now = 0.0
        self.payloads = Payloads(self.folder, 0, lambda: self.now, self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def ask(self, offset: int = 0, digest: str = "") -> bytes:
        return asyncio.run(self.payloads.answer("seoul", Piece(digest or self.digest, offset)))

    @property
    def path(self) -> Path:
        return self.folder / FOLDER / f"{self.digest}.swpatch"

    @property
    def payload(self) -> bytes:
        fields, at = self.bundle.manifest.payload, self.bundle.payload_at
        assert fields is not None
        assert at is not None
        return self.bundle.path.read_bytes()[at : at + fields.size_bytes]


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(tmp_path)


def test_the_payload_and_nothing_else(served: Served) -> None:
    assert served.ask() == served.payload[:PIECE_BYTES]
    assert served.ask(5) == served.payload[5 : 5 + PIECE_BYTES]
    with pytest.raises(Refused) as caught:
        served.ask(len(served.payload))
    assert caught.value.status == 416


def test_one_that_is_published_anew_is_served_at_once(served: Served) -> None:
    served.ask()
    served.vendor.later(days=1)
    published(served.vendor, served.bundle)
    copy_patches(served.vendor.out, served.folder)
    assert served.ask() == served.payload[:PIECE_BYTES]


def test_absent_broken_and_another(served: Served) -> None:
    for digest in ("0" * 64,):
        with pytest.raises(Refused) as caught:
            served.ask(digest=digest)
        assert caught.value.status == 404
    served.path.rename(served.path.with_name("0" * 64 + ".swpatch"))
    with pytest.raises(Refused, match="another patch"):
        served.ask(digest="0" * 64)
    served.path.write_bytes(b"x" * 10_000)
    with pytest.raises(Refused, match="no patch"):
        served.ask()


def test_a_link_is_not_followed(served: Served, tmp_path: Path) -> None:
    served.path.rename(tmp_path / "elsewhere")
    served.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused) as caught:
        served.ask()
    assert caught.value.status == 503


def test_an_answer_waits_its_turn_and_then_is_refused(served: Served) -> None:
    served.payloads = Payloads(served.folder, PIECE_BYTES / 4, lambda: served.now, served.sleep)  # 4 s a piece
    served.ask()
    assert served.slept == []
    served.ask()
    assert served.slept == [4.0]
    with pytest.raises(Refused) as caught:
        served.ask()
    assert (caught.value.status, caught.value.retry_s) == (429, 8.0)
    served.now = 3.0
    served.ask()
    assert served.slept == [4.0, 5.0]


def test_too_many_at_once_are_turned_away(served: Served) -> None:
    served.payloads._under_way = AT_ONCE
    with pytest.raises(Refused) as caught:
        served.ask()
    assert (caught.value.status, caught.value.retry) == (503, True)
    served.payloads._under_way = AT_ONCE - 1
    assert served.ask()
    assert served.payloads._under_way == AT_ONCE - 1


def test_sites_have_turns_of_their_own() -> None:
    turns = Turns(100)
    assert turns.wait_s("a", 100, 0) == 0
    assert turns.wait_s("b", 100, 0) == 0
    assert turns.wait_s("a", 100, 0) == 1
    assert turns.wait_s("a", 100, 1.5) == pytest.approx(0.5)


def test_what_is_refused_is_not_counted() -> None:
    turns = Turns(1)
    turns.wait_s("a", 10, 0)
    assert turns.wait_s("a", 10, 0) == turns.wait_s("a", 10, 0) == 10 > PATIENCE_S
    assert turns.wait_s("a", 10, 5) == 5


def test_no_limit_and_a_bound_on_what_is_remembered() -> None:
    assert Turns(0).wait_s("a", 10**9, 0) == 0
    turns = Turns(1)
    for number in range(SITES + 5):
        turns.wait_s(str(number), 1, 0)
    assert len(turns._free_at) == SITES
