from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.health.probe import Reading, Remember
from agent.health.probes.antivirus import Antivirus, newest_definitions
from agent.settings.probes import AntivirusCheck
from tests.builders import NOW
from tests.fakes.probes import Bare

HEADER = "ClamAV-VDB:23 Nov 2026 09-30 +0000:27460:2069000:90:0123abcd:signature:raynman:{made}"


@contextmanager
def clamd(path: Path, answer: bytes) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    if connection.recv(64) == b"zPING\0":
                        connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


class Bench:
    def __init__(self, folder: Path, daemon: bool | None = False) -> None:
        self.folder = folder
        self.context = Bare()
        self.settings = AntivirusCheck(
            definitions=str(folder / "db"), socket=str(folder / "s"), log=str(folder / "log"), daemon=daemon
        )
        (folder / "db").mkdir(exist_ok=True)

    def definitions(self, days: float) -> None:
        made = int(NOW.timestamp() - days * 86_400)
        (self.folder / "db/daily.cvd").write_bytes(HEADER.format(made=made).encode().ljust(512) + b"\x1f\x8bdata")

    def bad(self, now: datetime = NOW) -> list[tuple[str, str]]:
        told = []
        for found in Antivirus(self.settings, self.context.recall, clamd=self.folder / "clamd").read(now):
            if isinstance(found, Remember):
                self.context.memories["antivirus"] = found.text
            elif isinstance(found, Reading) and found.bounds and found.value >= found.bounds.raise_at:
                told.append((found.code, found.subject))
        return told


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_daemon_that_is_installed_is_missed_once_it_has_run(tmp_path: Path) -> None:
    bench = Bench(tmp_path, daemon=None)
    (tmp_path / "clamd").touch()
    (tmp_path / "log").touch()
    assert bench.bad() == []
    (tmp_path / "log.1").write_text("+++ Started\n")
    assert bench.bad() == [("HOST-AVS-0001", ""), ("HOST-AVS-0002", "")]


def test_a_host_without_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, daemon=None)
    assert bench.bad() == []
    (tmp_path / "db").rmdir()
    assert bench.bad() == []


@pytest.mark.parametrize(("days", "told"), [(1, []), (4, [("HOST-AVS-0002", "")])])
def test_the_age_of_definitions_is_that_in_their_header(bench: Bench, days: float, told: list[tuple[str, str]]) -> None:
    bench.definitions(days)
    assert bench.bad() == told


def test_broken_definitions_have_the_age_of_their_file(tmp_path: Path) -> None:
    (tmp_path / "daily.cld").write_bytes(b"\xff" * 600)
    os.utime(tmp_path / "daily.cld", (1_000, 1_000))
    assert newest_definitions(tmp_path / "daily.cld") == 1_000
    assert newest_definitions(tmp_path / "missing") == 0


@pytest.mark.parametrize(("answer", "is_bad"), [(b"PONG\0", False), (b"ERROR\0", True), (b"", True), (None, True)])
def test_whether_the_engine_answers(tmp_path: Path, answer: bytes | None, is_bad: bool) -> None:
    bench = Bench(tmp_path, daemon=True)
    bench.definitions(0)
    if answer is None:
        assert bench.bad() == [("HOST-AVS-0001", "")]
        return
    with clamd(tmp_path / "s", answer):
        assert bench.bad() == ([("HOST-AVS-0001", "")] if is_bad else [])


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        (
            "Sun Nov 22 18:16:52 2026 -> instream(127.0.0.1@41234): Win.Test.EICAR_HDB-1 FOUND",
            "instream(127.0.0.1@41234)",
        ),
        ("fd[10]: Win.Test.EICAR_HDB-1(44d88612fea8a8f36de82e1278abb02f:68) FOUND", "fd[10]"),
        ("a b.txt: Win.Test.EICAR_HDB-1 FOUND", "a b.txt"),
        ("./a -> b.txt: Win.Test.EICAR_HDB-1 FOUND", "./a -> b.txt"),
        ("Sun Nov 22 18:16:52 2026 -> /srv/x: y: Win.Test.EICAR_HDB-1 FOUND", "/srv/x: y"),
    ],
)
def test_findings_that_have_no_whole_path(bench: Bench, line: str, finding: str) -> None:
    bench.definitions(0)
    (bench.folder / "log").touch()
    bench.bad()
    (bench.folder / "log").write_text(f"{line}\n")
    assert bench.bad() == [("HOST-AVS-0003", f"Win.Test.EICAR_HDB-1 in {finding}")]


def test_findings_of_its_log_from_now_on(bench: Bench) -> None:
    bench.definitions(0)
    log = bench.folder / "log"
    log.write_text("Mon Nov 23 09:00:00 2026 -> /srv/old: Win.Test.EICAR_HDB-1 FOUND\n")
    assert bench.bad() == []
    with log.open("a") as file:
        file.write(
            "Tue Nov 24 01:00:00 2026 -> "
            "/srv/접수/a b.com: Eicar-Signature(44d88612fea8a8f36de82e1278abb02f:68) FOUND\n"
        )
        file.write("/srv/c.com: Eicar-Signature FOUND\nTue Nov 24 -> SelfCheck: Database status OK.\n/srv/half: x FO")
    told = [
        ("HOST-AVS-0003", "Eicar-Signature in /srv/c.com"),
        ("HOST-AVS-0003", "Eicar-Signature in /srv/접수/a b.com"),
    ]
    assert sorted(bench.bad()) == told
    with log.open("a") as file:
        file.write("UND\n")
    assert ("HOST-AVS-0003", "x in /srv/half") in bench.bad(NOW + timedelta(hours=1))
    assert bench.bad(NOW + timedelta(hours=24.5)) == [("HOST-AVS-0003", "x in /srv/half")]
    log.unlink()
    log.write_text("/srv/rotated: y FOUND\n")
    assert ("HOST-AVS-0003", "y in /srv/rotated") in bench.bad(NOW + timedelta(hours=26))
