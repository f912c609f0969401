from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.logs.journal import JournalFollower
from agent.logs.reading import with_time
from agent.logs.rules import compile_source
from agent.settings.model import JournalRule, RecordRule, Source
from agent.spool.port import Deposit
from tests.fakes.intake import MemoryIntake
from tests.fakes.journal import BEGAN_US, MemoryJournal
from tests.fakes.logs import CATALOGUE, START, numbers
from wire.messages import GapCause, TimeOrigin


class Desk:
    """A journal, a spool, and the agent that stands between them."""

    def __init__(self, folder: Path, **given: Any) -> None:
        (folder / "c.yaml").write_text(CATALOGUE, encoding="utf-8")
        source = Source(name="system", journal=JournalRule(), catalogue=str(folder / "c.yaml"), **given)
        self.rules = compile_source(with_time(source))
        self.journal = MemoryJournal()
        self.intake = MemoryIntake()
        self.now = START
        self.follower = self.begin()

    def begin(self) -> JournalFollower:
        is_first = not self.intake.first_start_seen("system")
        stored = self.intake.cursors("system")
        return JournalFollower(self.rules, stored, is_first_start=is_first, start=self.journal.start)

    def read(self) -> list[int]:
        for _ in range(3):
            haul = self.follower.turn(self.now)
            cursors = self.follower.moved()
            self.intake.deposit(Deposit(events=haul.events, gaps=haul.gaps, cursors=cursors))
            self.follower.stored(cursors, [])
        return numbers(self.intake.events)

    def crash(self) -> None:
        self.follower = self.begin()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_it_began_when_the_fakes_say() -> None:
    assert datetime.fromtimestamp(BEGAN_US / 1e6, UTC) == START


def test_entries_become_events_with_their_own_time(desk: Desk) -> None:
    desk.journal.log("ERROR number 1", at_us=BEGAN_US - 60_000_000)  # before the first start
    assert desk.read() == []
    desk.journal.log("ERROR number 2")
    desk.journal.log([*b"ERROR number 3 \xff\xfe"])
    assert desk.read() == [2, 3]
    event = desk.intake.events[0]
    assert (event.source, event.occurred_from, event.line_number) == ("journal", TimeOrigin.LINE, 1)
    assert event.occurred_at.timestamp() == BEGAN_US / 1e6 + 1
    assert event.text.endswith("ERROR clinic[7]: ERROR number 2")


def test_a_crash_loses_nothing_and_doubles_nothing(desk: Desk) -> None:
    desk.read()
    desk.crash()  # nothing was ever read: the first start counts all the same
    desk.journal.log("ERROR number 1")
    assert desk.read() == [1]
    desk.crash()
    desk.journal.log("ERROR number 2")
    assert desk.read() == [1, 2]
    before = desk.intake.cursors("system")
    desk.crash()
    assert desk.read() == [1, 2]
    assert desk.intake.cursors("system") == before
    assert len({event.event_id for event in desk.intake.events}) == 2
    assert desk.intake.gaps == []


def test_a_vacuumed_journal_is_a_gap_with_both_times(desk: Desk) -> None:
    desk.journal.log("ERROR number 1")
    desk.read()
    desk.crash()
    for number in (2, 3):
        desk.journal.log(f"ERROR number {number}", at_us=BEGAN_US + number * 1_000_000)
    desk.journal.vacuum(keep=1)
    assert desk.read() == [1, 3]
    (gap,) = desk.intake.gaps
    assert gap.cause is GapCause.ROTATED
    assert gap.since is not None
    assert gap.until is not None
    assert ((gap.until - gap.since).total_seconds(), gap.source) == (2.0, "journal")


def test_the_beginning_is_history(tmp_path: Path) -> None:
    desk = Desk(tmp_path, start="beginning")
    desk.journal.log("ERROR number 1", at_us=BEGAN_US - 5)
    desk.read()
    desk.crash()
    desk.journal.log("ERROR number 2", at_us=BEGAN_US - 4)
    desk.read()
    desk.journal.log("ERROR number 3")
    desk.read()
    assert [event.history for event in desk.intake.events] == [True, True, False]


def test_a_message_of_several_lines_is_one_record_if_asked_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path, record=RecordRule(start=r"^\d{4}-\d\d-\d\dT", silence_s=1))
    desk.journal.log("ERROR number 1\n  at pump\n  at main")
    assert desk.read() == []
    assert desk.follower.silence_left(desk.now) is not None
    desk.crash()  # it was not complete: it is read again
    desk.read()
    desk.now = desk.now.replace(second=2)
    assert desk.read() == [1]
    assert desk.intake.events[0].text.endswith("at pump\n  at main")
    desk.crash()
    desk.now = desk.now.replace(second=9)
    assert desk.read() == [1]


def test_a_program_that_ends_is_started_again_after_a_while(desk: Desk) -> None:
    desk.read()
    desk.journal.running[0].last_words = b"No journal files were opened due to insufficient permissions.\n"
    desk.read()
    assert "insufficient permissions" in desk.follower.states()[0].problem
    assert desk.journal.running[0].is_closed
    assert len(desk.journal.running) == 1
    desk.journal.log("ERROR number 1")
    desk.now = desk.now.replace(second=6)
    assert desk.read() == [1]
    assert desk.follower.states()[0].problem == ""


def test_no_journalctl_is_told(desk: Desk) -> None:
    def refuse(rule: object, where: str) -> Any:
        raise FileNotFoundError(2, "No such file or directory")

    desk.follower = JournalFollower(desk.rules, [], is_first_start=True, start=refuse)
    assert desk.follower.turn(desk.now).events == []
    assert "cannot be started" in desk.follower.states()[0].problem
    desk.follower.close()


def test_new_rules_read_on(desk: Desk) -> None:
    desk.journal.log("ERROR number 1")
    desk.read()
    desk.follower.change_rules(desk.rules)
    desk.journal.log("ERROR number 2")
    assert desk.read() == [1, 2]
