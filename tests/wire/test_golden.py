"""Messages as they crossed the wire in each version of the protocol. Old ones still parse, for ever.

A file in golden/ is never edited. A change of the protocol adds files, or a folder for its version;
`fresh` below writes the current ones, and only for comparing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.redaction.evidence import evidence_of
from tests.builders import (
    NOW,
    a_batch,
    a_gap,
    a_health,
    a_reply,
    an_event,
    an_inventory,
    an_inventory_diff,
    an_unknown_error,
)
from wire import enrolment, envelope, keys, limits, waiting
from wire.documents.backups import Act, BackupProof, Deed
from wire.lives import Ending, EndingCause
from wire.messages import (
    Disk,
    Evidence,
    GapCause,
    Process,
    RecordEnd,
    SoftwareKind,
    SourceState,
    Status,
    TimeOrigin,
    decode_record,
    encode_record,
)
from wire.proofs import AuditMark, BackupMark, Outcome, Passed, PatchProgress, Result

GOLDEN = Path(__file__).with_name("golden")
RECEIPT_KEY = keys.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TOKEN = enrolment.Token("ab" * 8, "cd" * 16, keys.key_digest(keys.public_bytes(RECEIPT_KEY)))

FULL_EVENT = an_event(
    status=Status.OK,
    occurred_from=TimeOrigin.READ,
    last_at=NOW + timedelta(seconds=2.5),
    count=1_000,
    identity={"queue": "blood"},
    fields={"order": "17", "patient": "홍길동"},
    source="/var/log/clinic/app.log",
    line_number=42,
    text='ERROR payment failed\n  at Pay.java:7\tCaused by: "timeout"',
    ended_by=RecordEnd.SILENCE,
    samples=["ERROR one", "ERROR two"],
    before=["INFO before"],
    after=["INFO after 之后"],
    history=True,
)
FULL_UNKNOWN = an_unknown_error(
    source="/var/log/clinic/app.log",
    severity="ERROR",
    count=12,
    last_at=NOW + timedelta(hours=1),
    sample="ERROR claim 17 refused by 보험공단",
)
FULL_GAP = a_gap(
    cause=GapCause.OVERSIZED,
    since=NOW - timedelta(hours=1),
    until=NOW,
    from_byte=10,
    bytes_lost=2_000_000,
    records_lost=1,
    detail="one record of 2 MB",
)
FULL_HEALTH = a_health(
    swap_used_percent=1.5,
    net_received_bytes=2**53,
    net_sent_bytes=1,
    disks=[Disk(mount="/", size_bytes=10**12, used_percent=90.5, inodes_used_percent=3.0)],
    processes=[Process(name="reception", running=2, rss_bytes=1, cpu_percent=250.0)],
    agent_rss_bytes=40_000_000,
    agent_cpu_s=1.25,
)
FULL_RESULT = Result(
    digest="0a" * 32,
    request="1" * 32,
    ticket="2026-000123",
    action="restart-service",
    engineer="Lee",
    approvers=["Kim", "박"],
    outcome=Outcome.FAILED,
    obstacle="",
    detail="undone",
    step="run",
    exit_code=None,
    signal=9,
    is_timeout=True,
    duration_s=20.5,
    output="stopping\nkilled",
    output_bytes=15,
    audit_record=42,
    ended_at=NOW,
)
FULL_INVENTORY = an_inventory(
    catalogues={"clinic": "7", "host": "1"},
    sources=[SourceState(path="/var/log/clinic/app.log", position=4_096, problem="permission denied")],
)
FULL_INVENTORY_DIFF = an_inventory_diff(
    of=SoftwareKind.MODULE,
    base="1a" * 16,
    present={"clinic/BILLING": "4.2.1", "clinic/접수": ""},
    gone=["clinic/OLD"],
)

FULL_BACKUP_PROOF = BackupProof(
    agent="a1",
    site="seoul",
    journal="0a" * 8,
    number=42,
    deed=Deed(
        act=Act.DRILL,
        level=3,
        is_good=False,
        started_at=NOW,
        ended_at=NOW + timedelta(seconds=90),
        run="1" * 32,
        engine="archive",
        snapshot="2" * 32,
        snapshot_at=NOW - timedelta(hours=5),
        code="not_as_saved",
        reason="orders has 3 rows instead of 2",
        counts={"databases": 1, "rows": 3, "wrong": 1},
        size_bytes=1_000,
        added_bytes=10,
        rto_s=88.5,
        rpo_s=18_000.0,
    ),
)

REHEARSAL_PROOF = BackupProof(
    agent="a1",
    site="seoul",
    journal="0a" * 8,
    number=4,
    deed=Deed(
        act=Act.REHEARSAL,
        is_good=True,
        started_at=NOW,
        ended_at=NOW,
        snapshot="2" * 32,
        counts={"files": 3, "databases": 1, "untried_services": 2},
        patch="his-2.0",
        patch_digest="0d" * 32,
    ),
)


def _decode_backup_proof(raw: bytes) -> BackupProof:
    return msgspec.json.decode(raw, type=BackupProof)


Decode = Callable[[bytes], Any]
Encode = Callable[[Any], bytes]
FRESH: dict[str, tuple[Any, Decode, Encode]] = {
    "event-smallest": (an_event(), decode_record, encode_record),
    "event": (FULL_EVENT, decode_record, encode_record),
    "event-held": (an_event(evidence_held=True, identity={"who": "[ID#k7f2m3q5xa]"}), decode_record, encode_record),
    "evidence-smallest": (Evidence(event_id=an_event().event_id), decode_record, encode_record),
    "evidence": (evidence_of(FULL_EVENT), decode_record, encode_record),
    "unknown_error-smallest": (an_unknown_error(), decode_record, encode_record),
    "unknown_error": (FULL_UNKNOWN, decode_record, encode_record),
    "gap-smallest": (a_gap(), decode_record, encode_record),
    "gap": (FULL_GAP, decode_record, encode_record),
    "health-smallest": (a_health(), decode_record, encode_record),
    "health": (FULL_HEALTH, decode_record, encode_record),
    "health-session": (a_health(session=7), decode_record, encode_record),
    "ending": (Ending(at=NOW, boot_id="6e3b7f1c", session=7, cause=EndingCause.REBOOT), decode_record, encode_record),
    "inventory-smallest": (an_inventory(), decode_record, encode_record),
    "inventory": (FULL_INVENTORY, decode_record, encode_record),
    "result-smallest": (
        Result(digest="0a" * 32, outcome=Outcome.REFUSED, ended_at=NOW),
        decode_record,
        encode_record,
    ),
    "result": (FULL_RESULT, decode_record, encode_record),
    "patch_progress-smallest": (PatchProgress(digest="0a" * 32), decode_record, encode_record),
    "patch_progress": (
        PatchProgress(
            digest="0a" * 32,
            request="0b" * 16,
            ticket="2026-000123",
            patch="his-2.0",
            states=[
                Passed(state="planned", at=NOW),
                Passed(state="rolling_back", at=NOW + timedelta(seconds=2.5), reason="it is not well: 수납"),
            ],
        ),
        decode_record,
        encode_record,
    ),
    "audit_head-smallest": (AuditMark(envelope=b"{}"), decode_record, encode_record),
    "audit_head": (
        AuditMark(envelope=b'{"payloadType":"x"}', since=6, proof=["0b" * 32, "0c" * 32]),
        decode_record,
        encode_record,
    ),
    "backup_proof": (BackupMark(envelope=b'{"payloadType":"x"}'), decode_record, encode_record),
    "backup-proof-document-smallest": (
        BackupProof(
            agent="a1",
            site="seoul",
            journal="0a" * 8,
            number=2,
            deed=Deed(act=Act.BACKUP, is_good=True, started_at=NOW, ended_at=NOW),
        ),
        _decode_backup_proof,
        msgspec.json.encode,
    ),
    "backup-proof-document": (FULL_BACKUP_PROOF, _decode_backup_proof, msgspec.json.encode),
    "backup-proof-rehearsal": (REHEARSAL_PROOF, _decode_backup_proof, msgspec.json.encode),
    "inventory_diff-smallest": (an_inventory_diff(), decode_record, encode_record),
    "inventory_diff": (FULL_INVENTORY_DIFF, decode_record, encode_record),
    "batch": (
        a_batch(
            FULL_EVENT,
            FULL_GAP,
            FULL_HEALTH,
            FULL_INVENTORY,
            sequence=7,
            spool=envelope.Spool(bytes=4_096, waiting=4, full=True),
        ),
        envelope.decode_batch,
        envelope.encode,
    ),
    "reply-smallest": (a_reply(), envelope.decode_reply, envelope.encode),
    "reply": (
        a_reply(
            mark=7,
            duplicate=True,
            digest="0f" * 32,
            parked=1,
            documents=[
                envelope.Document(kind="catalogue", media_type="application/yaml", content=b"product: clinic\n")
            ],
        ),
        envelope.decode_reply,
        envelope.encode,
    ),
    "reply-paced": (a_reply(interval_s=90.0, phase_s=12.5), envelope.decode_reply, envelope.encode),
    "refusal": (
        envelope.Refusal(error="clock_skew", detail="signed 400 s away from now", time=NOW),
        envelope.decode_refusal,
        envelope.encode,
    ),
    "enrol-request": (
        enrolment.EnrolRequest(
            token_id=TOKEN.id,
            secret=TOKEN.secret,
            public_key=keys.public_text(RECEIPT_KEY),
            hostname="clinic-1",
            os="Debian GNU/Linux 12",
            agent_version="0.1.0",
            sent_at=NOW,
        ),
        enrolment.decode_enrol_request,
        enrolment.encode,
    ),
    "enrol-reply": (
        enrolment.EnrolReply(
            agent="a1",
            site="shanghai-clinic",
            receipt_key=keys.public_text(RECEIPT_KEY),
            generation="g1",
            interval_s=60.0,
            time=NOW,
        ),
        enrolment.decode_enrol_reply,
        enrolment.encode,
    ),
    "wait-question": (waiting.WaitQuestion(for_s=50.0), waiting.decode_question, waiting.encode),
    "wait-answer": (waiting.WaitAnswer(due=True, wait_s=50.0), waiting.decode_answer, waiting.encode),
    "token": (TOKEN, lambda raw: enrolment.parse_token(json.loads(raw)), lambda token: json.dumps(str(token)).encode()),
}

FILES = sorted(GOLDEN.glob("v*/*.json"))


def _case(file: Path) -> tuple[Any, Decode, Encode]:
    return FRESH[file.stem]


def test_every_kind_has_its_golden_file() -> None:
    assert {file.stem for file in FILES if file.parent.name == f"v{limits.PROTOCOL}"} == set(FRESH)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_old_bytes_mean_what_they_meant(file: Path) -> None:
    message, decode, _ = _case(file)
    decoded = decode(file.read_bytes())
    if isinstance(message, envelope.Batch):
        assert [decode_record(raw) for raw in decoded.records] == [decode_record(raw) for raw in message.records]
        assert envelope.encode(decoded) == envelope.encode(message)
    else:
        assert decoded == message


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_encoding_again_gives_the_same_bytes(file: Path) -> None:
    _, decode, encode = _case(file)
    raw = file.read_bytes().rstrip(b"\n")
    assert encode(decode(raw)) == raw


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_what_we_encode_today_is_what_we_encoded_then(file: Path) -> None:
    message, _, encode = _case(file)
    assert encode(message) == file.read_bytes().rstrip(b"\n")


def _with_unknown_fields(value: Any) -> Any:
    """Every object with one more field, as a newer peer may send it; free maps are left alone."""
    if isinstance(value, list):
        return [_with_unknown_fields(item) for item in value]
    if not isinstance(value, dict):
        return value
    free = {"identity", "fields", "catalogues", "present", "counts"}
    known = {name: item if name in free else _with_unknown_fields(item) for name, item in value.items()}
    return {"a_new_field": {"nested": [1, None, "x"]}, **known}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_unknown_fields_change_nothing(file: Path) -> None:
    message, decode, _ = _case(file)
    if isinstance(message, enrolment.Token):
        return
    decoded = decode(json.dumps(_with_unknown_fields(json.loads(file.read_bytes()))).encode())
    if isinstance(message, envelope.Batch):
        assert [decode_record(raw) for raw in decoded.records] == [decode_record(raw) for raw in message.records]
    else:
        assert decoded == message
