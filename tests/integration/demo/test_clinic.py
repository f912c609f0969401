"""The application really fails, and its log says what its catalogue can find."""

from __future__ import annotations

import sqlite3
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.logs.scan import Scanner
from deploy.demo.children import Child
from deploy.demo.layout import CLINIC_CATALOGUE, RECORD_START, free_ports
from deploy.demo.programs import clinic
from deploy.demo.sites import HOSPITAL
from wire.catalogue import read_catalogue
from wire.catalogue.dialect import compile_pattern


class Clinic:
    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.address = f"http://127.0.0.1:{port}"

    def ask(self, path: str, data: dict[str, str] | None = None, **headers: str) -> tuple[int, str]:
        body = None if data is None else urllib.parse.urlencode(data).encode()
        request = urllib.request.Request(self.address + path, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def cause(self, fault: str, **options: str) -> int:
        return self.ask(f"/faults/{fault}", options)[0]

    def records(self) -> list[list[str]]:
        start = compile_pattern(RECORD_START)
        found: list[list[str]] = []
        for line in (self.home / "clinic.log").read_text().splitlines():
            if start.search(line):
                found.append([])
            found[-1].append(line)
        return found

    def codes(self) -> Counter[str]:
        scanner = Scanner(read_catalogue(CLINIC_CATALOGUE.read_bytes())[0])
        hits = (scanner.find(record) for record in self.records())
        return Counter(hit.code.error.code for hit in hits if hit is not None)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    folder = tmp_path_factory.mktemp("clinic")
    (port,) = free_ports(1)
    child = Child("clinic", clinic(folder, port, HOSPITAL), folder / "output", {"TZ": "Asia/Seoul"})
    child.start()
    app = Clinic(folder, port)
    child.wait_ready(lambda: _answers(app))
    yield app
    assert child.stop()


def _answers(app: Clinic) -> bool:
    try:
        return app.ask("/")[0] == 200
    except urllib.error.URLError:
        return False


@pytest.fixture
def app(running: Clinic) -> Clinic:
    (running.home / "clinic.log").write_text("")
    return running


def test_its_modules_work(app: Clinic) -> None:
    assert app.ask("/reception/visits", {"patient": "1", "desk": "A"})[0] == 200
    assert "Kim Min-jun" in app.ask("/reception/queue")[1]
    assert app.ask("/prescription/dose?order=1") == (
        200,
        '{"drug": "PARA-500", "single_mg": 937.5, "per_day_mg": 2812.5}',
    )
    assert app.ask("/prescription/interactions?drugs=PARA-500,WARF-005") == (200, '[["PARA-500", "WARF-005"]]')
    assert app.ask("/billing/claims", {"insurer": "NHIS", "invoice": "1"}) == (200, '{"answer": "ACCEPTED"}')
    assert app.ask("/billing/invoices", {"patient": "1", "amount": "100"})[0] == 200
    assert app.records() == []


def test_an_unhandled_exception_has_its_stack_trace_below_it(app: Clinic) -> None:
    app.cause("broken-record")
    (record,) = app.records()
    assert record[1] == "Traceback (most recent call last):"
    assert record[-1] == "ValueError: could not convert string to float: '62,5'"
    assert app.codes() == {"PRS-DOS-0001": 1}


def test_a_locked_database_is_one_and_others_feel_it(app: Clinic) -> None:
    app.cause("lock-database")
    other = sqlite3.connect(app.home / "clinic.db", timeout=0)
    with closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("SELECT count(*) FROM patient")
    app.cause("release-database")
    assert app.codes() == {"RCP-DB-0001": 1, "RCP-DB-0000": 1}


@pytest.mark.parametrize(
    ("fault", "undo", "codes"),
    [
        ("remove-table", "restore-table", {"PRS-INT-0001": 1, "PRS-INT-0000": 1}),
        ("close-insurer", "open-insurer", {"BIL-INS-0001": 1, "BIL-INS-0000": 1}),
    ],
)
def test_what_breaks_can_be_put_right_and_both_are_said(
    app: Clinic, fault: str, undo: str, codes: dict[str, int]
) -> None:
    assert app.cause(fault) == 200
    assert app.cause(undo) == 200
    assert app.codes() == codes


def test_a_crashed_worker_is_a_dead_program_until_it_is_started(app: Clinic) -> None:
    app.cause("crash-worker")
    said = threading.Event()
    for _ in range(200):
        if app.codes():
            break
        said.wait(0.02)
    assert "signal 6 (SIGABRT)" in app.records()[0][0]
    assert app.ask("/billing/invoices", {"patient": "1", "amount": "5"})[0] == 503
    app.cause("restart-worker")
    assert app.ask("/billing/invoices", {"patient": "1", "amount": "5"})[0] == 200
    assert app.codes() == {"BIL-WRK-0001": 1, "BIL-WRK-0000": 1}


def test_a_burst_is_as_many_lines(app: Clinic) -> None:
    app.cause("burst", count="250", desk="C")
    assert app.codes() == {"RCP-REG-0001": 250}


def test_another_page_in_the_same_browser_cannot_press_its_buttons(app: Clinic) -> None:
    assert app.ask("/faults/burst", {"count": "1"}, Origin="http://evil.example")[0] == 403
    assert app.ask("/faults/burst", {"count": "1"}, Origin=app.address)[0] == 200
    assert app.codes() == {"RCP-REG-0001": 1}


def test_it_knows_nothing_of_what_reads_its_log() -> None:
    sources = Path(__file__).parents[3] / "deploy" / "demo" / "clinic"
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources.iterdir() if path.is_file()).lower()
    assert "sitewarden" not in text
    assert not [name for name in ("wire", "agent", "collector", "terminal") if f"from {name}" in text]
