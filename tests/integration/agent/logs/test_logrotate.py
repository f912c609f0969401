"""Debian's logrotate over a log that a writer fills at thousands of lines a second; nothing is lost by rename."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.logs import Site, numbered, numbers
from wire.messages import GapCause

LOGROTATE = shutil.which("logrotate", path="/usr/sbin:/usr/bin:/sbin:/bin")
ROUNDS = 3
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(LOGROTATE is None, reason="logrotate is not installed"),
]


class Writer:
    """Numbers its lines. `reopens` is what a daemon does on a signal; with copytruncate it keeps its file."""

    def __init__(self, log: Path, *, reopens: bool) -> None:
        self._log = log
        self._reopens = reopens
        self.written = 0
        self._stop = threading.Event()
        self._reopen = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def reopen(self) -> None:
        self._reopen.set()

    def _write(self) -> None:
        while not self._stop.is_set():
            with self._log.open("a") as file:
                while not self._stop.wait(0.002) and not self._reopen.is_set():
                    file.write(numbered(*range(self.written, self.written + 10)))
                    file.flush()
                    self.written += 10
                self._reopen.clear()

    @contextmanager
    def running(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()


@pytest.mark.parametrize("how", ["create", "copytruncate", "create\n dateext\n dateformat -%Y%m%d-%s"])
def test_logrotate(tmp_path: Path, how: str) -> None:
    tmp_path.chmod(0o755)
    site = Site(tmp_path)
    site.log.touch()
    site.read()
    settings = tmp_path / "logrotate.conf"
    settings.write_text(f"{site.log} {{\n {how}\n rotate 20\n size 1\n su\n}}\n".replace(" su\n", ""))
    settings.chmod(0o644)
    writer = Writer(site.log, reopens="create" in how)
    with writer.running():
        for _ in range(ROUNDS):
            _read_until(site, writer.written + 300)
            subprocess.run([str(LOGROTATE), "--force", "--state", tmp_path / "state", settings], check=True)
            _read_until(site, writer.written + 50)
            if "dateext" in how:
                time.sleep(1.01)  # the names count seconds
            writer.reopen()
    _read_until(site, 0)
    found = numbers(site.intake.events)
    assert len(found) == len(set(found))
    lost = set(range(writer.written)) - set(found)
    causes = [gap.cause for gap in site.intake.gaps]
    if how == "copytruncate":
        assert causes == [GapCause.TRUNCATED] * ROUNDS
        assert len(lost) <= 60 * ROUNDS  # what was written between copy and cut, some milliseconds each
    else:
        assert (lost, causes) == (set(), [])
    assert writer.written > ROUNDS * 300
    site.reader.close()


def _read_until(site: Site, line: int) -> None:
    """Read as the loop does until this line was found, or until there is nothing more."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        site.read()
        if line <= len(site.intake.events):
            return
        time.sleep(0.005)
    raise AssertionError(f"line {line} was never found")
