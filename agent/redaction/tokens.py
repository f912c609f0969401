"""What stands in the place of a value: a label and a keyed suffix, `[RRN#k7f2m3q5xa]`.

The suffix is 50 bits of HMAC-SHA256 over label and value with a key that never leaves the host. Equal
values get equal tokens, so that they still correlate; without the key nobody can try all numbers. Among
a million different values of one site two meet by chance once in two thousand sites.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

TOKEN: Final = re.compile(r"\[[A-Z][A-Z0-9_]{0,23}#[a-z2-7]{10}\]")
_SUFFIX_CHARS: Final = 10


def token(label: str, value: str, key: bytes) -> str:
    """The token of a value. `label`: capitals, digits and underscores."""
    text = f"{label}\x1f{value}".encode("utf-8", "surrogatepass")
    digest = hmac.digest(key, text, hashlib.sha256)
    return f"[{label}#{base64.b32encode(digest).decode('ascii').lower()[:_SUFFIX_CHARS]}]"
