"""The check's own reading of an application log."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from deploy.demo.check.journal import count_codes, count_lines, written_at

LOG = """\
2026-11-24 10:00:00,100 INFO [billing] worker 7 is ready
2026-11-24 10:00:00,250 ERROR [prescription] order of patient 1 refused: drug NONE-001 is not in the formulary
2026-11-24 10:00:01,000 ERROR [prescription] unhandled exception in GET /prescription/dose
Traceback (most recent call last):
ValueError: could not convert string to float: '62,5'
2026-11-24 10:00:02,000 ERROR [prescription] order of patient 1 refused: drug NONE-001 is not in the formulary
"""


def a_log(folder: Path) -> Path:
    path = folder / "clinic.log"
    path.write_text(LOG, encoding="utf-8")
    return path


def test_lines_are_counted_by_text_and_by_code(tmp_path: Path) -> None:
    path = a_log(tmp_path)
    counts = count_codes(path)
    assert count_lines(path, "drug NONE-001 is not") == 2
    assert {code: count for code, count in counts.items() if count} == {
        "BIL-WRK-0000": 1,
        "PRS-FRM-0001": 2,
        "PRS-DOS-0001": 1,
    }


def test_the_first_line_says_when_in_the_sites_zone(tmp_path: Path) -> None:
    path = a_log(tmp_path)
    at = written_at(path, "drug NONE-001 is not", "Asia/Seoul")
    assert at is not None
    assert datetime.fromtimestamp(at, UTC) == datetime(2026, 11, 24, 1, 0, 0, 250_000, tzinfo=UTC)
    assert written_at(path, "drug NONE-002", "Asia/Seoul") is None
