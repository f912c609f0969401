"""What saving and restoring cost, beside `tar | zstd -3`, restic by hand and borg in the same run.

    python benchmarks/backup.py                 a tree of 1.4 GB and 12,000 files: programs, logs, random, small
    python benchmarks/backup.py --size 300      a smaller one (MB)
    python benchmarks/backup.py --million       also the memory of a save of one million tiny files

Each line: seconds, processor seconds, largest resident memory of the program or its child, bytes at the target.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

SMALL = 10_000
ENVIRONMENT = {
    **os.environ,
    "RESTIC_PASSWORD": "x",
    "BORG_PASSPHRASE": "x",
    "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
}


def copy_programs(root: Path, left: int, rng: random.Random) -> None:
    """Up to 2,200 files of /usr/lib, few of the small ones."""
    files = 0
    paths = sorted(path for path in Path("/usr/lib").rglob("*") if path.is_file() and not path.is_symlink())
    for path in paths:
        size = path.stat().st_size
        is_wanted = 20_000 <= size < min(left, 60 << 20) or rng.random() < 0.2
        if not is_wanted or not 0 < size < left or files > 2_200:
            continue
        target = root / path.relative_to("/usr/lib")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
        left, files = left - size, files + 1


def make_tree(root: Path, size_mb: int) -> None:
    """60 % programs from /usr/lib, 15 % logs, 25 % random, and 10,000 small files."""
    rng = random.Random(1)  # noqa: S311  # the same tree each time
    copy_programs(root / "programs", size_mb * 600_000, rng)
    (root / "logs").mkdir(parents=True)
    for number in range(10):
        with (root / "logs" / f"app{number}.log").open("w") as log:
            for line in range(size_mb * 150):
                took = rng.randrange(900)
                log.write(f"2026-11-22T10:{line % 60:02} INFO unit{number} {rng.randrange(10**8)} took {took} ms\n")
    (root / "random").mkdir()
    for number in range(max(1, size_mb // 40)):
        (root / "random" / f"{number}").write_bytes(rng.randbytes(10_000_000))
    for number in range(SMALL):
        path = root / "small" / f"{number // 100}" / f"{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%d " % number * rng.randrange(20, 900))


def change(root: Path) -> None:
    """One file in a hundred, each written anew with some bytes changed."""
    for path in sorted(one for one in root.rglob("*") if one.is_file())[::100]:
        content = bytearray(path.read_bytes())
        content[len(content) // 2 : len(content) // 2 + 16] = os.urandom(16)
        path.write_bytes(content)


def size_of(root: Path) -> int:
    return (
        sum(path.lstat().st_size for path in root.rglob("*") if path.is_file())
        if root.is_dir()
        else root.stat().st_size
    )


def timed(what: str, command: Sequence[str | Path], target: Path, folder: Path | None = None) -> None:
    os.sync()
    before = size_of(target) if target.exists() else 0
    started_at = time.monotonic()
    with subprocess.Popen(command, env=ENVIRONMENT, cwd=folder, stdout=subprocess.DEVNULL) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - started_at
    assert child.returncode == 0, command
    added = size_of(target) - before if target.exists() else 0
    cpu = used.ru_utime + used.ru_stime
    print(
        f"{what:34} {took:7.2f} s  cpu {cpu:6.2f} s  {used.ru_maxrss // 1024:5} MB  +{added / 1e6:.1f} MB", flush=True
    )


def ours(engine: str, act: str, base: Path) -> list[str | Path]:
    return [sys.executable, __file__, "--one", engine, act, "--folder", base]


def each(base: Path, act: str, commands: dict[str, Callable[[], list[str | Path]]]) -> None:
    for name, command in commands.items():
        shutil.rmtree(base / "into", ignore_errors=True)
        (base / "into").mkdir()
        timed(f"{act}: {name}", command(), base / name.split()[0], base / "into")


def compare(base: Path) -> None:
    tree = base / "tree"
    at: dict[str, Path] = {name: base / name for name in ("tar", "restic", "borg")}
    saves: dict[str, Callable[[], list[str | Path]]] = {
        "tar": lambda: ["sh", "-c", f"tar -cf - {tree} 2>/dev/null | zstd -3 -q -f -o {at['tar']}"],
        "archive": lambda: ours("archive", "save", base),
        "restic-ours": lambda: ours("restic", "save", base),
    }
    restores: dict[str, Callable[[], list[str | Path]]] = {
        "tar": lambda: ["sh", "-c", f"zstd -dcq {at['tar']} | tar -xf -"],
        "archive": lambda: ours("archive", "restore", base),
        "restic-ours": lambda: ours("restic", "restore", base),
    }
    if shutil.which("restic"):
        subprocess.run([shutil.which("restic") or "", "-q", "-r", at["restic"], "init"], env=ENVIRONMENT, check=True)
        saves["restic by hand"] = lambda: ["restic", "-q", "-r", at["restic"], "backup", tree]
        restores["restic by hand"] = lambda: ["restic", "-q", "-r", at["restic"], "restore", "latest", "--target", "."]
    if shutil.which("borg"):
        subprocess.run(
            [shutil.which("borg") or "", "init", "-e", "repokey-blake2", at["borg"]], env=ENVIRONMENT, check=True
        )
        archive = f"{at['borg']}::{{now:%H%M%S%f}}"
        saves["borg, zstd 3"] = lambda: ["borg", "create", "-C", "zstd,3", archive, tree]
        last = ["sh", "-c", f"borg extract {at['borg']}::$(borg list --short --last 1 {at['borg']})"]
        restores["borg, zstd 3"] = lambda: [*last]
    for engine in ("archive", "restic"):
        subprocess.run(ours(engine, "prepare", base), check=True, env=ENVIRONMENT)
    each(base, "first run", saves)
    each(base, "no change", {name: save for name, save in saves.items() if name != "tar"})
    change(tree)
    each(base, "1 % changed", {name: save for name, save in saves.items() if name != "tar"})
    each(base, "restore", restores)
    each(base, "check of every byte", {"archive": lambda: ours("archive", "check", base)})


def million(base: Path) -> None:
    tree = base / "million"
    for number in range(1_000_000):
        if number % 1_000 == 0:
            (tree / f"{number // 1_000}").mkdir(parents=True)
        (tree / f"{number // 1_000}" / f"{number}").write_bytes(b"%d" % number)
    subprocess.run(ours("million", "prepare", base), check=True, env=ENVIRONMENT)
    for act in ("save", "save", "restore"):
        timed(f"one million files, {act}", ours("million", act, base), base / "million-target")
        shutil.rmtree(base / "into", ignore_errors=True)


def one(engine_name: str, act: str, base: Path) -> None:
    """One call of one of our engines, in a program of its own so that its memory is its own."""
    from remediation.backup.engines.archive.engine import ArchiveEngine  # noqa: PLC0415  # counted as part of the run
    from remediation.backup.engines.archive.keyring import Recipient  # noqa: PLC0415
    from remediation.backup.engines.port import Engine  # noqa: PLC0415
    from remediation.backup.engines.restic.engine import ResticEngine  # noqa: PLC0415
    from remediation.backup.engines.restic.places import Folder  # noqa: PLC0415
    from remediation.backup.engines.targets.directory import Directory  # noqa: PLC0415
    from remediation.backup.engines.targets.pace import Pace  # noqa: PLC0415
    from remediation.backup.model import Part, SaveOrder, Selection  # noqa: PLC0415
    from remediation.backup.programs import Programs  # noqa: PLC0415

    engine: Engine
    if engine_name == "restic":
        engine = ResticEngine(Folder(base / "restic-ours"), "x", base / "state", Programs(time.monotonic))
    else:
        root = base / ("archive" if engine_name == "archive" else "million-target")
        pace = Pace(None, time.monotonic, time.sleep)
        target = Directory(root, pace=pace, new_name=lambda: uuid.uuid4().hex)
        engine = ArchiveEngine(target, Recipient(b"k" * 32), base / "cache", os.urandom)
    tree = base / ("million" if engine_name == "million" else "tree")
    if act == "prepare":
        engine.prepare()
    elif act == "save":
        engine.save(SaveOrder("host", (tree,), {}, datetime.now(UTC)), lambda _: None)
    elif act == "restore":
        engine.restore(engine.snapshots()[-1].id, Selection(), base / "into", lambda _: None)
    else:
        assert engine.check(Part(1, 1)) == []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1_400, help="of the tree, in MB")
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--folder", type=Path, help="where to work; it must be empty or absent")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one[0], arguments.one[1], arguments.folder)
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as base:
        make_tree(Path(base) / "tree", arguments.size)
        compare(Path(base))
        if arguments.million:
            shutil.rmtree(Path(base) / "tree")
            million(Path(base))


if __name__ == "__main__":
    main()
