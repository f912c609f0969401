"""One suite for both engines: what is saved comes back as it was, or is told to be damaged."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from remediation.backup.engines.restic.engine import ResticEngine
from remediation.backup.errors import BackupError, RestoreRefused, TargetRefused, TargetUnavailable
from remediation.backup.model import Entry, EntryKind, Part, SaveOrder, Selection, Snapshot, Step
from tests.fakes import hard_tree
from tests.fakes.backup_engines import AT, EVERYTHING, KEY, OTHER_KEY, Kit, an_order, is_restic_here, kits, silent
from tests.fakes.restic_key import cheapen

needs_restic = pytest.mark.skipif(not is_restic_here(), reason="no restic (Debian package restic)")
WHOLE = Part(1, 1)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Targets that were prepared once: restic measures for seconds how slow its key shall be."""

    @cache
    def made(name: str) -> Path:
        kit = kits(tmp_path_factory.mktemp(name))[name]()
        kit.engine.prepare()
        if name == "restic":
            cheapen(kit.root, KEY.hex())
        return kit.root

    return made


@pytest.fixture(params=["archive", pytest.param("restic", marks=needs_restic)])
def kit(request: pytest.FixtureRequest, tmp_path: Path, prepared: Callable[[str], Path]) -> Kit:
    made = kits(tmp_path)[request.param]()
    shutil.copytree(prepared(request.param), made.root)
    return made


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("hard") / "tree"
    hard_tree.make(root)
    yield root
    (root / "locked folder").chmod(0o755)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    root = tmp_path / "plain"
    (root / "folder").mkdir(parents=True)
    for number in range(8):
        (root / "folder" / f"{number}").write_bytes(os.urandom(300_000))
    (root / "note").write_text("a note")
    return root


def below(into: Path, root: Path) -> Path:
    return into / root.relative_to("/")


def saved(kit: Kit, *roots: Path, at: datetime = AT) -> Snapshot:
    return kit.engine.save(an_order(*roots, at=at), silent).snapshot


def test_a_hard_tree_comes_back_bit_for_bit(kit: Kit, tree: Path, tmp_path: Path) -> None:
    before = hard_tree.described(tree)
    result = kit.engine.save(an_order(tree), silent)
    expected_unread = set() if hard_tree.is_readable(tree / "nothing") else {"nothing"}
    assert {Path(one.path).name for one in result.unread} == expected_unread
    done = kit.fresh().restore(result.snapshot.id, EVERYTHING, tmp_path / "into", silent)
    after = hard_tree.described(below(tmp_path / "into", tree))
    if kit.name == "restic":
        before.pop(b"/socket")  # it saves none
        odd = after.pop(b"/links/odd \xff"), before.pop(b"/links/odd \xff")  # 0.14 takes a target for text
        assert odd[0][-1] in {odd[1][-1], b"target \xef\xbf\xbd"}
    if expected_unread:
        before.pop(b"/nothing")
    assert after == before
    assert [problem for problem in done.problems if problem.path.startswith(f"{tree}/")] == []  # of others: parents
    assert done.files == sum(1 for one in before.values() if stat.S_ISREG(int(str(one[0]), 8)))


def test_holes_stay_holes(kit: Kit, tree: Path, tmp_path: Path) -> None:
    if isinstance(kit.engine, ResticEngine) and kit.engine.version < (0, 15):
        assert kit.name == "restic"  # 0.14 writes the zeros out: equal, only larger
        return
    snapshot = saved(kit, tree)
    chosen = Selection((str(tree / "sparse"), str(tree / "hole only")))
    kit.engine.restore(snapshot.id, chosen, tmp_path / "into", silent)
    where = below(tmp_path / "into", tree)
    assert (where / "sparse").stat().st_blocks * 512 <= (2 << 20)
    assert (where / "hole only").stat().st_blocks * 512 < (1 << 20)


def test_a_second_save_adds_next_to_nothing(kit: Kit, plain: Path) -> None:
    first = kit.engine.save(an_order(plain), silent)
    again = kit.engine.save(an_order(plain, at=AT + timedelta(hours=1)), silent)
    assert first.added_bytes > 2_000_000
    assert again.added_bytes < 20_000
    (plain / "folder/0").write_bytes(os.urandom(300_000))
    third = kit.fresh().save(an_order(plain, at=AT + timedelta(hours=2)), silent)
    assert 290_000 < third.added_bytes < 900_000
    assert (third.files, third.size_bytes) == (9, 8 * 300_000 + 6)


def test_what_a_snapshot_says(kit: Kit, plain: Path) -> None:
    assert list(kit.engine.snapshots()) == []
    before = datetime.now(UTC) - timedelta(seconds=1)
    made = saved(kit, plain)
    (found,) = kit.fresh().snapshots()
    assert (found.id, found.at, found.host, found.roots) == (made.id, AT, "host-1", (str(plain),))
    assert found.labels == {"site": "clinic, 서울=1"}
    assert found.arrived_at is not None
    assert before <= found.arrived_at <= datetime.now(UTC)


