"""Which events are the same fault, and which lines without a code are the same error: fingerprints, version 1.

sha256 of `v1|site|module|code|identity values`; never message text, process id, port, line or time.
The identity values are those that the catalogue names for the code, in its order. The version is
part of the hash, so that a new rule applies to new fingerprints only and old tickets never regroup.

>>> ticket_fingerprint("seoul", "billing", "BIL-1001", {})[:16]
'58302f02288eccef'

An error without a code has the fingerprint of its product and of its template, the line with what varies
masked; it is the same at every site, so that a fleet's unknown errors can be counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

VERSION = 1
OVERFLOW = "<more>"  # the template that stands for all those beyond a bound: counted, not told apart
_SEPARATOR = "\x1f"


def ticket_fingerprint(site: str, module: str, code: str, identity: Mapping[str, str]) -> str:
    """The grouping key of a fault at one site, 64 hexadecimal digits."""
    pairs = (part for name in sorted(identity) for part in (name, identity[name]))
    text = _SEPARATOR.join(_escaped(part) for part in (f"v{VERSION}", site, module, code, *pairs))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def template_fingerprint(product: str, template: str) -> str:
    """What equal unknown errors of one product share: 32 hexadecimal digits."""
    text = _SEPARATOR.join(_escaped(part) for part in (f"v{VERSION}", product, template))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _escaped(part: str) -> str:
    """The part without separators, so that no two different lists give the same text."""
    return part.replace("\\", "\\\\").replace(_SEPARATOR, "\\s")


def software_digest(versions: Mapping[str, str]) -> str:
    """What two equal lists of software share, 32 hexadecimal digits.

    >>> software_digest({"a": "1", "b": "2"}) == software_digest({"b": "2", "a": "1"})
    True
    """
    text = "\n".join(f"{name}\x1f{version}" for name, version in sorted(versions.items()))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
