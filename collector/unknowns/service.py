"""What can be done about unknown errors: one function a decision."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from collector.errors import UnknownRefused
from collector.store.database import Store
from collector.unknowns import repository
from collector.unknowns.state import IllegalAct, UnknownAct, UnknownState, after
from wire.catalogue.dialect import compile_pattern
from wire.catalogue.model import Catalogue
from wire.fields import Code
from wire.sentence import sentence

REASON_CHARS = 2_000
CHUNKS = 10


def ignore(store: Store, unknown_id: int, *, actor: str, reason: str, now: datetime) -> None:
    """It is no fault, and this is why."""
    if not (reason := reason.strip()):
        raise UnknownRefused(sentence("say why it can be ignored"))
    _decide(store, unknown_id, UnknownAct.IGNORE, actor=actor, now=now, reason=reason[:REASON_CHARS])


def mark_coded(store: Store, unknown_id: int, *, actor: str, code: str, now: datetime) -> None:
    """A catalogue has this code for it."""
    try:
        code = msgspec.convert(code.strip(), Code)
    except msgspec.ValidationError as error:
        words = sentence("a code is letters, digits, dots, dashes and underscores, such as BIL-1001")
        raise UnknownRefused(words) from error
    _decide(store, unknown_id, UnknownAct.CODE, actor=actor, now=now, code=code)


def reopen(store: Store, unknown_id: int, *, actor: str, now: datetime) -> None:
    """Nothing is decided after all."""
    _decide(store, unknown_id, UnknownAct.REOPEN, actor=actor, now=now)


def recognise(store: Store, catalogue: Catalogue, *, now: datetime) -> int:
    """Mark what this catalogue has a code for, by the samples; how many. Called when a catalogue is imported."""
    codes = [
        (error.code, [compile_pattern(entry.regex) for entry in error.match if entry.regex is not None],
         [entry.literal for entry in error.match if entry.literal is not None])
        for _, error in catalogue.codes()
    ]  # fmt: skip
    with store.reading() as connection:
        waiting = repository.undecided(connection, catalogue.product)
    found = 0
    for unknown_id, sample in waiting:
        lines = sample.split("\n")
        code = next(
            (
                code
                for code, patterns, literals in codes
                for line in lines
                if any(pattern.search(line) for pattern in patterns) or any(text in line for text in literals)
            ),
            None,
        )
        if code is not None:
            _decide(store, unknown_id, UnknownAct.CODE, actor="", now=now, code=code)
            found += 1
    return found


def delete_stale(store: Store, days: float, now: datetime) -> int:
    """Forget what has not been seen for so long, in small pieces; how many rows."""
    total = 0
    for _ in range(CHUNKS):
        with store.writing() as connection:
            deleted = repository.delete_stale(connection, now - timedelta(days=days))
        total += deleted
        if deleted < repository.CHUNK_ROWS:
            break
    return total


def _decide(
    store: Store, unknown_id: int, act: UnknownAct, *, actor: str, now: datetime, reason: str = "", code: str = ""
) -> None:
    with store.writing() as connection:
        record = repository.find_unknown(connection, unknown_id)
        if record is None:
            raise UnknownRefused(sentence("there is no such unknown error"))
        try:
            state = after(UnknownState(record.state), act)
        except IllegalAct as illegal:
            raise UnknownRefused(
                sentence("that is not possible in its state any more: {state}", state=record.state)
            ) from illegal
        decided_at = None if state is UnknownState.NEW else now
        repository.decide(
            connection, unknown_id, state=state.value, reason=reason, code=code, decided_by=actor, decided_at=decided_at
        )
