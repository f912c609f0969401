"""Steps on real databases, killed between and inside their statements: the old rows or the new, never half.

The applying process is killed at the system calls by which it speaks to the database (or, for SQLite, writes to the
file); the points come from tracing a run. The servers themselves are killed in the middle of a migration and come
up again as after a crash of the host.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.fakes import patched_databases
from tests.fakes.patched_databases import FAILED, KINDS, PATCH, Clinic, clinic, migration, slow

IS_SOAK = os.environ.get("SOAK") == "1"
POINTS = 10_000 if IS_SOAK else 6  # of each engine and direction
CALLS = ("sendto", "pwrite64", "fdatasync", "fsync", "unlink", "rename")
LINE = re.compile(r"^(\w+)\(")
WAIT_S = 40

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.timeout(3_600 if IS_SOAK else 170)]


class Attempt:
    """One clinic, its settings on the disk, and what was saved of it."""

    def __init__(self, site: Clinic, folder: Path) -> None:
        self.site = site
        self.folder = folder
        self.kept = folder / "kept"
        self.settings = site.settings_file(folder / "databases.yaml")

    def fresh(self) -> None:
        """The old version, saved."""
        shutil.rmtree(self.kept, ignore_errors=True)
        for ending in ("", "-wal", "-shm", "-journal", ".sitewarden"):
            if self.site.setting.path is not None:
                Path(self.site.setting.path + ending).unlink(missing_ok=True)
        self.site.make()
        self.site.databases().save(migration(self.site.kind), self.kept)

    def started(self, act: str, *before: str) -> subprocess.Popen[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": str(Path(patched_databases.__file__).parents[2]),
        }
        program = [sys.executable, patched_databases.__file__, str(self.settings), str(self.kept), self.site.kind, act]
        words = [*before, *program]
        return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def ran(self, act: str, *before: str) -> tuple[int, str]:
        process = self.started(act, *before)
        said, _ = process.communicate(timeout=WAIT_S)
        return process.returncode, said

    def points(self, act: str) -> list[tuple[str, int]]:
        """(system call, its number among those of its name)."""
        log = self.folder / "strace"
        code, said = self.ran(act, "strace", "-qq", "-o", str(log), "-e", f"trace={','.join(CALLS)}")
        assert code == 0, said
        counts: dict[str, int] = {}
        found = []
        for line in log.read_text().splitlines():
            if match := LINE.match(line):
                counts[match[1]] = counts.get(match[1], 0) + 1
                found.append((match[1], counts[match[1]]))
        return found

    def killed(self, act: str, point: tuple[str, int]) -> None:
        name, number = point
        inject = f"inject={name}:signal=SIGKILL:when={number}"
        code, said = self.ran(act, "strace", "-qq", "-o", "/dev/null", "-e", f"trace={name}", "-e", inject)
        assert code in {-9, 137}, (point, code, said)

    def recovered(self) -> str:
        """The version after taking back, which may be done twice."""
        for _ in range(2):
            self.site.databases().backward(PATCH, migration(self.site.kind), self.kept)
        assert self.site.mark_count() == 0
        return self.site.version()


@pytest.fixture(scope="module", params=KINDS)
def attempt(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attempt]:
    if shutil.which("strace") is None:
        pytest.skip("killing at system calls needs strace (Debian: strace)")
    folder = tmp_path_factory.mktemp(request.param)
    with clinic(request.param, folder) as site:
        yield Attempt(site, folder)


def some(points: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Spread over all, the last one always."""
    stride = max(1, len(points) // POINTS)
    return list(dict.fromkeys([*points[stride // 2 :: stride], points[-1]]))


def test_killed_anywhere_in_a_migration_it_is_the_old_one_again(attempt: Attempt) -> None:
    attempt.fresh()
    found = attempt.points("forward")
    assert attempt.site.version() == "new"
    assert len(found) >= 10, "the control: the run really speaks to the database"
    before = set()
    for point in some(found):
        attempt.fresh()
        attempt.killed("forward", point)
        before.add(attempt.site.version().partition(":")[0])
        assert attempt.recovered() == "old", point
    if attempt.site.kind == "mariadb":
        assert "half" in before, "the control: without recovery it would be half"
    else:
        assert before <= {"old", "new"}, "one transaction is never half, even before recovery"


def test_killed_anywhere_in_taking_back_it_is_taken_back_the_next_time(attempt: Attempt) -> None:
    attempt.fresh()
    assert attempt.ran("forward")[0] == 0
    found = attempt.points("backward")
    assert attempt.site.version() == "old"
    for point in some(found)[:: 1 if IS_SOAK else 2]:
        attempt.fresh()
        assert attempt.ran("forward")[0] == 0
        attempt.killed("backward", point)
        assert attempt.recovered() == "old", point


# ---------------------------------------------------------------- the server


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def killed_server(site: Clinic) -> Iterator[None]:
    """SIGKILL for the server of a clinic; inside the block it runs again, on what was on the disk."""
    port = site.setting.port
    lines = [line for line in psutil.net_connections("tcp") if line.status == "LISTEN"]
    listening = [line.pid for line in lines if line.laddr and line.laddr.port == port]
    server = psutil.Process(next(pid for pid in listening if pid))
    argv, folder, user = server.cmdline(), Path(server.cwd()).parent, server.username()  # it went into its data
    children = server.children(recursive=True)
    server.kill()
    gone, left = psutil.wait_procs([server, *children], timeout=WAIT_S)
    assert gone
    assert not left
    with (folder / "again.out").open("wb") as out:
        again = subprocess.Popen(argv, cwd=folder, user=user if os.geteuid() == 0 else None, stdout=out, stderr=out)
    try:
        until(lambda: _answers(site))
        yield
    finally:
        again.send_signal(signal.SIGQUIT if site.kind == "postgresql" else signal.SIGTERM)
        again.wait(WAIT_S)


def _answers(site: Clinic) -> bool:
    try:
        return bool(site.ask("SELECT 1"))
    except Exception:  # noqa: BLE001  # each driver has its own
        return False


def _is_sleeping(site: Clinic) -> bool:
    question = {
        "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'",
        "mariadb": "SELECT count(*) FROM information_schema.PROCESSLIST WHERE INFO = 'DO SLEEP(60)'",
    }[site.kind]
    return bool(site.ask(question)[0][0])


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_server_that_is_killed_in_mid_migration(kind: str, tmp_path: Path) -> None:
    with clinic(kind, tmp_path) as site:
        site.make()
        attempt = Attempt(site, tmp_path)
        site.databases().save(slow(kind), attempt.kept)
        with attempt.started("slow") as process:
            until(lambda: _is_sleeping(site))
            with killed_server(site):
                said, _ = process.communicate(timeout=WAIT_S)
                assert (process.returncode, "refuses" in said) == (FAILED, True), said
                before = site.version()
                assert before == "old" if kind == "postgresql" else before != "old", "the control"
                site.databases().backward(PATCH, slow(kind), attempt.kept)
                assert (site.version(), site.mark_count()) == ("old", 0)
