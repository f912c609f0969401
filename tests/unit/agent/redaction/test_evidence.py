"""Held evidence: kept, bounded, released once, and readable while another process uses the file."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from agent.redaction import evidence
from agent.redaction.evidence import EvidenceBroken, EvidenceStore, evidence_of
from agent.redaction.intake import RedactingIntake, redact_event
from agent.redaction.redactor import Redactor
from agent.settings.redaction import RedactionSettings
from agent.spool.port import Deposit, SpoolFull
from tests.builders import an_event, an_unknown_error
from tests.fakes.intake import MemoryIntake
from wire.catalogue.reading import HOST_PRODUCT

RRN = "900101-1234568"
LINES = an_event(
    event_id="a" * 32, text=f"ERROR {RRN}", before=["b"], after=["c"], fields={"who": "kim"}, identity={"who": "kim"}
)


class FullIntake(MemoryIntake):
    """An intake that keeps evidence as well."""

    def __init__(self) -> None:
        super().__init__()
        self.evidence: list[object] = []

    def deposit(self, deposit: Deposit) -> None:
        super().deposit(deposit)
        self.evidence += deposit.evidence


def gate(state: Path, inner: MemoryIntake, *, holds: bool = True) -> RedactingIntake:
    redactor = Redactor(RedactionSettings(hold_evidence=holds), b"k" * 32)
    return RedactingIntake(inner, redactor, EvidenceStore(state))


def test_lines_stay_and_codes_leave(tmp_path: Path) -> None:
    inner = FullIntake()
    gate(tmp_path, inner).deposit(Deposit(events=[LINES], unknowns=[an_unknown_error(sample="line")]))
    [event] = inner.events
    assert (event.text, event.before, event.after, event.fields, event.evidence_held) == ("", [], [], {}, True)
    assert (event.code, event.event_id, event.count) == (LINES.code, LINES.event_id, 1)
    assert event.identity["who"].startswith("[ID#")
    [held] = EvidenceStore(tmp_path).held()
    assert held.evidence.fields == {"who": "kim"}
    assert RRN not in held.evidence.text
    assert stat.S_IMODE((tmp_path / evidence.FILE_NAME).stat().st_mode) == 0o600
    assert RRN.encode() not in (tmp_path / evidence.FILE_NAME).read_bytes()


def test_released_lines_follow_once(tmp_path: Path) -> None:
    inner = FullIntake()
    here = gate(tmp_path, inner)
    here.deposit(Deposit(events=[LINES, an_event(event_id="b" * 32, text="other")]))
    assert here.send_released() == 0
    EvidenceStore(tmp_path).release([LINES.event_id])
    assert here.send_released() == 1
    assert here.send_released() == 0
    [sent] = inner.evidence
    assert sent == evidence_of(redact_event(here.redactor, LINES))
    assert [held.event_id for held in EvidenceStore(tmp_path).held()] == ["b" * 32]


def test_a_full_spool_keeps_what_is_released(tmp_path: Path) -> None:
    inner = FullIntake()
    here = gate(tmp_path, inner)
    here.deposit(Deposit(events=[LINES]))
    EvidenceStore(tmp_path).release([LINES.event_id])
    inner.is_full = True
    assert here.send_released() == 0
    inner.is_full = False
    assert here.send_released() == 1


def test_the_hosts_own_events_and_other_sites_hold_nothing(tmp_path: Path) -> None:
    inner = FullIntake()
    gate(tmp_path, inner).deposit(Deposit(events=[an_event(product=HOST_PRODUCT, identity={"disk": "/"})]))
    gate(tmp_path, inner, holds=False).deposit(Deposit(events=[LINES]))
    assert [event.evidence_held for event in inner.events] == [False, False]
    assert inner.events[0].identity == {"disk": "/"}
    assert EvidenceStore(tmp_path).held() == []


def test_read_twice_is_held_once_and_dropped_is_gone(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    store.hold([LINES])
    store.hold([LINES])
    assert len(store.held()) == 1
    store.drop([LINES.event_id])
    assert store.held() == []


def test_room_is_bounded_and_the_oldest_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "HELD_EVENTS", 3)
    store = EvidenceStore(tmp_path)
    for number in range(5):
        store.hold([an_event(event_id=f"{number:032x}", text="x" * 1_000)])
    assert [int(held.event_id, 16) for held in store.held()] == [4, 3, 2]
    monkeypatch.setattr(evidence, "HELD_BYTES", 2_500)
    store.hold([an_event(event_id=f"{5:032x}", text="x" * 1_000)])
    assert [int(held.event_id, 16) for held in store.held()] == [5, 4]


def test_without_room_on_the_disk_the_event_waits_too(tmp_path: Path) -> None:
    (tmp_path / evidence.FILE_NAME).write_bytes(b"no database" * 100)
    inner = FullIntake()
    with pytest.raises(SpoolFull):
        gate(tmp_path, inner).deposit(Deposit(events=[LINES]))
    assert inner.events == []
    with pytest.raises(EvidenceBroken):
        EvidenceStore(tmp_path).held()


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    assert store.held() == []
    assert store.released() == []
    with pytest.raises(EvidenceBroken):
        store.drop(["a"])
    assert list(tmp_path.iterdir()) == []


def test_a_reader_beside_does_not_stop_it(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path)
    store.hold([LINES])
    with sqlite3.connect(tmp_path / evidence.FILE_NAME) as other:
        other.execute("SELECT * FROM held").fetchone()
        assert len(store.held()) == 1
