"""A key file opens with its passphrase and with nothing else, and is never overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediation.trust.key_file import (
    KeyFileRefused,
    open_key_file,
    public_path,
    read_public_key,
    short_name,
    write_key_file,
)
from wire.keys import generate_key, load_private, private_pem, public_bytes, public_text

SALT = bytes(range(16))
WORDS = "correct horse battery"


def _never() -> str:
    raise AssertionError("no passphrase is needed here")


def test_it_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    path, key = tmp_path / "kim.key", generate_key()
    write_key_file(path, key, passphrase=WORDS, salt=SALT)
    assert private_pem(open_key_file(path, lambda: WORDS)) == private_pem(key)
    with pytest.raises(KeyFileRefused, match="wrong"):
        open_key_file(path, lambda: WORDS + "!")
    with pytest.raises(KeyFileRefused, match="wrong"):
        open_key_file(path, lambda: "")


def test_the_passphrase_alone_does_not_open_the_pem(tmp_path: Path) -> None:
    """It is stretched first: a tool that tries passphrases on PKCS 8 tries the wrong ones."""
    from cryptography.hazmat.primitives import serialization

    path = tmp_path / "kim.key"
    write_key_file(path, generate_key(), passphrase=WORDS, salt=SALT)
    with pytest.raises(ValueError, match=r".*"):
        serialization.load_pem_private_key(path.read_bytes(), password=WORDS.encode())


def test_files_and_modes(tmp_path: Path) -> None:
    path, key = tmp_path / "kim.key", generate_key()
    write_key_file(path, key, passphrase=None, salt=SALT)
    assert path.stat().st_mode & 0o777 == 0o600
    assert public_path(path).read_text() == public_text(key) + "\n"
    assert public_bytes(load_private(path.read_bytes())) == public_bytes(key)
    assert public_bytes(open_key_file(path, _never)) == public_bytes(key)


@pytest.mark.parametrize("taken", ["kim.key", "kim.key.pub"])
def test_nothing_is_overwritten(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_text("mine")
    with pytest.raises(KeyFileRefused, match="never overwritten"):
        write_key_file(tmp_path / "kim.key", generate_key(), passphrase=None, salt=SALT)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(taken, "mine")]


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kim.key"
    write_key_file(path, generate_key(), passphrase=None, salt=SALT)
    path.chmod(0o640)
    with pytest.raises(KeyFileRefused, match="chmod 600"):
        open_key_file(path, _never)


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileRefused, match="at least 8"):
        write_key_file(tmp_path / "kim.key", generate_key(), passphrase="1234567", salt=SALT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no key", b"sitewarden-key v1 scrypt zz\n", b"\xff" * 100])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kim.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileRefused):
        open_key_file(path, lambda: WORDS)
    with pytest.raises(KeyFileRefused):
        read_public_key(str(path))


def test_a_public_key_is_found_by_each_of_its_names(tmp_path: Path) -> None:
    path, key = tmp_path / "kim.key", generate_key()
    write_key_file(path, key, passphrase=None, salt=SALT)
    for name in (str(path), str(public_path(path)), public_text(key)):
        assert public_bytes(read_public_key(name)) == public_bytes(key)
    with pytest.raises(KeyFileRefused):
        read_public_key(str(tmp_path / "lee.key"))


def test_the_short_name_is_the_keys() -> None:
    key = generate_key()
    assert short_name(key) == short_name(key.public_key())
    assert len(short_name(key)) == 19
    assert short_name(key) != short_name(generate_key())
