"""What happens to log files in the field, done to real files: docs/faults.md says which fault is which."""

from __future__ import annotations

import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.logs import Site, numbered, numbers
from wire.messages import GapCause

NOBODY = 65_534


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.log.touch()
    made.read()
    yield made
    made.reader.close()


def rotate(site: Site, *, packed: bool = False) -> Path:
    """One turn of logrotate's names, with the real gzip."""
    for number in range(8, 0, -1):
        for ending in ("", ".gz"):
            old = site.folder / f"app.log.{number}{ending}"
            if old.exists():
                old.rename(site.folder / f"app.log.{number + 1}{ending}")
    rotated = site.folder / "app.log.1"
    site.log.rename(rotated)
    site.log.touch()
    if packed:
        subprocess.run(["gzip", rotated], check=True)
        return rotated.with_name("app.log.1.gz")
    return rotated


# ------------------------------------------------------------------ 22, 23: cut or replaced while the agent is away


def test_a_file_cut_while_the_agent_is_away_is_read_again_once(site: Site) -> None:
    site.write(numbered(*range(50)))
    site.read()
    site.crash()
    os.truncate(site.log, 0)
    site.write(numbered(100))
    assert numbers(site.read()) == [100]
    for _ in range(3):  # the new beginning is stored: a further start reads nothing again
        site.crash()
        assert site.read() == []
    assert [gap.cause for gap in site.intake.gaps] == [GapCause.TRUNCATED]


def test_an_inode_that_is_used_again_is_another_file(site: Site) -> None:
    site.write(numbered(1))
    site.read()
    site.crash()
    inode = site.log.stat().st_ino
    site.log.unlink()
    for attempt in range(5_000):
        site.log.write_text(numbered(2, 3))
        if site.log.stat().st_ino == inode:
            break
        site.log.rename(site.folder / f"other-{attempt}")
    assert site.log.stat().st_ino == inode, "the inode was never used again: this test shows nothing"
    assert numbers(site.read()) == [2, 3]
    assert len(site.intake.gaps) == 1


# ------------------------------------------------------------------ 24, 25: compressed, and rotated twice between looks


def test_what_was_compressed_before_it_was_read_is_unpacked_once(site: Site) -> None:
    site.write(numbered(*range(100)))
    site.read()
    site.crash()
    site.write(numbered(*range(100, 3_000)))
    rotate(site, packed=True)
    site.write(numbered(3_000))
    site.read()
    assert sorted(numbers(site.intake.events)) == list(range(3_001))
    for _ in range(2):
        site.sleep(10)
        site.crash()
        site.read()
    assert len(numbers(site.intake.events)) == 3_001
    assert site.intake.gaps == []


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("is_away", [False, True])
def test_several_rotations_between_two_looks_are_read_in_order(site: Site, *, packed: bool, is_away: bool) -> None:
    site.write(numbered(1))
    site.read()
    if is_away:
        site.crash()
    for number in (2, 3, 4):
        site.write(numbered(number))
        time.sleep(0.02)  # the order of files is that of their times
        rotate(site, packed=packed)
    site.write(numbered(5))
    site.read()
    assert numbers(site.intake.events) == [1, 2, 3, 4, 5]
    site.sleep(61)
    site.crash()
    site.read()
    assert len(site.intake.events) == 5
    assert site.intake.gaps == []


