from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.health.message_bus import Job
from agent.last_words import ask_systemd, cause_of, say_last_words
from agent.settings.model import SpoolSettings
from agent.spool import open_spool
from agent.spool.model import Means
from agent.spool.port import Deposit, SpoolFull
from agent.spool.spool import Spool
from agent.uplink.delivery import Luck
from tests.builders import NOW
from tests.fakes.systemd_bus import systemd_bus
from wire.envelope import decode_batch
from wire.frame import unpack
from wire.lives import Ending, EndingCause
from wire.messages import decode_record

STOP = Job("sitewarden-agent.service", "stop")


class Seconds:
    """A monotonic clock that runs on at each look."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        self.at += 0.1
        return self.at


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    means = Means(now=lambda: NOW, monotonic=lambda: 0.0, new_epoch=lambda: "0" * 16)
    opened = open_spool(tmp_path, SpoolSettings(), means)
    yield opened
    opened.close()


def luck() -> Luck:
    return Luck(now=lambda: NOW, monotonic=Seconds(), chance=lambda: 0.5, nonce=lambda: "n" * 22)


@pytest.mark.parametrize(
    ("jobs", "cause"),
    [
        ([], EndingCause.STOPPED),
        ([STOP], EndingCause.STOPPED),
        ([STOP, Job("shutdown.target", "start"), Job("reboot.target", "start")], EndingCause.REBOOT),
        ([Job("poweroff.target", "start"), Job("shutdown.target", "start"), STOP], EndingCause.SHUTDOWN),
        ([Job("kexec.target", "start")], EndingCause.REBOOT),
        ([Job("reboot.target", "stop"), STOP], EndingCause.STOPPED),
    ],
)
def test_why_it_ends(jobs: list[Job], cause: EndingCause) -> None:
    assert cause_of(jobs) is cause


def test_a_host_without_systemd_says_nothing(tmp_path: Path) -> None:
    assert ask_systemd(tmp_path / "none") == ()


def test_systemd_is_asked(tmp_path: Path) -> None:
    with systemd_bus(tmp_path / "bus", [], jobs=[("poweroff.target", "start")]) as path:
        assert ask_systemd(path) == [Job("poweroff.target", "start")]


def test_last_words_leave_with_what_waits(spool: Spool) -> None:
    sent: list[Ending] = []

    def turn() -> float:
        batch = spool.next_batch()
        assert batch is not None
        found = [decode_record(raw) for raw in decode_batch(unpack(batch.body)).records]
        sent.extend(item for item in found if isinstance(item, Ending))
        spool.ack(batch.sequence)
        return 0.0

    spool.adopt("a1")
    say_last_words(spool, turn, luck(), lambda: [Job("reboot.target", "start")])
    [words] = sent
    assert (words.at, words.session, words.cause) == (NOW, spool.place.session, EndingCause.REBOOT)
    assert words.boot_id


def test_a_collector_that_is_away_costs_a_moment_and_the_words_stay(spool: Spool) -> None:
    turns: list[int] = []

    def turn() -> float:
        turns.append(1)
        return 0.0

    say_last_words(spool, turn, luck(), lambda: ())
    assert 1 < len(turns) < 30
    assert spool.due_in_s() is not None
    turns.clear()

    def later() -> float:
        turns.append(1)
        return 60.0

    say_last_words(spool, later, luck(), lambda: ())
    assert len(turns) == 1, "a delivery that waits a minute is not waited for"


def test_a_full_disk_keeps_nobody_from_ending(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(deposit: Deposit) -> None:
        raise SpoolFull("no room")

    monkeypatch.setattr(spool, "deposit", full)
    say_last_words(spool, lambda: 0.0, luck(), lambda: ())

    def turn() -> float:
        raise SpoolFull("no room")

    monkeypatch.undo()
    say_last_words(spool, turn, luck(), lambda: ())
