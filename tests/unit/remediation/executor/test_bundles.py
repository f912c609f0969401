from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from remediation.executor.bundles import KEPT, SPARE_BYTES, Bundles, NotGathered
from remediation.executor.model import BundleIndex
from remediation.repair.actions import Gathering, Program
from tests.fakes.runner import Scripted, ScriptedRunner

DIGEST = "ab" * 32


def gathered(store: Bundles, what: Gathering, digest: str = DIGEST) -> BundleIndex:
    index = store.gather(digest, "T-1", what)
    store.keep(digest)
    return index


def gathering(logs: Path, **change: object) -> Gathering:
    values: dict[str, object] = {
        "files": (f"{logs}/*.log",),
        "outputs": (("disk", Program(("df",), 5, 100)),),
        "file_bytes": 1_000,
        "total_bytes": 10_000,
        "timeout_s": 60,
    }
    return Gathering(**values | change)  # type: ignore[arg-type]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.log").write_text("one\n")
    (folder / "b.log").write_text("two\n")
    return folder


def bundles(tmp_path: Path, **change: object) -> Bundles:
    runner = ScriptedRunner({"df": Scripted(output=b"full\n")})
    return Bundles(tmp_path / "bundles", runner, **{"monotonic": lambda: 0.0} | change)  # type: ignore[arg-type]


def test_it_gathers_outputs_and_files(tmp_path: Path, logs: Path) -> None:
    store = bundles(tmp_path)
    index = gathered(store, gathering(logs))
    assert store.index(DIGEST) == index
    assert [(piece.source, Path(piece.path).name, piece.kept) for piece in index.pieces] == [
        ("output", "disk", 5),
        ("file", "a.log", 4),
        ("file", "b.log", 4),
    ]
    assert index.pieces[1].sha256 == hashlib.sha256(b"one\n").hexdigest()
    assert store.piece(DIGEST, 1, 0).content == b"one\n"
    assert store.piece(DIGEST, 1, 2).content == b"e\n"
    assert store.piece(DIGEST, 1, 99).content == b""
    assert (tmp_path / "bundles" / DIGEST).stat().st_mode & 0o077 == 0


def test_all_of_it_has_a_limit(tmp_path: Path, logs: Path) -> None:
    index = bundles(tmp_path).gather(DIGEST, "", gathering(logs, total_bytes=10))
    assert [piece.problem for piece in index.pieces] == ["", "", "the bundle is full"]


def test_a_cut_output_ends_with_a_whole_line(tmp_path: Path, logs: Path) -> None:
    runner = ScriptedRunner({"df": Scripted(output=b"one\n900101-1234567\n")})
    store = Bundles(tmp_path / "bundles", runner, lambda: 0.0)
    index = gathered(store, gathering(logs, files=(), outputs=(("disk", Program(("df",), 5, 10)),)))
    assert index.pieces[0].is_cut
    assert store.piece(DIGEST, 0, 0).content == b"one\n[... 15 bytes are left out here ...]\n"


def test_what_cannot_run_is_listed(tmp_path: Path, logs: Path) -> None:
    what = gathering(logs, files=(), outputs=(("x", Program(("nothing",), 5, 10)),))
    assert bundles(tmp_path).gather(DIGEST, "", what).pieces[0].problem == "there is no program nothing"


def test_time_ends_it(tmp_path: Path, logs: Path) -> None:
    clock = iter(range(0, 10_000, 61))
    index = bundles(tmp_path, monotonic=lambda: float(next(clock))).gather(DIGEST, "", gathering(logs))
    assert {piece.problem for piece in index.pieces} == {"the time is over"}


def test_a_disk_without_room_leaves_nothing_behind(tmp_path: Path, logs: Path) -> None:
    store = bundles(tmp_path, free_bytes=lambda _: SPARE_BYTES)
    with pytest.raises(NotGathered, match="room"):
        store.gather(DIGEST, "", gathering(logs))
    assert list((tmp_path / "bundles").iterdir()) == []


def test_a_disk_that_fills_up_meanwhile_leaves_nothing_behind(
    tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        path.write_bytes(content[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("remediation.executor.bundles.write_once", full)
    with pytest.raises(NotGathered, match="No space left"):
        bundles(tmp_path).gather(DIGEST, "", gathering(logs))
    assert list((tmp_path / "bundles").iterdir()) == []


def test_what_a_crash_left_goes(tmp_path: Path, logs: Path) -> None:
    store = bundles(tmp_path)
    part = tmp_path / "bundles" / f"{DIGEST}.part"
    part.mkdir(parents=True)
    (part / "0000").write_text("raw")
    store.clear()
    assert list((tmp_path / "bundles").iterdir()) == []
    store.gather(DIGEST, "", gathering(logs))
    store.clear()
    with pytest.raises(NotGathered):
        store.index(DIGEST)
    gathered(store, gathering(logs))
    store.clear()
    assert store.index(DIGEST)


def test_raw_pieces_are_forgotten_and_marks_are_set_once(tmp_path: Path, logs: Path) -> None:
    store = bundles(tmp_path)
    with pytest.raises(NotGathered):
        store.mark(DIGEST, "released")
    gathered(store, gathering(logs))
    assert [store.mark(DIGEST, "released") for _ in range(2)] == [True, False]
    store.forget_raw(DIGEST)
    store.forget_raw(DIGEST)
    with pytest.raises(NotGathered):
        store.piece(DIGEST, 0, 0)
    assert sorted(path.name for path in (tmp_path / "bundles" / DIGEST).iterdir()) == ["index.json", "released"]


def test_old_bundles_go(tmp_path: Path, logs: Path) -> None:
    store = bundles(tmp_path)
    for number in range(KEPT + 3):
        gathered(store, gathering(logs), f"{number:064x}")
    assert len(list((tmp_path / "bundles").iterdir())) == KEPT
    assert store.index(f"{KEPT + 2:064x}")
