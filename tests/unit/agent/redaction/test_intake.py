"""The gate before the spool: no text of any record gets past it."""

from __future__ import annotations

from dataclasses import fields as fields_of
from datetime import UTC, datetime

import msgspec
import pytest

from agent.redaction.intake import RedactingIntake, redact_deposit, redact_event
from agent.redaction.redactor import Redactor
from agent.redaction.tokens import TOKEN
from agent.settings.redaction import RedactionSettings
from agent.spool.port import Deposit
from tests.builders import a_gap, a_health, an_event, an_inventory, an_unknown_error
from tests.fakes.intake import MemoryIntake
from tests.fakes.personal_lines import Writer
from wire.limits import FIELD_CHARS, LINE_CHARS, RECORD_CHARS
from wire.messages import Disk, Process, SourceState, decode_record, encode_record
from wire.proofs import Outcome, Result

REDACTOR = Redactor(RedactionSettings(), b"k" * 32)
RRN = "900101-1234568"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
RESULT = Result(
    digest="0" * 64, outcome=Outcome.DONE, ended_at=NOW, detail=f"for {RRN}", output=f"rows:\n{RRN}\npassword=hunter2"
)
FULL = Deposit(
    events=[
        an_event(
            text=f"ERROR {RRN}",
            before=[f"before {RRN}"],
            after=[f"after {RRN}"],
            samples=[f"sample {RRN}"],
            fields={"who": RRN, "half": "900101", RRN: "x", "password": "hunter2"},
            identity={"who": RRN},
            source=f"/var/log/{RRN}.log",
        )
    ],
    unknowns=[an_unknown_error(template=f"ERROR {RRN}", sample=f"ERROR {RRN}", source=f"/{RRN}.log")],
    gaps=[a_gap(source=f"/{RRN}.log", detail=f"near {RRN}")],
    health=a_health(
        disks=[Disk(mount=f"/{RRN}", size_bytes=1, used_percent=1)], processes=[Process(name=RRN, running=1)]
    ),
    inventory=an_inventory(hostname=RRN, sources=[SourceState(path=f"/{RRN}.log", position=1, problem=f"bad {RRN}")]),
    proofs=[RESULT],
)


def raw(deposit: Deposit) -> bytes:
    """Every record of the deposit as it would be stored."""
    single = [record for record in (deposit.health, deposit.inventory) if record is not None]
    records = [*deposit.events, *deposit.unknowns, *deposit.gaps, *single, *deposit.proofs]
    return b"\n".join(encode_record(record) for record in records)


def test_nothing_gets_past_the_gate() -> None:
    stored = raw(redact_deposit(REDACTOR, FULL))
    assert [planted for planted in (b"900101", b"1234568", b"hunter2") if planted in stored] == []
    assert stored.count(REDACTOR.redact(RRN).encode()) >= 17


def test_the_scan_can_fail() -> None:
    assert all(planted in raw(FULL) for planted in (b"900101", b"1234568", b"hunter2"))


def test_every_sort_of_record_of_a_deposit_is_known_here() -> None:
    """A new part of a deposit must be redacted, or named here with the reason why it holds no text of a log."""
    without_text = {"cursors", "forgotten", "levels", "history", "software", "ending"}
    redacted = {"events", "unknowns", "gaps", "health", "inventory", "proofs", "evidence"}
    assert {field.name for field in fields_of(Deposit)} <= without_text | redacted


def test_records_stay_valid_and_ids_stay() -> None:
    redacted = redact_deposit(REDACTOR, FULL)
    assert redacted.events[0].event_id == FULL.events[0].event_id
    for line in raw(redacted).split(b"\n"):
        decode_record(line)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_limits_hold_when_tokens_are_longer_than_values(count: int) -> None:
    line = ("a@1 pwd=a " * 500)[:LINE_CHARS]
    event = an_event(
        text=("pwd=a " * 11_000)[:RECORD_CHARS],
        before=[line] * 20,
        after=[line] * 5,
        samples=[line] * count,
        fields={"x": line[:FIELD_CHARS]},
    )
    redacted = redact_event(REDACTOR, event)
    assert redacted.text.endswith(" …")
    decode_record(encode_record(redacted))


def test_a_private_key_over_context_and_text_is_gone() -> None:
    rows = Writer(4).pem().split("\n")
    event = redact_event(REDACTOR, an_event(before=rows[:3], text=rows[3], after=rows[4:7]))
    assert all(TOKEN.fullmatch(line) for line in [*event.before, event.text, *event.after])


def test_equal_identities_stay_equal_and_a_quiet_event_is_untouched() -> None:
    one, two = (redact_event(REDACTOR, an_event(text=text, identity={"who": RRN})) for text in ("a", "b"))
    assert one.identity == two.identity != {"who": RRN}
    quiet = an_event(text="ERROR queue", before=["x"], samples=["y"], fields={"what": "queue"})
    assert redact_event(REDACTOR, quiet) == quiet


def test_the_gate_is_an_intake() -> None:
    inner = MemoryIntake()
    gate = RedactingIntake(inner, REDACTOR)
    gate.deposit(FULL)
    assert b"900101" not in msgspec.json.encode(inner.events)
    assert (gate.cursors("app"), gate.levels(), gate.first_start_seen("app"), gate.first_start_seen("app")) == (
        [],
        {},
        False,
        True,
    )


def test_rules_can_be_exchanged_while_it_runs() -> None:
    inner = MemoryIntake()
    gate = RedactingIntake(inner, REDACTOR)
    gate.redactor = Redactor(RedactionSettings(korean_id=False), b"k" * 32)
    gate.deposit(Deposit(events=[an_event(text=RRN)]))
    assert inner.events[0].text == RRN
