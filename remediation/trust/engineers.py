"""Which engineers of the vendor's roster signed a document, and what they may ask for now. Pure.

A key that stands twice in the roster may do only what every one of its entries allows: who
shortens an engineer's time by a second entry must not be undone by the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from remediation.trust.targets import Engineer, Roster
from wire.documents.envelope import Envelope, signers
from wire.errors import Malformed
from wire.keys import Ed25519PublicKey, key_id, load_public, public_bytes


def signed_by(envelope: Envelope, roster: Roster) -> list[Engineer]:
    """The roster's entries whose key signed exactly these bytes."""
    entries = [(key_id(public_bytes(key)), key, engineer) for engineer, key in _keys(roster)]
    made = signers(envelope, {name: key for name, key, _ in entries})
    return [engineer for name, _, engineer in entries if name in made]


def vendor_keys(roster: Roster) -> frozenset[bytes]:
    """The raw public keys of all engineers: none of them can speak for the customer."""
    return frozenset(public_bytes(key) for _, key in _keys(roster))


def still_valid(found: Sequence[Engineer], now: datetime) -> list[Engineer]:
    """Those whose time is not over in any entry of their key."""
    return [one for one in found if all(_is_current(same, now) for same in found if same.key == one.key)]


def allowed(found: Sequence[Engineer], wanted: str) -> list[Engineer]:
    """Those who may ask for the class `wanted` by every entry of their key."""
    return [one for one in found if all(wanted in same.classes for same in found if same.key == one.key)]


def _is_current(engineer: Engineer, now: datetime) -> bool:
    try:
        end = datetime.strptime(engineer.not_after, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False  # the 31st of February
    return now < end


def _keys(roster: Roster) -> Iterator[tuple[Engineer, Ed25519PublicKey]]:
    for engineer in roster.engineers:
        try:
            yield engineer, load_public(engineer.key)
        except Malformed:
            continue  # nobody can sign with it
