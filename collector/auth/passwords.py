"""Passwords at rest: scrypt, one line of text that names its parameters.

N = 2^15, r = 8, p = 1: 32 MB and some 80 ms a try, which is what makes a stolen database slow to
guess from. Two at a time at most, so that a flood of log-ins costs 64 MB and not all memory.
"""

from __future__ import annotations

import hashlib
import hmac
import threading

N = 2**15
R = 8
P = 1
KEY_BYTES = 32
MEMORY_BYTES = 64 * 1024 * 1024
AT_ONCE = 2

# The hash of nobody's password: an unknown name costs as long as a known one.
NOBODY = f"scrypt${N}${R}${P}${'00' * 16}${'00' * KEY_BYTES}"

_slots = threading.BoundedSemaphore(AT_ONCE)


def hash_password(password: str, salt: str) -> str:
    """`scrypt$N$r$p$salt$key`; `salt` is 128 random bits in hexadecimal."""
    return f"scrypt${N}${R}${P}${salt}${_derive(password, salt, N, R, P).hex()}"


def is_password(password: str, stored: str | None) -> bool:
    """Whether `password` is the one that was hashed; takes the same time without a stored hash."""
    _, n, r, p, salt, key = (stored or NOBODY).split("$")
    made = _derive(password, salt, int(n), int(r), int(p))
    return hmac.compare_digest(made, bytes.fromhex(key)) and stored is not None


def _derive(password: str, salt: str, n: int, r: int, p: int) -> bytes:
    with _slots:
        return hashlib.scrypt(
            password.encode("utf-8", "surrogatepass"),
            salt=bytes.fromhex(salt),
            n=n,
            r=r,
            p=p,
            maxmem=MEMORY_BYTES,
            dklen=KEY_BYTES,
        )
