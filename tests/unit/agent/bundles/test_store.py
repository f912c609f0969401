from __future__ import annotations

from pathlib import Path

import pytest

from agent.bundles.state import BundleState, IllegalStep, Step
from agent.bundles.store import KEPT, WAITING, BundleStore, NoBundle

DIGEST = "ab" * 32


def test_a_bundle_is_added_once_and_moves_by_the_table(tmp_path: Path) -> None:
    store = BundleStore(tmp_path)
    assert store.records() == []
    assert [store.add(DIGEST, "T-1") for _ in range(2)] == [True, False]
    assert store.step(DIGEST, Step.REDACT, sha256="cd" * 32, size=3).state is BundleState.REDACTED
    with pytest.raises(IllegalStep):
        store.step(DIGEST, Step.SEND)
    assert (store.record(DIGEST).size, store.record(DIGEST).ticket) == (3, "T-1")
    assert store.note_told(DIGEST, "redacted").told == "redacted"
    assert BundleStore(tmp_path).records() == [store.record(DIGEST)]
    assert store.folder.stat().st_mode & 0o077 == 0


def test_what_is_over_loses_its_file(tmp_path: Path) -> None:
    store = BundleStore(tmp_path)
    store.add(DIGEST, "")
    store.content(DIGEST).write_bytes(b"redacted")
    store.step(DIGEST, Step.DROP)
    assert not store.content(DIGEST).exists()


@pytest.mark.parametrize("digest", ["", "../" * 8, "AB" * 32, "ab" * 31, "ab" * 32 + "\n"])
def test_nothing_but_a_digest_names_a_folder(tmp_path: Path, digest: str) -> None:
    with pytest.raises(NoBundle):
        BundleStore(tmp_path).record(digest)


def test_a_broken_record_is_left_out(tmp_path: Path) -> None:
    store = BundleStore(tmp_path)
    store.add(DIGEST, "")
    (store.folder / DIGEST / "record.json").write_text("{")
    assert store.records() == []


def test_few_wait_and_few_that_are_over_are_kept(tmp_path: Path) -> None:
    store = BundleStore(tmp_path)
    for number in range(WAITING + 1):
        store.add(f"{number:064x}", "")
    states = [record.state for record in store.records()]
    assert states == [BundleState.COLLECTED] * WAITING + [BundleState.FAILED]
    for number in range(WAITING + KEPT + 5):
        store.add(f"{number:064x}", "")
        store.step(f"{number:064x}", Step.DROP)
    store.add(DIGEST, "")
    assert len(store.records()) == KEPT + 1
