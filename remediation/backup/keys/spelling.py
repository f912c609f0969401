"""A key as four lines that a person can type from paper, each with its own checksum. Pure.

32 bytes are 52 letters of Crockford's base32 (no I, L, O, U). Each line carries 13 of them and three that
come from a SHA-256 over the line and its number, so a slip is found in its line, and lines cannot change
places unnoticed. Lower case, I and L for 1, O for 0, and any spaces or dashes are understood.

>>> key = bytes(range(32))
>>> print(spell_key(key))
000G 40R4 0M30 EDN5
2091 85GR 38E1 WR29
8124 GK2G AHC5 RKTJ
R34D 1P70 X3RF G2FV
>>> read_key(spell_key(key).lower()) == key
True
"""

from __future__ import annotations

import hashlib
from typing import Final

from wire.sentence import Sentence, sentence

KEY_BYTES: Final = 32
LINES: Final = 4
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LINE: Final = 13  # letters of the key in one line
_CHECK: Final = 3
_BITS: Final = 5
_GROUP: Final = 4
_SPARE_BITS: Final = LINES * _LINE * _BITS - KEY_BYTES * 8


class Misspelt(Exception):
    """What was typed is no key; the sentence says in which line the slip is."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


def spell_key(key: bytes) -> str:
    """The key in four lines of four groups."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes")
    number = int.from_bytes(key, "big") << _SPARE_BITS
    letters = "".join(_LETTERS[(number >> shift) & 31] for shift in range((LINES * _LINE - 1) * _BITS, -1, -_BITS))
    lines = [letters[start : start + _LINE] for start in range(0, len(letters), _LINE)]
    return "\n".join(_grouped(line + _checksum(at, line)) for at, line in enumerate(lines))


def read_key(text: str) -> bytes:
    """The key that these lines spell; empty lines and those that begin with # do not count. `Misspelt` otherwise."""
    lines = [line for raw in text.splitlines() if (line := raw.strip()) and not line.startswith("#")]
    if len(lines) != LINES:
        raise Misspelt(sentence("a key has {wanted} lines, here are {found}", wanted=LINES, found=len(lines)))
    number = 0
    for at, line in enumerate(lines):
        number = (number << _LINE * _BITS) | _read_line(at, line)
    if number & ((1 << _SPARE_BITS) - 1):
        raise Misspelt(sentence("line {line} of the key does not fit: look for a slip in it", line=LINES))
    return (number >> _SPARE_BITS).to_bytes(KEY_BYTES, "big")


def fingerprint(key: bytes) -> str:
    """Eight digits that name a key and tell nothing of it."""
    return hashlib.sha256(b"sitewarden backup key " + key).hexdigest()[:8]


def one_word(key: bytes) -> str:
    """The key's letters without spaces: the password of a restic repository, so that restic alone can open it."""
    return "".join(spell_key(key).split())


def _read_line(at: int, line: str) -> int:
    letters = line.upper().replace(" ", "").replace("-", "").replace("\t", "")
    letters = letters.replace("I", "1").replace("L", "1").replace("O", "0")
    slip = sentence("line {line} of the key does not fit: look for a slip in it", line=at + 1)
    if len(letters) != _LINE + _CHECK or set(letters) - set(_LETTERS):
        raise Misspelt(slip)
    content, check = letters[:_LINE], letters[_LINE:]
    if check != _checksum(at, content):
        raise Misspelt(slip)
    number = 0
    for letter in content:
        number = (number << _BITS) | _LETTERS.index(letter)
    return number


def _checksum(at: int, content: str) -> str:
    digest = int.from_bytes(hashlib.sha256(f"{at} {content}".encode()).digest()[:2], "big")
    return "".join(_LETTERS[(digest >> shift) & 31] for shift in (10, 5, 0))


def _grouped(letters: str) -> str:
    return " ".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))
