"""Names and passwords as typed: one form for what looks the same.

A name is NFC, so that 김 typed as one letter or as three finds the same account; a password is
NFC for the same reason. Names are letters, digits and `. _ - @`: they are printed in timelines
and logs, and nothing in them may move a cursor or pass for somebody else's line.
"""

from __future__ import annotations

import unicodedata

from collector.auth.errors import AccountRefused
from wire.sentence import sentence

NAME_CHARS = 64
PASSWORD_CHARS_MIN = 10
PASSWORD_CHARS_MAX = 1_000  # scrypt takes any length; a megabyte of it is somebody's joke
MACHINES = ("rule", "collector", "agent")  # actors in timelines that are no people


def user_name(typed: str) -> str:
    """The name as it is stored; `AccountRefused` says what a name may hold.

    >>> user_name("j.h")
    'j.h'
    """
    name = unicodedata.normalize("NFC", typed)
    if not 0 < len(name) <= NAME_CHARS or not all(char.isalnum() or char in "._-@" for char in name):
        raise AccountRefused(
            sentence("a user name has 1 to {limit} letters, digits, dots, hyphens, underscores or @", limit=NAME_CHARS)
        )
    if name.casefold() in MACHINES:
        raise AccountRefused(sentence("the name {name} is the machine's own in timelines; take another", name=name))
    return name


def password_text(typed: str) -> str:
    """The password as it is hashed; `AccountRefused` when it is too short or absurdly long."""
    password = unicodedata.normalize("NFC", typed)
    if len(password) < PASSWORD_CHARS_MIN:
        raise AccountRefused(sentence("a password has at least {limit} characters", limit=PASSWORD_CHARS_MIN))
    if len(password) > PASSWORD_CHARS_MAX:
        raise AccountRefused(sentence("a password has at most {limit} characters", limit=PASSWORD_CHARS_MAX))
    return password
