"""When time alone changes something next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from collector.settings.model import Rules
from collector.tickets.model import Case, Signal
from collector.tickets.policy import on_signal, on_time

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def test_due_follows_the_state() -> None:
    rules = Rules()
    fired = on_signal(Case(), Signal(True, 3, 1, NOW, NOW, clearable=True), rules).case
    assert fired.alert is not None
    assert fired.alert.due_at == NOW + timedelta(seconds=300)
    opened = on_time(fired, rules, NOW + timedelta(seconds=300)).case
    assert opened.alert is not None
    assert opened.alert.due_at is None, "a fault with a clearing signal waits for it"
    cleared_at = NOW + timedelta(seconds=400)
    cleared = on_signal(opened, Signal(False, 3, 1, cleared_at, cleared_at), rules).case
    assert cleared.alert is not None
    assert cleared.alert.due_at == cleared_at + timedelta(hours=1)


def test_a_fault_without_a_clearing_signal_is_due_to_expire() -> None:
    rules = Rules()
    fired = on_signal(Case(), Signal(True, 1, 1, NOW, NOW), rules).case
    assert fired.alert is not None
    assert fired.alert.due_at == NOW + timedelta(minutes=30)
