"""Which engineers of the vendor's roster signed a document, and what they may ask for now. Pure.

A key that stands twice in the roster may do only what every one of its entries allows: who
shortens an engineer's time by a second entry must not be undone by the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from remediation.trust.public_keys import key_name, raw_key, signing_texts
from remediation.trust.targets import Engineer, Roster
from wire.documents.envelope import Envelope


def signed_by(envelope: Envelope, roster: Roster) -> list[Engineer]:
    """The roster's entries whose key signed exactly these bytes."""
    texts = {key_name(engineer.key): engineer.key for engineer in roster.engineers}
    texts.pop("", None)  # nobody can sign with what is no key
    made = signing_texts(envelope, texts)
    return [engineer for engineer in roster.engineers if key_name(engineer.key) in made] if made else []


def vendor_keys(roster: Roster) -> frozenset[bytes]:
    """The raw public keys of all engineers: none of them can speak for the customer."""
    return frozenset(raw for engineer in roster.engineers if (raw := raw_key(engineer.key)) is not None)


def still_valid(found: Sequence[Engineer], now: datetime) -> list[Engineer]:
    """Those whose time is not over in any entry of their key."""
    return [one for one in found if all(_is_current(same, now) for same in found if same.key == one.key)]


def allowed(found: Sequence[Engineer], wanted: str) -> list[Engineer]:
    """Those who may ask for the class `wanted` by every entry of their key."""
    return [one for one in found if all(wanted in same.classes for same in found if same.key == one.key)]


def _is_current(engineer: Engineer, now: datetime) -> bool:
    try:
        end = datetime.fromisoformat(engineer.not_after)  # its form was checked when the roster was read
    except ValueError:
        return False  # the 31st of February
    return end.tzinfo is not None and now < end
