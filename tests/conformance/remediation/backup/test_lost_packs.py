"""A pack is lost at the target while the files it held are still on the host: the next save heals the past."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from remediation.backup.model import Part
from tests.fakes import hard_tree
from tests.fakes.backup_engines import AT, EVERYTHING, KEY, a_restic, an_archive, an_order, is_restic_here, silent
from tests.fakes.restic_key import cheapen

WHOLE = Part(1, 1)
needs_restic = pytest.mark.skipif(not is_restic_here(), reason="no restic (Debian package restic)")


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    root = tmp_path / "plain"
    root.mkdir()
    for number in range(4):
        (root / f"{number}").write_bytes(os.urandom(3_000_000))  # the first pack holds no listing
    return root


def _largest_pack(target: Path) -> Path:
    return max((path for path in (target / "packs").rglob("*") if path.is_file()), key=lambda one: one.stat().st_size)


def _lose(pack: Path, how: str) -> None:
    pack.chmod(0o600)
    content = bytearray(pack.read_bytes())
    if how == "gone":
        pack.unlink()
    elif how == "short":
        pack.write_bytes(content[:-1])
    else:
        content[len(content) // 2] ^= 1
        pack.write_bytes(content)


@pytest.mark.parametrize("how", ["gone", "short", "flipped"])
def test_what_a_lost_pack_held_is_stored_again_and_the_past_is_whole(tmp_path: Path, plain: Path, how: str) -> None:
    engine = an_archive(tmp_path / "target", tmp_path / "cache")
    engine.prepare()
    first = engine.save(an_order(plain), silent).snapshot
    _lose(_largest_pack(tmp_path / "target"), how)
    blind = engine.save(an_order(plain, at=AT + timedelta(hours=1)), silent)
    assert blind.added_bytes < 20_000, "nobody has looked yet: it relies on what is lost"
    damages = {damage.what: damage.reason for damage in engine.check(WHOLE)}
    assert "3 of its files need content that is lost, the first" in damages[f"snapshots/{first.id}"]
    assert f"snapshots/{blind.snapshot.id}" in damages
    healing = engine.save(an_order(plain, at=AT + timedelta(hours=2)), silent)
    assert healing.added_bytes > 8_000_000
    assert list(engine.check(WHOLE)) == []
    fresh = an_archive(tmp_path / "target", tmp_path / "fresh")
    assert list(fresh.check(WHOLE)) == []
    for number, id_ in enumerate([first.id, blind.snapshot.id, healing.snapshot.id]):
        into = tmp_path / f"into {number}"
        assert fresh.restore(id_, EVERYTHING, into, silent).problems == ()
        assert hard_tree.described(into / plain.relative_to("/")) == hard_tree.described(plain)


def test_what_the_host_has_no_more_stays_lost_and_is_named_until_it_is_forgotten(tmp_path: Path, plain: Path) -> None:
    engine = an_archive(tmp_path / "target", tmp_path / "cache")
    engine.prepare()
    first = engine.save(an_order(plain), silent).snapshot
    _lose(_largest_pack(tmp_path / "target"), "gone")
    assert engine.check(None)
    (plain / "0").unlink()
    second = engine.save(an_order(plain, at=AT + timedelta(hours=1)), silent).snapshot
    hurt = {damage.what for damage in engine.check(None) if damage.what.startswith("snapshots")}
    assert hurt == {f"snapshots/{first.id}"}
    done = an_archive(tmp_path / "target", tmp_path / "fresh").restore(first.id, EVERYTHING, tmp_path / "a", silent)
    assert [problem.path for problem in done.problems] == [str(plain / "0")]
    engine.forget([first.id])
    assert list(engine.check(WHOLE)) == []
    assert engine.restore(second.id, EVERYTHING, tmp_path / "b", silent).problems == ()


def test_a_pack_that_comes_back_is_no_longer_lost(tmp_path: Path, plain: Path) -> None:
    engine = an_archive(tmp_path / "target", tmp_path / "cache")
    engine.prepare()
    engine.save(an_order(plain), silent)
    pack = _largest_pack(tmp_path / "target")
    content = pack.read_bytes()
    _lose(pack, "gone")
    assert engine.check(WHOLE)
    pack.write_bytes(content)
    assert engine.check(None), "its length alone proves nothing"
    assert list(engine.check(WHOLE)) == []
    assert engine.save(an_order(plain, at=AT + timedelta(hours=1)), silent).added_bytes < 20_000


@needs_restic
def test_restic_stores_again_what_a_deleted_pack_held(tmp_path: Path, plain: Path) -> None:
    engine = a_restic(tmp_path / "target", tmp_path / "state")
    engine.prepare()
    cheapen(tmp_path / "target", KEY.hex())
    first = engine.save(an_order(plain), silent).snapshot
    packs = [path for path in (tmp_path / "target/data").rglob("*") if path.is_file()]
    max(packs, key=lambda one: one.stat().st_size).unlink()
    assert any("index was built again" in damage.reason for damage in engine.check(None))
    assert engine.save(an_order(plain, at=AT + timedelta(hours=1)), silent).added_bytes > 1_000_000
    assert list(engine.check(WHOLE)) == []
    assert engine.restore(first.id, EVERYTHING, tmp_path / "into", silent).problems == ()
    assert hard_tree.described(tmp_path / "into" / plain.relative_to("/")) == hard_tree.described(plain)
    pack = max((one for one in (tmp_path / "target/data").rglob("*") if one.is_file()), key=lambda o: o.stat().st_size)
    _lose(pack, "flipped")
    assert any("repair packs" in damage.reason for damage in engine.check(WHOLE))