def test_a_forged_time_does_not_change_the_time_of_arrival(kit: Kit, plain: Path) -> None:
    claimed = AT.replace(year=AT.year + 10)
    saved(kit, plain, at=claimed)
    for path in (kit.root / kit.snapshots).iterdir():
        os.utime(path, (1, 1))
    (found,) = kit.engine.snapshots()
    assert found.at == claimed
    assert found.arrived_at is not None
    assert abs(found.arrived_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_entries_and_content(kit: Kit, tree: Path) -> None:
    snapshot = saved(kit, tree)
    found = {
        entry.path: entry for entry in kit.fresh().entries(snapshot.id, EVERYTHING) if entry.path.startswith(str(tree))
    }
    on_disk = {str(tree) + os.fsdecode(name) for name in hard_tree.described(tree)}
    missing = {str(tree / "socket")} if kit.name == "restic" else set()
    missing |= set() if hard_tree.is_readable(tree / "nothing") else {str(tree / "nothing")}
    assert set(found) == on_disk - missing
    small = found[str(tree / "small")]
    status = (tree / "small").stat()
    assert small == Entry(
        str(tree / "small"),
        EntryKind.FILE,
        status.st_size,
        status.st_mode & 0o7777,
        status.st_uid,
        status.st_gid,
        status.st_mtime_ns,
    )
    assert found[str(tree / "setgid")].mode == 0o2750
    for name in ["small", "empty", "large", "sparse", "links/third", "names/" + os.fsdecode(b"\xff\xfe broken")]:
        assert b"".join(kit.engine.read(snapshot.id, str(tree / name))) == (tree / name).read_bytes(), name


def test_parents_come_before_children(kit: Kit, tree: Path) -> None:
    snapshot = saved(kit, tree)
    seen = {"/"}
    for entry in kit.engine.entries(snapshot.id, EVERYTHING):
        assert entry.path.rpartition("/")[0] in seen | {""}, entry.path
        seen.add(entry.path)
    assert len(seen) > 80


def test_single_files_come_back_alone(kit: Kit, tree: Path, tmp_path: Path) -> None:
    snapshot = saved(kit, tree)
    for number, name in enumerate(["names/star*[x]?", "names/" + os.fsdecode(b"\xff\xfe broken"), "links/third"]):
        _alone(kit, snapshot, tree, name, tmp_path / f"{number}")


def _alone(kit: Kit, snapshot: Snapshot, tree: Path, name: str, into: Path) -> None:
    done = kit.engine.restore(snapshot.id, Selection((str(tree / name),)), into, silent)
    where = below(into, tree)
    found = [path for path in where.rglob("*") if path.is_file() and not path.is_symlink()]
    assert found == [where / name]
    assert (where / name).read_bytes() == (tree / name).read_bytes()
    assert (done.files, done.size_bytes) == (1, (tree / name).stat().st_size)


def test_one_folder_comes_back_alone(kit: Kit, tree: Path, tmp_path: Path) -> None:
    snapshot = saved(kit, tree)
    kit.engine.restore(snapshot.id, Selection((str(tree / "many"),)), tmp_path / "into", silent)
    where = below(tmp_path / "into", tree)
    assert [path.name for path in where.iterdir()] == ["many"]
    assert hard_tree.described(where / "many") == hard_tree.described(tree / "many")


def test_what_is_excluded_is_not_there(kit: Kit, plain: Path) -> None:
    order = SaveOrder("host-1", (plain,), {}, AT, exclude=(f"{plain}/folder/[1-6]",))
    snapshot = kit.engine.save(order, silent).snapshot
    names = {Path(entry.path).name for entry in kit.engine.entries(snapshot.id, Selection((str(plain / "folder"),)))}
    assert names == {"folder", "0", "7"}


@pytest.mark.parametrize("what", ["file", "full", "link"])
def test_a_restore_never_writes_over_anything(kit: Kit, plain: Path, tmp_path: Path, what: str) -> None:
    snapshot = saved(kit, plain)
    into = tmp_path / "into"
    (tmp_path / "other").mkdir()
    if what == "file":
        into.write_text("mine")
    elif what == "link":
        into.symlink_to(tmp_path / "other")
    else:
        into.mkdir()
        (into / "mine").touch()
    with pytest.raises(RestoreRefused):
        kit.engine.restore(snapshot.id, EVERYTHING, into, silent)
    assert list((tmp_path / "other").iterdir()) == []


@pytest.mark.parametrize("id_", ["0" * 64, "--help"])
def test_a_snapshot_that_is_not_there(kit: Kit, tmp_path: Path, id_: str) -> None:
    with pytest.raises(BackupError):
        kit.engine.restore(id_, EVERYTHING, tmp_path / "into", silent)
    assert not (tmp_path / "into").exists() or not list((tmp_path / "into").iterdir())


def test_a_wrong_key_is_told(kit: Kit, plain: Path) -> None:
    saved(kit, plain)
    with pytest.raises(TargetRefused, match="key does not open"):
        kit.fresh(OTHER_KEY).snapshots()


def test_preparing_twice_keeps_everything(kit: Kit, plain: Path) -> None:
    made = saved(kit, plain)
    kit.fresh().prepare()
    assert [one.id for one in kit.engine.snapshots()] == [made.id]


def test_a_target_that_is_gone_is_not_made_anew(kit: Kit, plain: Path, tmp_path: Path) -> None:
    saved(kit, plain)
    kit.root.rename(tmp_path / "unplugged")
    kit.root.mkdir()  # the empty mount point that is left
    with pytest.raises(TargetUnavailable, match="attach the disk"):
        saved(kit, plain)
    assert list(kit.root.iterdir()) == []
    kit.root.rmdir()
    (tmp_path / "unplugged").rename(kit.root)
    assert len(kit.engine.snapshots()) == 1


def test_a_good_target_has_no_damage(kit: Kit, plain: Path) -> None:
    saved(kit, plain)
    assert list(kit.engine.check(None)) == []
    assert list(kit.engine.check(WHOLE)) == []


def _flip(path: Path, at: int) -> None:
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 0x10
    path.write_bytes(content)


def test_a_flipped_bit_in_any_pack_is_found_by_the_parts_and_never_restored(
    kit: Kit, plain: Path, tmp_path: Path
) -> None:
    snapshot = saved(kit, plain)
    good = kit.root.with_name("good")
    shutil.copytree(kit.root, good, copy_function=shutil.copy2)
    packs = kit.all_packs()
    assert packs
    for number, pack in enumerate(packs):
        _flip(pack, pack.stat().st_size * (number + 1) // (len(packs) + 1))
        parts = 2
        damages = [damage for part in range(1, parts + 1) for damage in kit.engine.check(Part(part, parts))]
        assert damages, pack
        pack.write_bytes((good / pack.relative_to(kit.root)).read_bytes())
    assert [damage for part in (1, 2) for damage in kit.engine.check(Part(part, 2))] == []
    _flip(max(packs, key=lambda one: one.stat().st_size), 70_000)
    into = tmp_path / "into"
    try:
        done = kit.fresh().restore(snapshot.id, EVERYTHING, into, silent)
    except BackupError:
        return
    assert done.problems
    for path in (one for one in into.rglob("*") if one.is_file()):
        damaged = any(problem.path == f"/{path.relative_to(into)}" for problem in done.problems)
        assert damaged or path.read_bytes() == Path("/", path.relative_to(into)).read_bytes()


def test_a_deleted_pack_is_found_without_reading(kit: Kit, plain: Path) -> None:
    saved(kit, plain)
    max(kit.all_packs(), key=lambda one: one.stat().st_size).unlink()
    assert kit.engine.check(None)


def test_forgetting_frees_space_and_keeps_the_rest(kit: Kit, plain: Path, tmp_path: Path) -> None:
    big = plain / "big"
    big.write_bytes(os.urandom(4 << 20))
    first = saved(kit, plain)
    big.write_bytes(os.urandom(1 << 20))
    second = saved(kit, plain, at=AT + timedelta(days=1))
    freed = kit.fresh().forget([first.id])
    assert freed > 3 << 20
    assert [one.id for one in kit.engine.snapshots()] == [second.id]
    assert list(kit.engine.check(WHOLE)) == []
    kit.engine.restore(second.id, EVERYTHING, tmp_path / "into", silent)
    assert hard_tree.described(below(tmp_path / "into", plain)) == hard_tree.described(plain)
    third = saved(kit, plain, at=AT + timedelta(days=2))
    assert {one.id for one in kit.fresh().snapshots()} == {second.id, third.id}
    assert list(kit.engine.check(WHOLE)) == []
    assert kit.engine.forget([]) == 0


def test_two_savers_at_once(kit: Kit, plain: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "file").write_bytes(os.urandom(2 << 20))
    second = kit.fresh()
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(kit.engine.save, an_order(plain), silent)
        two = pool.submit(second.save, an_order(other, plain, at=AT + timedelta(minutes=1)), silent)
        made = [one.result().snapshot.id, two.result().snapshot.id]
    assert [found.id for found in kit.fresh().snapshots()] == made
    assert list(kit.engine.check(WHOLE)) == []
    kit.engine.restore(made[1], EVERYTHING, tmp_path / "into", silent)
    assert hard_tree.described(below(tmp_path / "into", other)) == hard_tree.described(other)


def test_what_is_not_there_is_told(kit: Kit, plain: Path, tmp_path: Path) -> None:
    result = kit.engine.save(an_order(plain, tmp_path / "absent"), silent)
    assert [one.path for one in result.unread] == [str(tmp_path / "absent")]
    assert result.files == 9


def test_progress_is_told(kit: Kit, plain: Path, tmp_path: Path) -> None:
    for number in range(600):
        (plain / f"{number}").write_bytes(b"%d" % number)
    steps: list[Step] = []
    snapshot = kit.engine.save(an_order(plain), steps.append).snapshot
    assert steps
    assert max(step.done_files for step in steps) > 0
    steps.clear()
    kit.engine.restore(snapshot.id, EVERYTHING, tmp_path / "into", steps.append)
    assert any(step.total_files == 609 for step in steps)
