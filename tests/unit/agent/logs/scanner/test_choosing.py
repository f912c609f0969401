from __future__ import annotations

import time
from pathlib import Path

import pytest

from agent.logs.scanner import choosing, databases, vector
from agent.logs.scanner.automaton import AutomatonEngine
from agent.logs.scanner.choosing import Coming, choose_engine
from agent.logs.scanner.engines import Engine
from agent.logs.scanner.needles import Needle

COSTLY = [Needle(rank, (f"e{rank:03}".encode(),), f"e{rank:03}[0-9]+x") for rank in range(choosing.AT_ONCE_MAX + 1)]
CHEAP = [Needle(0, (b"overheated",), None)]
LINES = b"e007 alone\ne00712x\n"


def never(rank: int, line: str) -> bool:
    return False


def until(engine: Engine, name: str) -> None:
    end = time.monotonic() + 30
    while engine.name != name:
        assert time.monotonic() < end
        engine.nominate(LINES)
        time.sleep(0.01)


needs_hyperscan = pytest.mark.skipif(not vector.is_available(), reason="hyperscan has no wheel for this platform")


def test_without_the_library_literals_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector, "is_available", lambda: False)
    assert isinstance(choose_engine(CHEAP, never), AutomatonEngine)


@needs_hyperscan
def test_what_is_cheap_is_made_at_once(tmp_path: Path) -> None:
    assert choose_engine(CHEAP, never, tmp_path / "scanner").name == "hyperscan"
    assert choose_engine(COSTLY, never).name == "hyperscan"  # without a folder there is nothing to wait for
    assert not (tmp_path / "scanner").exists()


@needs_hyperscan
def test_what_is_costly_is_made_in_a_child_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "scanner"
    engine = choose_engine(COSTLY, never, folder)
    assert isinstance(engine, Coming)
    assert engine.name == "ahocorasick"
    assert len(engine.nominate(LINES)) == 2  # by literals, both lines
    until(engine, "hyperscan")
    assert len(engine.nominate(LINES)) == 1
    assert folder.stat().st_mode & 0o777 == 0o700
    assert isinstance(choose_engine(COSTLY, never, folder), vector.VectorEngine)


@needs_hyperscan
def test_a_poisoned_database_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "scanner"
    until(choose_engine(COSTLY, never, folder), "hyperscan")
    (kept,) = folder.iterdir()
    good = kept.read_bytes()
    digest = databases.digest_of(vector.version(), vector.order(COSTLY).expressions)
    for body in (b"[]\nrubbish", b"not json\n", b""):
        databases.write_database(folder, digest, body)  # right checksum, wrong content
        engine = choose_engine(COSTLY, never, folder)
        assert isinstance(engine, Coming)
        until(engine, "hyperscan")
        assert kept.read_bytes() == good


@needs_hyperscan
def test_a_folder_that_cannot_be_made_leaves_the_slower_engine(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    engine = choose_engine(COSTLY, never, tmp_path / "file" / "scanner")
    assert len(engine.nominate(LINES)) == 2
    assert engine.name == "ahocorasick"