def test_a_compressed_rest_that_is_damaged_is_a_gap(site: Site) -> None:
    site.write(numbered(*range(100)))
    site.read()
    site.crash()
    site.write(os.urandom(300_000).replace(b"\n", b"x") + b"\n" + numbered(*range(100, 200)).encode())
    packed = rotate(site, packed=True)
    os.truncate(packed, packed.stat().st_size // 2)
    site.read()
    (gap,) = site.intake.gaps
    assert (gap.cause, gap.source) == (GapCause.UNREADABLE, str(site.log))
    assert gap.from_byte >= len(numbered(*range(100)))
    site.sleep(10)
    site.read()
    site.crash()
    site.read()
    assert len(site.intake.gaps) == 1


def test_what_is_gone_is_a_gap_with_its_first_byte(site: Site) -> None:
    site.write(numbered(1))
    site.read()
    site.crash()
    site.write(numbered(2))
    rotate(site, packed=True).unlink()
    site.read()
    (gap,) = site.intake.gaps
    assert (gap.cause, gap.from_byte, gap.until) == (GapCause.ROTATED, len(numbered(1)), site.now)


def test_a_bomb_is_no_log(site: Site) -> None:
    """64 MB of zeros a thousand times packed: a bounded part of it is unpacked, then it is a gap."""
    site.write(numbered(1))
    site.read()
    site.crash()
    head = site.log.read_bytes()
    site.log.unlink()
    bomb = gzip.compress(head + bytes(80 * 2**20))
    (site.folder / "app.log.1.gz").write_bytes(bomb)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    site.read()
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1_024 < 30 * 2**20
    assert [gap.cause for gap in site.intake.gaps] == [GapCause.UNREADABLE]


# ------------------------------------------------------------------ 26: links that somebody else put there


@pytest.fixture
def application() -> Iterator[Path]:
    """A folder with a log that belongs to the application's user, and secrets beside it."""
    home = Path(tempfile.mkdtemp(dir="/tmp"))
    home.chmod(0o755)
    (home / "secrets").mkdir()
    (home / "secrets/app.log").write_text(numbered(666))
    (home / "application/log").mkdir(parents=True)
    for folder in (home / "application", home / "application/log"):
        os.chown(folder, NOBODY, NOBODY)
    yield home / "application"
    shutil.rmtree(home)


def link_of_the_application(link: Path, target: Path) -> None:
    link.symlink_to(target)
    os.lchown(link, NOBODY, NOBODY)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of another user")
def test_a_log_or_its_folder_that_becomes_a_link_to_secrets_is_refused(application: Path) -> None:
    site = Site(application / "log")
    secrets = application.with_name("secrets")
    site.log.touch()
    site.read()
    site.log.unlink()
    link_of_the_application(site.log, secrets / "app.log")
    site.read()
    assert "symbolic link" in site.problems()["app.log"]
    shutil.move(site.folder, application / "old")
    link_of_the_application(application / "log", secrets)
    site.read()
    assert "root did not make" in site.problems()["app.log"]
    (application / "log").unlink()
    shutil.move(application / "old", site.folder)
    site.log.unlink()
    site.write(numbered(2))
    assert numbers(site.read()) == [2]
    assert numbers(site.intake.events) == [2]
    site.reader.close()


def test_a_folder_that_root_made_a_link_may_be_followed_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "log").symlink_to("data")
    site = Site(tmp_path / "log")
    site.log.touch()
    site.read()
    site.write(numbered(1))
    assert numbers(site.read()) == [1]
    site.reader.close()


# ------------------------------------------------------------------ 28, 29: a line without end, and nothing at all


def test_a_line_without_end_costs_no_memory_and_is_cut(site: Site) -> None:
    block = b"x" * 2**20
    with site.log.open("ab") as file:
        for _ in range(1_024):
            file.write(block)
    site.read()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    site.write(b"\n" + numbered(7).encode())
    site.crash()
    assert numbers(site.read()) == [7]
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1_024 < 20 * 2**20
    (gap,) = site.intake.gaps
    assert (gap.cause, gap.bytes_lost) == (GapCause.OVERSIZED, 2**30 - 1_000_000)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_a_terabyte_of_nothing_is_passed_at_once(tmp_path: Path, encoding: str) -> None:
    site = Site(tmp_path, encoding=encoding)
    site.log.touch()
    site.read()
    site.write(numbered(1).encode(encoding))
    os.truncate(site.log, 10**12)
    site.write(("\n" + numbered(2)).encode(encoding))
    began = time.process_time()
    site.read()
    assert numbers(site.intake.events) == [1, 2]
    assert time.process_time() - began < 5
    site.reader.close()


def test_a_gigabyte_of_nothing_that_was_written_is_folded(site: Site) -> None:
    """Zeros on the disk, not a hole: 128 MB of them, in bounded memory."""
    with site.log.open("ab") as file:
        for _ in range(128):
            file.write(bytes(2**20))
    site.write(numbered(1))
    began = time.process_time()
    site.read()
    assert numbers(site.intake.events) == [1]
    assert "\0" not in site.intake.events[0].text[1:]
    assert time.process_time() - began < 5


# ------------------------------------------------------------------ the last line


def test_a_last_line_without_end_is_an_event_after_a_silence_and_counts_once(site: Site) -> None:
    site.write(numbered(1) + numbered(2)[:-1])
    assert numbers(site.read()) == [1]
    site.sleep(4.9)
    site.read()
    assert len(site.intake.events) == 1
    site.sleep(0.2)
    site.read()
    assert numbers(site.intake.events) == [1, 2]
    site.write("\n" + numbered(3))
    site.read()
    site.crash()
    site.read()
    assert numbers(site.intake.events) == [1, 2, 3]
    assert [event.line_number for event in site.intake.events] == [1, 2, 3]


def test_half_a_word_waits_for_the_other_half(site: Site) -> None:
    site.write("2026 ERROR num")
    site.read()
    site.sleep(60)
    site.read()
    site.write("ber 4\n")
    assert numbers(site.read()) == [4]


def test_a_crash_after_a_half_line_was_taken_takes_it_no_second_time(site: Site) -> None:
    site.write(numbered(1)[:-1])
    site.read()
    site.sleep(6)
    site.read()
    site.crash()
    site.write("\n")
    site.read()
    site.sleep(6)
    site.read()
    assert numbers(site.intake.events) == [1]


