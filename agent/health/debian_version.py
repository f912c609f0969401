"""Which of two Debian versions is newer, pure: the rules of deb-version(7)."""

from __future__ import annotations

import re
from typing import Final

_PART: Final = re.compile(r"(\D*)(\d*)")
_END: Final = 0


def is_newer(version: str, than: str) -> bool:
    """Whether `version` sorts after `than`.

    >>> is_newer("1.2-1+deb12u1", "1.2-1"), is_newer("1.0~rc1", "1.0"), is_newer("1:1.0", "2.0")
    (True, False, True)
    """
    return _key(version) > _key(than)


Key = tuple[int, list[tuple[list[int], int]], list[tuple[list[int], int]]]


def _key(version: str) -> Key:
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return int(epoch) if epoch.isdigit() else 0, _parts(upstream), _parts(revision or "0")


def _parts(text: str) -> list[tuple[list[int], int]]:
    """Alternating non-digits and digits; `~` sorts before the end, letters before everything else."""
    found = [
        ([*(_weight(letter) for letter in words), _END], int(digits or 0)) for words, digits in _PART.findall(text)
    ]
    return found or [([_END], 0)]


def _weight(letter: str) -> int:
    if letter == "~":
        return -1
    return ord(letter) if letter.isalpha() else ord(letter) + 256
