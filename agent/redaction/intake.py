"""The gate before the spool: whoever deposits here cannot store a personal value.

The readers of logs and of the host's health, and the courier, are handed this instead of the spool. What
they deposit is redacted whole: lines that follow one another together, captured fields by their names and by
what was found in the lines that they were captured from, names and problems of files by themselves. Content
ids stay, so that a line that is read twice still counts once.

Where the settings hold evidence back, the lines of an event go to the evidence store instead, before the event
goes to the spool, and follow when somebody has released them.
"""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from agent.redaction.cuts import CUT_MARK
from agent.redaction.evidence import EvidenceBroken, EvidenceStore
from agent.redaction.fields import hidden_values, redact_fields
from agent.redaction.redactor import Redactor
from agent.settings.model import Settings
from agent.spool.port import Cursor, Deposit, Intake, SpoolFull
from wire.catalogue.reading import HOST_PRODUCT
from wire.limits import FIELD_CHARS, LINE_CHARS, NAME_CHARS, RECORD_CHARS
from wire.messages import Event, Evidence, Gap, Health, Inventory, SourceState, UnknownError
from wire.proofs import PatchProgress, Proof, Result

_log = logging.getLogger("sitewarden")
SAMPLE_CHARS: Final = LINE_CHARS  # as the reader of logs cuts them: three whole records would not fit a batch


class RedactingIntake:
    """An `Intake` in front of another one; `redactor` may be exchanged while it is used."""

    def __init__(self, intake: Intake, redactor: Redactor, store: EvidenceStore | None = None) -> None:
        self._intake = intake
        self._store = store
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
        redacted = redact_deposit(self.redactor, deposit)
        if self._store is not None and self.redactor.settings.hold_evidence:
            self._store.hold([event for event in redacted.events if has_evidence(event)])
            redacted = withhold(self.redactor, redacted)
        self._intake.deposit(redacted)

    def send_released(self) -> int:
        """Deposit evidence that somebody has released, by the rules of today; how many events got theirs."""
        if self._store is None:
            return 0
        try:
            released = self._store.released()
            if released:
                self._intake.deposit(Deposit(evidence=[_evidence(self.redactor, found) for found in released]))
                self._store.drop([found.event_id for found in released])
        except (SpoolFull, EvidenceBroken) as problem:
            _log.warning("released evidence waits: %s", problem)
            return 0
        return len(released)


def gate_of(intake: Intake, settings: Settings, key: bytes) -> RedactingIntake:
    """The gate before `intake` by these settings, its evidence store in the state folder."""
    return RedactingIntake(intake, Redactor(settings.redaction, key), EvidenceStore(Path(settings.state)))


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


def withhold(redactor: Redactor, deposit: Deposit) -> Deposit:
    """The deposit without lines of logs; what was captured for an identity becomes a token."""
    return dataclasses.replace(
        deposit,
        events=[_without_evidence(redactor, event) for event in deposit.events],
        unknowns=[replace(unknown, sample="") for unknown in deposit.unknowns],
    )


def has_evidence(event: Event) -> bool:
    """Whether an event of the vendor's product brings anything that can be held; the host's own has no lines."""
    return event.product != HOST_PRODUCT


def _without_evidence(redactor: Redactor, event: Event) -> Event:
    if not has_evidence(event):
        return event
    identity = {name: value and redactor.token("ID", value) for name, value in event.identity.items()}
    return replace(event, identity=identity, fields={}, text="", samples=[], before=[], after=[], evidence_held=True)


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


def _evidence(redactor: Redactor, found: Evidence) -> Evidence:
    lines = redactor.redact_lines([*found.before, found.text, *found.after])
    count = len(found.before)
    return replace(
        found,
        fields=_clipped(redact_fields(redactor, found.fields, {})),
        text=_clip(lines[count], RECORD_CHARS),
        samples=[_clip(redactor.redact(sample), RECORD_CHARS) for sample in found.samples],
        before=[_clip(line, LINE_CHARS) for line in lines[:count]],
        after=[_clip(line, LINE_CHARS) for line in lines[count + 1 :]],
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
            encoding=source.encoding,
        )
        for source in inventory.sources
    ]
    return replace(inventory, hostname=_clip(redactor.redact(inventory.hostname), NAME_CHARS), sources=sources)


def _proof(redactor: Redactor, proof: Proof) -> Proof:
    """What a program said may hold a log's lines; what is signed stays as it is signed."""
    if isinstance(proof, PatchProgress):
        states = [replace(each, reason=_clip(redactor.redact(each.reason), LINE_CHARS)) for each in proof.states]
        return replace(proof, states=states)
    if not isinstance(proof, Result):
        return proof
    output, detail = redactor.redact(proof.output), redactor.redact(proof.detail)
    return replace(proof, output=_clip(output, RECORD_CHARS), detail=_clip(detail, LINE_CHARS))


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - len(CUT_MARK)] + CUT_MARK


def _clipped(values: dict[str, str]) -> dict[str, str]:
    return {name: _clip(value, FIELD_CHARS) for name, value in values.items()}
