"""A real ClamAV with two signatures of our own, of texts that harm nobody: it is well, it finds, it is gone."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5
from pathlib import Path

import pytest

from agent.health.probes.antivirus import Antivirus, ping
from agent.health.running import read_once
from agent.settings.probes import AntivirusCheck
from tests.fakes.agent_process import wait_until
from tests.fakes.database_servers import account
from tests.fakes.probes import ProbeBench

CLAMD = shutil.which("clamd", path="/usr/sbin:/usr/bin")
needs_clamd = pytest.mark.skipif(
    CLAMD is None or not shutil.which("clamdscan"), reason="no clamd (Debian packages clamav-daemon and clamdscan)"
)
needs_clamscan = pytest.mark.skipif(not shutil.which("clamscan"), reason="no clamscan (Debian package clamav)")

WHOLE = b"a harmless file that the signature by hash knows"
MARKER = b"a-harmless-marker-of-sitewarden"
START_S = 60.0


class Clam:
    """Its folder: definitions, two files that it shall find, one that it shall not, a socket and a log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.definitions = folder / "definitions"
        self.definitions.mkdir()
        (self.definitions / "own.hdb").write_text(f"{md5(WHOLE).hexdigest()}:{len(WHOLE)}:Own.Whole\n")  # noqa: S324
        (self.definitions / "own.ndb").write_text(f"Own.Marker:0:*:{MARKER.hex()}\n")
        (folder / "whole.bin").write_bytes(WHOLE)
        (folder / "marked 접수.txt").write_bytes(b"before " + MARKER + b" after\n")
        (folder / "clean.txt").write_bytes(b"nothing\n")
        self.socket, self.log, self.settings = folder / "clamd.sock", folder / "clamav.log", folder / "clamd.conf"
        options = {"LocalSocket": self.socket, "DatabaseDirectory": self.definitions, "LogFile": self.log}
        more = "LogTime yes\nForeground yes\nConcurrentDatabaseReload no\n"
        self.settings.write_text("".join(f"{name} {value}\n" for name, value in options.items()) + more)
        self.log.touch()

    def made_definitions(self, now_s: float, days: float) -> None:
        """The header of signed definitions, in front of nothing: not to be there when ClamAV loads them."""
        header = f"ClamAV-VDB:22 Nov 2026 09-30 +0000:27460:2069000:90:0:x:builder:{int(now_s - days * 86_400)}"
        (self.definitions / "daily.cvd").write_bytes(header.encode().ljust(512))

    @contextmanager
    def running(self) -> Iterator[None]:
        (self.definitions / "daily.cvd").unlink(missing_ok=True)
        user = account()
        if user is not None:
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, user)
        with (self.folder / "out").open("wb") as out:
            daemon = subprocess.Popen([str(CLAMD), "-c", str(self.settings)], stdout=out, stderr=out, user=user)
        try:
            end = time.monotonic() + START_S
            while ping(str(self.socket)):
                assert daemon.poll() is None, (self.folder / "out").read_text()
                assert time.monotonic() < end
                time.sleep(0.05)
            yield
        finally:
            daemon.terminate()
            daemon.wait(20)

    def ask(self, *words: str) -> int:
        """What `clamdscan` answers: 1 when it found something."""
        argv = ["clamdscan", "-c", str(self.settings), *words]
        return subprocess.run(argv, cwd=self.folder, capture_output=True, check=False).returncode

    def stream(self, content: bytes) -> bytes:
        """Ask as a mail or upload filter does: over the socket, without any file."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.socket))
            line.sendall(b"zINSTREAM\0" + len(content).to_bytes(4, "big") + content + bytes(4))
            return line.recv(200)


@pytest.fixture
def clam() -> Iterator[Clam]:
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # the daemon is another account's, and pytest's folders are closed
    folder.chmod(0o755)
    yield Clam(folder)
    shutil.rmtree(folder)


@pytest.fixture
def bench(tmp_path: Path) -> ProbeBench:
    return ProbeBench(tmp_path)


def look(bench: ProbeBench, clam: Clam, minutes: float = 5, **settings: bool) -> list[tuple[str, str]]:
    """What was told since the last look."""
    before = len(bench.told())
    bench.clock.pass_time(minutes * 60)
    check = AntivirusCheck(
        definitions=str(clam.definitions), socket=str(clam.socket), log=str(clam.log), **{"daemon": True, **settings}
    )
    probe = Antivirus(check, bench.watch.recall)
    bench.watch.take(probe.name, read_once(probe, bench.clock.now()), bench.clock.now())
    return bench.told()[before:]


@needs_clamd
def test_the_daemon_finds_and_is_heard_and_missed(clam: Clam, bench: ProbeBench) -> None:
    with clam.running():
        clam.made_definitions(bench.clock.now().timestamp(), days=1)
        assert look(bench, clam) == []
        assert clam.ask(str(clam.folder / "clean.txt")) == 0
        assert look(bench, clam) == []
        assert clam.ask(str(clam.folder / "whole.bin"), str(clam.folder / "marked 접수.txt")) == 1
        assert b"Own.Marker" in clam.stream(b"upload " + MARKER)
        wait_until(lambda: "instream" in clam.log.read_text(), "the log follows the answer")
        told = look(bench, clam)
    where = {"whole.bin": "Own.Whole", "marked 접수.txt": "Own.Marker"}
    files = [("HOST-AVS-0003", f"{name}.UNOFFICIAL in {clam.folder}/{file}") for file, name in where.items()]
    assert sorted(told) == sorted([*files, ("HOST-AVS-0003", "Own.Marker.UNOFFICIAL in instream(local)")])
    assert {event.level for event in bench.events()} == {2}
    assert look(bench, clam) + look(bench, clam) == [("HOST-AVS-0001", "")], "clamd was ended"
    with clam.running():
        clam.made_definitions(bench.clock.now().timestamp(), days=4)
        told = look(bench, clam)
    assert ("HOST-AVS-0002", "") in told
    assert ("HOST-AVS-0000", "") in told, "the daemon is back"


@needs_clamscan
def test_a_scan_without_a_daemon_is_heard_from_its_log(clam: Clam, bench: ProbeBench) -> None:
    clam.made_definitions(bench.clock.now().timestamp(), days=0)
    assert look(bench, clam, daemon=False) == []
    (clam.definitions / "daily.cvd").rename(clam.folder / "daily")  # clamscan takes no unsigned one
    argv = ["clamscan", f"--database={clam.definitions}", f"--log={clam.log}", "whole.bin", "clean.txt"]
    scanned = subprocess.run(argv, cwd=clam.folder, capture_output=True, check=False, env=os.environ | {"LC_ALL": "C"})
    assert scanned.returncode == 1, scanned.stderr
    (clam.folder / "daily").rename(clam.definitions / "daily.cvd")
    assert look(bench, clam, daemon=False) == [("HOST-AVS-0003", "Own.Whole.UNOFFICIAL in whole.bin")]
