"""What is hidden before anything is stored; the customer's administrator owns these rules.

No catalogue and no collector can change them: nothing else in the product reads or writes this section.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from wire.limits import NAME_CHARS

PatternName = Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[A-Za-z][A-Za-z0-9_]*\Z")]
Regex = Annotated[str, Meta(min_length=1, max_length=500)]
KeyName = Annotated[str, Meta(min_length=1, max_length=NAME_CHARS)]


class CustomerPattern(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A pattern of the customer's own; with `keys` it counts only behind one of these names."""

    name: PatternName
    regex: Regex  # Python's `re`, ASCII classes, on the text with plain digits
    keys: Annotated[list[KeyName], Meta(max_length=32)] = []


class RedactionSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The section `redaction:`; every detector is on but that of e-mail addresses."""

    korean_id: bool = True
    chinese_id: bool = True
    phone: bool = True
    card: bool = True
    secret: bool = True  # passwords, tokens, keys
    private_key: bool = True  # PEM blocks
    email: bool = False
    patterns: Annotated[list[CustomerPattern], Meta(max_length=32)] = []
    hold_evidence: bool = False  # log lines stay on this host until somebody releases them
