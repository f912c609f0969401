"""A catalogue that changes while a logger writes: each line is an event exactly once, of the old version or the new."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.fakes.agent_process import wait_until
from tests.fakes.logs import CATALOGUE, Site, numbered, numbers

LINES, RELOADS = 3_000, 12
ROUND = LINES // (RELOADS + 1)  # lines that the writer may be ahead


def test_no_line_is_lost_or_doubled_by_reloading_under_a_writer(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.write("begin\n")
    site.read()
    go, done = threading.Semaphore(ROUND), threading.Event()

    def write() -> None:
        with site.log.open("ab") as file:
            for number in range(LINES):
                go.acquire(timeout=10)
                line = numbered(number).encode()
                file.write(line[:20])
                file.flush()  # a reload may come in the middle of a line
                file.write(line[20:])
                file.flush()
        done.set()

    def has_read() -> bool:
        return bool(site.read())

    writer = threading.Thread(target=write)
    writer.start()
    for version in range(RELOADS):
        site.catalogue.write_text(CATALOGUE.replace('"7"', f'"{version}"'), encoding="utf-8")
        site.reader.reload([site.source])
        wait_until(has_read, "lines of this round are read")
        go.release(ROUND)
    go.release(LINES)
    assert done.wait(20)
    writer.join()
    site.read()
    assert sorted(numbers(site.intake.events)) == list(range(LINES))
    assert len({event.catalogue_version for event in site.intake.events}) > 1, "the control: some were read before"
