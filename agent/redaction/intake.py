"""The gate before the spool: whoever deposits here cannot store a personal value.

The readers of logs and of the host's health, and the courier, are handed this instead of the spool. What
they deposit is redacted whole: lines that follow one another together, captured fields by their names and by
what was found in the lines that they were captured from, names and problems of files by themselves. Content
ids stay, so that a line that is read twice still counts once.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from msgspec.structs import replace

from agent.redaction.cuts import CUT_MARK
from agent.redaction.fields import hidden_values, redact_fields
from agent.redaction.redactor import Redactor
from agent.spool.port import Cursor, Deposit, Intake
from wire.limits import FIELD_CHARS, LINE_CHARS, NAME_CHARS, RECORD_CHARS
from wire.messages import AuditMark, Event, Gap, Health, Inventory, Result, SourceState, UnknownError

SAMPLE_CHARS: Final = LINE_CHARS  # as the reader of logs cuts them: three whole records would not fit a batch


class RedactingIntake:
    """An `Intake` in front of another one; `redactor` may be exchanged while it is used."""

    def __init__(self, intake: Intake, redactor: Redactor) -> None:
        self._intake = intake
        self.redactor = redactor

    def cursors(self, source: str) -> list[Cursor]:
        """Every file of this source that is known."""
        return self._intake.cursors(source)

    def levels(self) -> dict[str, str]:
        """The stored threshold states."""
        return self._intake.levels()

    def first_start_seen(self, source: str) -> bool:
        """Whether this source has been read before; false exactly once, at its first start."""
        return self._intake.first_start_seen(source)

    def deposit(self, deposit: Deposit) -> None:
        """Store all of `deposit` without its personal values; `SpoolFull` when nothing was stored."""
        self._intake.deposit(redact_deposit(self.redactor, deposit))


def redact_deposit(redactor: Redactor, deposit: Deposit) -> Deposit:
    """The deposit as it may be stored. Positions and threshold states hold no texts of logs."""
    return dataclasses.replace(
        deposit,
        events=[redact_event(redactor, event) for event in deposit.events],
        unknowns=[_unknown(redactor, unknown) for unknown in deposit.unknowns],
        gaps=[_gap(redactor, gap) for gap in deposit.gaps],
        health=_health(redactor, deposit.health) if deposit.health else None,
        inventory=_inventory(redactor, deposit.inventory) if deposit.inventory else None,
        proofs=[_proof(redactor, proof) for proof in deposit.proofs],
    )


def redact_event(redactor: Redactor, event: Event) -> Event:
    """One event: context and text are lines that follow one another, samples stand alone."""
    lines = [*event.before, event.text, *event.after]
    redacted = redactor.redact_lines(lines)
    samples = [redactor.redact(sample) for sample in event.samples]
    is_changed = redacted != lines or samples != event.samples
    hidden = hidden_values(redactor, lines) if is_changed else {}
    count = len(event.before)
    return replace(
        event,
        identity=_clipped(redact_fields(redactor, event.identity, hidden)),
        fields=_clipped(redact_fields(redactor, event.fields, hidden)),
        source=_clip(redactor.redact(event.source), LINE_CHARS),
        text=_clip(redacted[count], RECORD_CHARS),
        samples=[
            _clip(sample, max(SAMPLE_CHARS, len(old))) for sample, old in zip(samples, event.samples, strict=True)
        ],
        before=[_clip(line, LINE_CHARS) for line in redacted[:count]],
        after=[_clip(line, LINE_CHARS) for line in redacted[count + 1 :]],
    )


def _unknown(redactor: Redactor, unknown: UnknownError) -> UnknownError:
    return replace(
        unknown,
        template=_clip(redactor.redact(unknown.template), LINE_CHARS),
        sample=_clip(redactor.redact(unknown.sample), RECORD_CHARS),
        source=_clip(redactor.redact(unknown.source), LINE_CHARS),
    )


def _gap(redactor: Redactor, gap: Gap) -> Gap:
    source, detail = redactor.redact(gap.source), redactor.redact(gap.detail)
    return replace(gap, source=_clip(source, LINE_CHARS), detail=_clip(detail, LINE_CHARS))


def _health(redactor: Redactor, health: Health) -> Health:
    disks = [replace(disk, mount=_clip(redactor.redact(disk.mount), LINE_CHARS)) for disk in health.disks]
    processes = [replace(found, name=_clip(redactor.redact(found.name), NAME_CHARS)) for found in health.processes]
    return replace(health, disks=disks, processes=processes)


def _inventory(redactor: Redactor, inventory: Inventory) -> Inventory:
    sources = [
        SourceState(
            path=_clip(redactor.redact(source.path), LINE_CHARS),
            position=source.position,
            problem=_clip(redactor.redact(source.problem), LINE_CHARS),
        )
        for source in inventory.sources
    ]
    return replace(inventory, hostname=_clip(redactor.redact(inventory.hostname), NAME_CHARS), sources=sources)


def _proof(redactor: Redactor, proof: Result | AuditMark) -> Result | AuditMark:
    """What a program said may hold a log's lines; a signed head stays as it is signed."""
    if isinstance(proof, AuditMark):
        return proof
    output, detail = redactor.redact(proof.output), redactor.redact(proof.detail)
    return replace(proof, output=_clip(output, RECORD_CHARS), detail=_clip(detail, LINE_CHARS))


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - len(CUT_MARK)] + CUT_MARK


def _clipped(values: dict[str, str]) -> dict[str, str]:
    return {name: _clip(value, FIELD_CHARS) for name, value in values.items()}
