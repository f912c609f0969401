from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from remediation.audit.chain import stored_lines
from remediation.audit.verify import Finding, verify
from remediation.backup.errors import TargetRefused
from remediation.backup.journal import Journal, history_of
from remediation.backup.plan import Drilled, History
from wire.documents.backups import Act, Deed

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def deed(act: Act = Act.BACKUP, *, good: bool = True, after_h: float = 0, level: int | None = None) -> Deed:
    at = NOW + timedelta(hours=after_h)
    return Deed(act=act, level=level, is_good=good, started_at=at, ended_at=at, counts={"part": 2})


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    found = Journal(tmp_path, lambda: NOW)
    yield found
    found.close()


def test_deeds_come_back_after_a_restart(journal: Journal, tmp_path: Path) -> None:
    assert journal.write(deed()) == 2
    journal.write(deed(good=False, after_h=1))
    again = Journal(tmp_path, lambda: NOW + timedelta(days=9))
    assert [(number, each.is_good) for number, each in again.deeds()] == [(2, True), (3, False)]
    assert (again.id, again.since) == (journal.id, NOW)
    again.close()


def _findings(journal: Journal) -> list[Finding]:
    verdict = verify(stored_lines(journal.folder), [], torn_bytes=0, now=NOW, head_age=timedelta(days=7))
    return list(verdict.findings)


def test_it_is_a_chain_that_shows_what_was_changed(journal: Journal) -> None:
    for hour in range(3):
        journal.write(deed(good=False, after_h=hour))
    assert not any(finding.is_proof for finding in _findings(journal))
    path = next(journal.folder.glob("chain-*.jsonl"))
    path.write_bytes(path.read_bytes().replace(b'"is_good":false', b'"is_good":true ', 1))
    assert any(finding.is_proof for finding in _findings(journal))


def test_a_chain_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("no folder")
    with pytest.raises(TargetRefused, match="cannot be used"):
        Journal(tmp_path, lambda: NOW)


def test_history_is_what_the_deeds_come_to() -> None:
    assert history_of([]) == History()
    deeds = [
        deed(),
        deed(Act.DRILL, level=3, after_h=1),
        deed(Act.DRILL, level=3, good=False, after_h=2),
        deed(good=False, after_h=3),
        deed(Act.COPY, after_h=4),
        deed(Act.RESTORE, after_h=5),
    ]
    hour = timedelta(hours=1)
    drilled = Drilled(NOW + 2 * hour, is_proven=False, part=2, proven_at=NOW + hour)
    assert history_of(deeds) == History(NOW, NOW + 3 * hour, failed=True, drills={3: drilled})