# ------------------------------------------------------------------ 30: the file system goes away and comes back

UNMOUNTED = """
import json, pathlib, subprocess, sys
from tests.fakes.logs import Site, numbered, numbers
folder = pathlib.Path(sys.argv[1])
disk, place = folder / "disk", folder / "log"
subprocess.run(["mount", "--bind", disk, place], check=True)
(folder / "own").mkdir()
site = Site(place, catalogue=str(folder / "catalogue.yaml"))
site.log.touch(); site.read()
site.write(numbered(1, 2)); site.read()
subprocess.run(["umount", "-l", place], check=True)
seen = []
for _ in range(4):
    site.sleep(61); site.read(); seen.append(site.problems())
site.write(numbered(3), disk / "app.log")
subprocess.run(["mount", "-t", "tmpfs", "none", place], check=True)  # another one in its place for a while
for _ in range(2):
    site.sleep(61); site.read()
subprocess.run(["umount", place], check=True)
site.crash(); site.read()
subprocess.run(["mount", "--bind", disk, place], check=True)
site.sleep(6); site.read()
site.write(numbered(4)); site.read()
print(json.dumps([numbers(site.intake.events), len(site.intake.gaps), seen[-1], site.problems()]))
site.reader.close()
"""


def test_a_file_system_that_is_unmounted_under_us(tmp_path: Path, repository: Path) -> None:
    for name in ("disk", "log"):
        (tmp_path / name).mkdir()
    shutil.copy(Site(tmp_path).catalogue, tmp_path / "disk/catalogue.yaml")
    (tmp_path / "disk").rename(tmp_path / "outer")
    (tmp_path / "disk").mkdir()
    script = f'mount -t tmpfs none {tmp_path}/disk && exec {sys.executable} -c "$0" {tmp_path}'
    ran = _in_namespace(script, UNMOUNTED, repository)
    events, gaps, while_away, at_last = json.loads(ran.splitlines()[-1])
    assert events == [1, 2, 3, 4]
    assert gaps == 0
    assert while_away == {"app.log": "it does not exist"}
    assert at_last == {}


# ------------------------------------------------------------------ 51: few descriptors; 100,000 files

FEW = """
import json, pathlib, resource, sys
from tests.fakes.logs import Site, numbered, numbers
folder = pathlib.Path(sys.argv[1])
(folder / "first.log").touch()
site = Site(folder, path=str(folder / "*.log"))
site.read()
resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
site.reader.reload([site.source])
for number in range(100):
    site.write(numbered(number), folder / f"{number:03}.log")
for _ in range(60):
    site.read()
    site.sleep(1)
for number in range(100):
    site.write(numbered(1_000 + number), folder / f"{number:03}.log")
for _ in range(60):
    site.read()
    site.sleep(1)
opened = len(list(pathlib.Path("/proc/self/fd").iterdir()))
site.reader.close()
print(json.dumps([sorted(numbers(site.intake.events)), len(site.intake.gaps), opened]))
"""


def test_32_descriptors_are_enough_for_100_files(tmp_path: Path, repository: Path) -> None:
    command = [sys.executable, "-c", FEW, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(repository)}
    ran = subprocess.run(command, capture_output=True, text=True, cwd=repository, env=environment, check=False)
    assert ran.returncode == 0, ran.stderr
    found, gaps, opened = json.loads(ran.stdout.splitlines()[-1])
    assert found == [*range(100), *range(1_000, 1_100)]
    assert gaps == 0
    assert opened < 32


def test_100_000_files_under_a_pattern_cost_little_and_are_told() -> None:
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    try:
        (folder / "a.log").touch()
        for number in range(100_000):
            os.mknod(folder / f"{number:06}.log")
        site = Site(folder, path=str(folder / "*.log"))
        site.read()
        began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(40):
            site.sleep(1)
            site.read()
        assert (time.process_time() - began) / 40 < 0.1  # of a core, at one look a second
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1_024 < 10 * 2**20
        assert "100001 files match" in site.problems()["*.log"]
        site.write(numbered(1), folder / "000000.log")
        assert numbers(site.read()) == [1]
        site.reader.close()
    finally:
        shutil.rmtree(folder)


def _in_namespace(script: str, child: str, repository: Path) -> str:
    ran = subprocess.run(
        ["unshare", "-rm", "--propagation", "private", "sh", "-c", script, child],
        capture_output=True,
        text=True,
        cwd=repository,
        env=os.environ | {"PYTHONPATH": str(repository)},
        check=False,
    )
    if "unshare:" in ran.stderr or "mount:" in ran.stderr:
        pytest.skip(f"no namespace of our own here: {ran.stderr.strip()}")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
