from __future__ import annotations

import time

from collector.auth.passwords import hash_password, is_password

SALT = "00112233445566778899aabbccddeeff"


def test_a_hash_names_its_parameters_and_holds_no_password() -> None:
    stored = hash_password("correct horse", SALT)
    assert stored.startswith(f"scrypt$32768$8$1${SALT}$")
    assert len(stored) <= 256  # the column
    assert "horse" not in stored


def test_only_the_password_opens() -> None:
    stored = hash_password("correct horse", SALT)
    assert is_password("correct horse", stored)
    assert not is_password("correct horsf", stored)
    assert not is_password("", stored)
    assert stored != hash_password("correct horse", SALT[::-1])


def test_older_parameters_still_open() -> None:
    import hashlib

    key = hashlib.scrypt(b"old one", salt=bytes.fromhex(SALT), n=1024, r=8, p=1, dklen=32).hex()
    assert is_password("old one", f"scrypt$1024$8$1${SALT}${key}")


def test_nobody_takes_as_long_as_somebody_and_never_opens() -> None:
    stored = hash_password("correct horse", SALT)

    def seconds(against: str | None) -> float:
        began = time.perf_counter()
        assert not is_password("wrong", against)
        return time.perf_counter() - began

    known = min(seconds(stored) for _ in range(3))
    unknown = min(seconds(None) for _ in range(3))
    assert 0.5 < known / unknown < 2
