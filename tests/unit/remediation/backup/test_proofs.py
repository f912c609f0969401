from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from remediation.backup.journal import Journal
from remediation.backup.proofs import lay_out
from wire.documents.backups import Act, BackupProof, Deed, read_backup_proof
from wire.documents.envelope import Envelope, add_signature, decode_envelope
from wire.errors import Malformed
from wire.keys import generate_key

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
DEED = Deed(act=Act.DRILL, level=3, is_good=True, started_at=NOW, ended_at=NOW)


class Host:
    """An enrolled host."""

    agent = "a1"
    site = "seoul"

    def __init__(self) -> None:
        self.key = generate_key()

    def sign(self, envelope: Envelope) -> Envelope:
        return add_signature(envelope, self.key)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    found = Journal(tmp_path, lambda: NOW)
    yield found
    found.close()


def _files(state: Path) -> list[Path]:
    return sorted((state / "told/proofs").glob("*.json"))


def _read(path: Path, host: Host) -> BackupProof:
    return read_backup_proof(decode_envelope(path.read_bytes()), host.key.public_key())


def test_each_deed_becomes_one_signed_file(journal: Journal, tmp_path: Path) -> None:
    host = Host()
    journal.write(DEED)
    assert lay_out(journal, tmp_path, host) == 0
    journal.write(DEED)
    lay_out(journal, tmp_path, host)
    lay_out(journal, tmp_path, host)
    proofs = [_read(path, host) for path in _files(tmp_path)]
    assert [(proof.number, proof.agent, proof.deed) for proof in proofs] == [(2, "a1", DEED), (3, "a1", DEED)]
    with pytest.raises(Malformed, match="has not signed"):
        _read(_files(tmp_path)[0], Host())


def test_others_may_read_proofs_and_nothing_else(journal: Journal, tmp_path: Path) -> None:
    journal.write(DEED)
    lay_out(journal, tmp_path, Host())
    assert {path.stat().st_mode & 0o777 for path in _files(tmp_path)} == {0o644}
    assert (tmp_path / "told/proofs").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "journal").stat().st_mode & 0o077 == 0


def test_deeds_wait_for_an_enrolment(journal: Journal, tmp_path: Path) -> None:
    journal.write(DEED)
    assert lay_out(journal, tmp_path, None) == 1
    assert _files(tmp_path) == []
    lay_out(journal, tmp_path, Host())
    assert len(_files(tmp_path)) == 1


def test_what_a_crash_left_out_is_made_good(journal: Journal, tmp_path: Path) -> None:
    host = Host()
    journal.write(DEED)
    lay_out(journal, tmp_path, host)
    (tmp_path / "told/last").write_text("garbage")
    _files(tmp_path)[0].unlink()
    lay_out(journal, tmp_path, host)
    assert len(_files(tmp_path)) == 1


def test_the_folder_does_not_grow_for_ever(journal: Journal, tmp_path: Path) -> None:
    host = Host()
    for _ in range(205):
        journal.write(DEED)
    lay_out(journal, tmp_path, host)
    journal.write(DEED)
    lay_out(journal, tmp_path, host)
    assert len(_files(tmp_path)) == 200
    assert _read(_files(tmp_path)[-1], host).number == 207
