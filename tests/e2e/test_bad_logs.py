"""Logs as they should not be, in front of the agent's real process: closed, no files, full of nothing, too many.

The agent runs as an account without any right; where the tests are not root, as theirs.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.fakes.agent_process import AgentProcess, wait_until
from tests.fakes.collector import Collector, HttpCollector
from tests.fakes.other_account import as_account
from wire.messages import GapCause

pytestmark = pytest.mark.e2e

ACCOUNT = 64_998  # one that owns nothing else
FILES = 5_000
MEGABYTE = 1_000_000


class Site:
    """An agent of an account without rights, and what it reports."""

    def __init__(self, folder: Path, repository: Path, server: HttpCollector) -> None:
        server.collector.interval_s = 1.0
        self.folder = folder
        self.collector = server.collector
        self.agent = AgentProcess(folder, repository, server.address)
        if os.geteuid() == 0:
            self.agent.under = as_account(ACCOUNT, folder, needed=(repository, Path(sys.prefix), Path(sys.base_prefix)))
            for path in (folder, *folder.iterdir()):
                os.chown(path, ACCOUNT, ACCOUNT)

    def follow(self, **paths: str) -> None:
        sources = "".join(f"  - {{name: {name}, path: {path}, catalogue: his.yaml}}\n" for name, path in paths.items())
        text = self.agent.settings.read_text().partition("sources:")[0]
        self.agent.settings.write_text(f"{text}sources:\n{sources}")
        done = self.agent.command("enrol", "-", stdin=f"{self.collector.token()}\n")
        assert done.returncode == 0, done.stderr
        self.agent.start()

    def append(self, name: str, *lines: str) -> None:
        with (self.folder / name).open("a") as file:
            file.write("".join(f"{line}\n" for line in lines))

    def found(self) -> list[str]:
        return sorted(event.identity["what"] for event in self.collector.events() if event.product == "HIS")

    def wait_for(self, *what: str) -> None:
        wait_until(lambda: set(what) <= set(self.found()), f"{what}, so far {self.found()}")

    def problems(self) -> dict[str, str]:
        sources = self.agent.status()["sources"]
        return {Path(source["path"]).name: source["problem"] for source in sources if source.get("problem")}

    def rss_bytes(self) -> int:
        assert self.agent.process is not None
        return int(psutil.Process(self.agent.process.pid).memory_info().rss)


@pytest.fixture
def site(repository: Path) -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # pytest's own folders are closed to other accounts
    try:
        with HttpCollector(Collector()) as server:
            made = Site(folder, repository, server)
            try:
                yield made
            finally:
                made.agent.end()
    finally:
        shutil.rmtree(folder)


def test_a_log_that_is_closed_to_its_account_is_told_and_read_on_when_it_is_opened(site: Site) -> None:
    site.follow(app="app.log", other="other.log")
    site.append("app.log", "ERROR before")
    site.append("other.log", "ERROR aside")
    site.wait_for("before", "aside")
    site.append("app.log", "ERROR last")
    (site.folder / "app.log").rename(site.folder / "app.log.1")
    (site.folder / "app.log").touch(mode=0o000)  # as `create 0600 root` of a careless rotation
    if os.geteuid() != 0:
        (site.folder / "app.log").chmod(0o200)
    site.append("app.log", "ERROR closed1", "ERROR closed2")
    (site.folder / "app.log").chmod(0o000)
    wait_until(lambda: "permission" in site.problems().get("app.log", ""), f"it is told: {site.problems()}")
    assert "권한" in site.agent.command("status", language="ko").stdout, "an administrator reads it in an own language"
    site.append("other.log", "ERROR meanwhile")
    site.wait_for("last", "meanwhile")
    assert not {"closed1", "closed2"} & set(site.found())
    (site.folder / "app.log").chmod(0o644)
    site.wait_for("closed1", "closed2")
    wait_until(lambda: site.problems() == {}, "nothing is wrong any more")
    assert site.found() == ["aside", "before", "closed1", "closed2", "last", "meanwhile"]
    assert site.collector.gaps() == []


def test_what_is_no_log_stops_no_log_and_is_told(site: Site) -> None:
    (site.folder / "logs").mkdir()
    (site.folder / "logs/folder.log").mkdir()
    os.mkfifo(site.folder / "logs/pipe.log")
    (site.folder / "logs/link.log").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(site.folder / "logs/socket.log"))
        site.follow(app="app.log", odd='"logs/*.log"', device="/dev/zero", folder="logs", gone="nowhere/app.log")
        site.append("app.log", "ERROR well")
        site.wait_for("well")
    told = {"folder.log", "pipe.log", "socket.log", "link.log", "zero", "logs"}
    wait_until(lambda: told <= site.problems().keys(), f"all are told: {site.problems()}")
    assert site.problems()["app.log"] == "its folder does not exist"


def test_a_hole_of_a_gigabyte_and_a_line_without_end_cost_neither_memory_nor_what_follows(site: Site) -> None:
    site.follow(app="app.log", endless="endless.log")
    site.append("app.log", "ERROR first")
    site.wait_for("first")
    before = site.rss_bytes()
    os.truncate(site.folder / "app.log", 1_000 * MEGABYTE)
    with (site.folder / "endless.log").open("wb") as file:
        for _ in range(128):
            file.write(b"x" * MEGABYTE)
    site.append("app.log", "", "ERROR behind")
    site.append("endless.log", "", "ERROR after")
    site.wait_for("behind", "after")
    assert site.rss_bytes() - before < 30 * MEGABYTE
    (gap,) = (gap for gap in site.collector.gaps() if gap.cause is GapCause.OVERSIZED)
    assert (Path(gap.source).name, gap.bytes_lost) == ("endless.log", 127 * MEGABYTE)


def test_a_pattern_that_finds_thousands_of_files_is_told_and_the_other_logs_are_read(site: Site) -> None:
    (site.folder / "many").mkdir()
    for number in range(FILES):
        (site.folder / f"many/{number:05}.log").touch()
    site.follow(app="app.log", many='"many/*.log"')
    site.append("app.log", "ERROR alone")
    site.append("many/00000.log", "ERROR early")
    site.wait_for("alone", "early")
    (problem,) = (problem for problem in site.problems().values() if f"{FILES} files match" in problem)
    assert "only the first 500" in problem
