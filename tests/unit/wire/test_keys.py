from __future__ import annotations

import base64
import hashlib
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519

from wire import keys
from wire.errors import Malformed

KEY = keys.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def _pem(key: ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey, password: bytes | None = None) -> bytes:
    how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


def test_a_private_key_comes_back_from_its_file() -> None:
    again = keys.load_private(keys.private_pem(KEY))
    assert keys.public_bytes(again) == keys.public_bytes(KEY)


def test_our_form_is_the_librarys() -> None:
    whole = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    for key in (KEY, keys.generate_key()):
        assert keys.private_pem(key) == key.private_bytes(*whole)


def test_another_form_of_the_same_key_is_read_too() -> None:
    wrapped = keys.private_pem(KEY).replace(b"\n", b"\r\n")
    assert keys.public_bytes(keys.load_private(b"a comment\n" + wrapped)) == keys.public_bytes(KEY)


def test_our_form_needs_nothing_of_the_library_that_reads_the_others() -> None:
    pem = keys.private_pem(KEY).decode()
    program = (
        "import sys; from wire import keys; "
        f"keys.load_private(keys.private_pem(keys.load_private({pem!r}.encode()))); "
        "print('cryptography.hazmat.primitives.serialization' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_a_public_key_comes_back_from_bytes_and_text() -> None:
    raw = keys.public_bytes(KEY)
    assert len(raw) == keys.PUBLIC_KEY_BYTES
    assert len(keys.public_text(KEY)) == 44
    assert keys.public_bytes(keys.load_public(raw)) == raw
    assert keys.public_bytes(keys.load_public(keys.public_text(KEY.public_key()))) == raw


def test_ids_are_the_digest_and_differ() -> None:
    raw = keys.public_bytes(KEY)
    expected = base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
    assert keys.key_id(raw) == expected == keys.key_id_of_digest(bytes.fromhex(keys.key_digest(raw)))
    assert len(expected) == 43
    assert keys.key_id(keys.public_bytes(keys.generate_key())) != expected


UNKNOWN_ALGORITHM = (  # a PKCS 8 file whose algorithm has the object identifier 1.2.3.4
    b"-----BEGIN PRIVATE KEY-----\n"
    + base64.b64encode(bytes.fromhex("3010020100300506032a03040404" + "02000000"))
    + b"\n-----END PRIVATE KEY-----\n"
)


SHORT_SEED = (
    b"-----BEGIN PRIVATE KEY-----\n"
    + base64.b64encode(bytes.fromhex("302e020100300506032b657004220420") + bytes(31))
    + b"\n-----END PRIVATE KEY-----\n"
)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"not a key",
        b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        keys.private_pem(KEY)[:-40],
        keys.private_pem(KEY).replace(b"M", b"N", 1),
        _pem(ec.generate_private_key(ec.SECP256R1())),
        _pem(x25519.X25519PrivateKey.generate()),
        _pem(ec.generate_private_key(ec.SECP256R1()), b"password"),
        UNKNOWN_ALGORITHM,
        SHORT_SEED,
    ],
)
def test_files_that_hold_no_key_of_ours(pem: bytes) -> None:
    with pytest.raises(Malformed):
        keys.load_private(pem)


@pytest.mark.parametrize("raw", [b"", bytes(31), bytes(33), "", "열쇠", "A" * 43, "*" * 44, "A" * 40 + "===="])
def test_bytes_that_are_no_public_key(raw: bytes | str) -> None:
    with pytest.raises(Malformed):
        keys.load_public(raw)
