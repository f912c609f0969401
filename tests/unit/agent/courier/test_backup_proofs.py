from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.commands.saving import HostSigner
from agent.courier.backup_proofs import BackupProofs
from agent.spool.port import Cursor, Deposit, SpoolFull
from agent.uplink.identity import Identity
from remediation.backup.journal import Journal
from remediation.backup.proofs import lay_out
from wire.documents.backups import Act, Deed, read_backup_proof
from wire.documents.envelope import decode_envelope
from wire.keys import Ed25519PrivateKey, generate_key, key_id, public_bytes
from wire.proofs import BackupMark

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
DEED = Deed(act=Act.BACKUP, is_good=True, started_at=NOW, ended_at=NOW)


def identity_of(key: Ed25519PrivateKey, agent: str = "a1") -> Identity:
    public = key.public_key()
    name = key_id(public_bytes(key))
    return Identity(agent, "seoul", "http://127.0.0.1:1", 60, key, name, public, name)


class Spool:
    """Keeps what was deposited, levels in the same step."""

    def __init__(self) -> None:
        self.marks: list[BackupMark] = []
        self.kept: dict[str, str] = {}
        self.is_full = False

    def cursors(self, source: str) -> list[Cursor]:
        return []

    def first_start_seen(self, source: str) -> bool:
        return True

    def levels(self) -> dict[str, str]:
        return dict(self.kept)

    def deposit(self, deposit: Deposit) -> None:
        if self.is_full:
            raise SpoolFull
        self.marks += [proof for proof in deposit.proofs if isinstance(proof, BackupMark)]
        self.kept.update(dict(deposit.levels))


KEY = generate_key()
IDENTITY = identity_of(KEY)
SIGNER = HostSigner("a1", "seoul", KEY)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    found = Journal(tmp_path, lambda: NOW)
    found.write(DEED)
    yield found
    found.close()


@pytest.fixture
def spool() -> Spool:
    return Spool()


def _numbers(spool: Spool) -> list[int]:
    envelopes = [decode_envelope(mark.envelope) for mark in spool.marks]
    return [read_backup_proof(envelope, KEY.public_key()).number for envelope in envelopes]


def _files(state: Path) -> list[Path]:
    return sorted((state / "told/proofs").glob("*.json"))


def test_each_proof_is_taken_once_also_after_a_restart(journal: Journal, spool: Spool, tmp_path: Path) -> None:
    lay_out(journal, tmp_path, SIGNER)
    assert BackupProofs(tmp_path, spool).take(IDENTITY) == 1
    journal.write(DEED)
    lay_out(journal, tmp_path, SIGNER)
    assert [BackupProofs(tmp_path, spool).take(IDENTITY) for _ in range(3)] == [1, 0, 0]
    assert _numbers(spool) == [2, 3]


def test_a_full_spool_takes_it_later(journal: Journal, spool: Spool, tmp_path: Path) -> None:
    lay_out(journal, tmp_path, SIGNER)
    spool.is_full = True
    proofs = BackupProofs(tmp_path, spool)
    with pytest.raises(SpoolFull):
        proofs.take(IDENTITY)
    spool.is_full = False
    assert proofs.take(IDENTITY) == 1


def test_without_a_backup_there_is_nothing(spool: Spool, tmp_path: Path) -> None:
    assert BackupProofs(tmp_path, spool).take(IDENTITY) == 0


@pytest.mark.parametrize("spoil", ["signature", "agent", "name", "mode", "link", "size", "pipe"])
def test_what_is_not_surely_ours_is_not_taken(journal: Journal, spool: Spool, tmp_path: Path, spoil: str) -> None:
    signer = {"signature": HostSigner("a1", "seoul", generate_key()), "agent": HostSigner("a2", "seoul", KEY)}
    lay_out(journal, tmp_path, signer.get(spoil, SIGNER))
    path = _files(tmp_path)[0]
    if spoil == "name":
        path.rename(path.with_name(path.name.replace("0000000002", "0000000009")))
    elif spoil == "mode":
        path.chmod(0o666)
    elif spoil == "size":
        path.write_bytes(path.read_bytes() + b" " * 20_000)
    elif spoil in {"link", "pipe"}:
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere") if spoil == "link" else os.mkfifo(path, 0o644)
    proofs = BackupProofs(tmp_path, spool)
    assert (proofs.take(IDENTITY), proofs.take(IDENTITY), spool.marks) == (0, 0, [])
    assert spool.kept == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_account_is_not_taken(journal: Journal, spool: Spool, tmp_path: Path) -> None:
    lay_out(journal, tmp_path, SIGNER)
    os.chown(_files(tmp_path)[0], 65_534, 65_534)
    assert BackupProofs(tmp_path, spool).take(IDENTITY) == 0
