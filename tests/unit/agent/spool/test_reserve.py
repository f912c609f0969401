from __future__ import annotations

from pathlib import Path

from agent.spool.reserve import Reserve, reserve_bytes


def test_it_takes_real_room_and_gives_it_back(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "r", size_bytes=100_000)
    reserve.hold()
    assert (tmp_path / "r").stat().st_blocks * 512 >= 100_000
    assert (tmp_path / "r").stat().st_mode & 0o777 == 0o600
    reserve.hold()
    assert reserve.is_held
    assert reserve.release()
    assert not reserve.is_held
    assert not reserve.release()
    reserve.hold()
    assert reserve.is_held


def test_where_there_is_little_room_it_takes_none(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "r", size_bytes=2**60)
    reserve.hold()
    assert list(tmp_path.iterdir()) == []
    assert reserve.is_held  # nothing was given back, so logs are taken as usual


def test_sizes() -> None:
    assert reserve_bytes(512_000_000) == 8_000_000
    assert reserve_bytes(16_000) == 1_000
