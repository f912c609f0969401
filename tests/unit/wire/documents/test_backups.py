from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from wire.documents.backups import (
    BACKUP_PROOF_TYPE,
    REASON_CHARS,
    Act,
    BackupProof,
    Deed,
    read_backup_proof,
    write_backup_proof,
)
from wire.documents.envelope import Envelope, add_signature, encode_envelope
from wire.errors import Malformed
from wire.keys import generate_key
from wire.proofs import BACKUP_PROOF_BYTES

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
KEY = generate_key()


def _proof(reason: str = "") -> BackupProof:
    deed = Deed(act=Act.BACKUP, is_good=False, started_at=NOW, ended_at=NOW, reason=reason)
    return BackupProof(agent="a1", site="seoul", journal="0a" * 8, number=2, deed=deed)


def test_a_signed_proof_is_read_back() -> None:
    envelope = add_signature(write_backup_proof(_proof()), KEY)
    assert read_backup_proof(envelope, KEY.public_key()) == _proof()


def test_without_this_hosts_signature_it_counts_for_nothing() -> None:
    for envelope in (write_backup_proof(_proof()), add_signature(write_backup_proof(_proof()), generate_key())):
        with pytest.raises(Malformed, match="has not signed"):
            read_backup_proof(envelope, KEY.public_key())


def test_another_type_or_another_content_is_refused() -> None:
    with pytest.raises(Malformed, match="not a proof"):
        read_backup_proof(add_signature(Envelope("text/plain", b"{}", []), KEY), KEY.public_key())
    with pytest.raises(Malformed):
        read_backup_proof(add_signature(Envelope(BACKUP_PROOF_TYPE, b'{"agent":1}', []), KEY), KEY.public_key())
    changed = msgspec.structs.replace(_proof(), number=0)
    with pytest.raises(Malformed):
        read_backup_proof(add_signature(write_backup_proof(changed), KEY), KEY.public_key())


@pytest.mark.parametrize("letter", ["x", "한", "\U0001f4be", '"', "\x01"])
def test_the_longest_reason_fits_into_its_record(letter: str) -> None:
    envelope = add_signature(write_backup_proof(_proof(letter * REASON_CHARS)), KEY)
    assert len(encode_envelope(envelope)) <= BACKUP_PROOF_BYTES
