"""Which events are the same fault: fingerprint, version 1.

sha256 of `v1|site|module|code|identity values`; never message text, process id, port, line or time.
The identity values are those that the catalogue names for the code, in its order. The version is
part of the hash, so that a new rule applies to new fingerprints only and old tickets never regroup.

>>> ticket_fingerprint("seoul", "billing", "BIL-1001", {})[:16]
'58302f02288eccef'
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

VERSION = 1
_SEPARATOR = "\x1f"


def ticket_fingerprint(site: str, module: str, code: str, identity: Mapping[str, str]) -> str:
    """The grouping key of a fault at one site, 64 hexadecimal digits."""
    pairs = (part for name in sorted(identity) for part in (name, identity[name]))
    text = _SEPARATOR.join(_escaped(part) for part in (f"v{VERSION}", site, module, code, *pairs))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _escaped(part: str) -> str:
    """The part without separators, so that no two different lists give the same text."""
    return part.replace("\\", "\\\\").replace(_SEPARATOR, "\\s")
