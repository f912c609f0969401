from __future__ import annotations

from pathlib import Path

import pytest

from agent.uplink.identity import (
    FILE_NAME,
    PENDING_NAME,
    IdentityBroken,
    IdentityFile,
    pending_key,
    read_identity,
    save_identity,
    stamp,
)
from wire.keys import generate_key, private_pem, public_bytes, public_text


def a_file() -> IdentityFile:
    return IdentityFile(
        agent="a1",
        site="seoul",
        collector="https://c.example",
        receipt_key=public_text(generate_key()),
        interval_s=60.0,
        private_key=private_pem(generate_key()).decode(),
    )


def test_before_enrolment_there_is_none(tmp_path: Path) -> None:
    assert read_identity(tmp_path) is None
    assert stamp(tmp_path) is None


def test_it_is_read_as_it_was_saved_and_private(tmp_path: Path) -> None:
    save_identity(tmp_path, a_file())
    identity = read_identity(tmp_path)
    assert identity is not None
    assert (identity.agent, identity.site) == ("a1", "seoul")
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert stamp(tmp_path) is not None


def test_the_key_waits_on_disk_until_the_identity_has_it(tmp_path: Path) -> None:
    first = pending_key(tmp_path)
    assert public_bytes(pending_key(tmp_path)) == public_bytes(first)
    assert (tmp_path / PENDING_NAME).stat().st_mode & 0o777 == 0o600
    save_identity(tmp_path, a_file())
    assert not (tmp_path / PENDING_NAME).exists()


@pytest.mark.parametrize("content", [b"", b"{}", b'{"version": 2}', b"\xff", b"[]"])
def test_a_broken_file_is_told_not_taken_for_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(IdentityBroken):
        read_identity(tmp_path)


def test_a_broken_waiting_key_is_replaced(tmp_path: Path) -> None:
    (tmp_path / PENDING_NAME).write_bytes(b"half a k")
    assert public_bytes(pending_key(tmp_path)) == public_bytes(pending_key(tmp_path))


def test_no_other_file_is_left(tmp_path: Path) -> None:
    save_identity(tmp_path, a_file())
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
