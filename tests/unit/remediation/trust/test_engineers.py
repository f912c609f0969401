"""Who of the roster signed, and who may ask for what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from msgspec import structs

from remediation.trust.engineers import allowed, signed_by, still_valid, vendor_keys
from remediation.trust.targets import Roster
from tests.fakes.customer import NOW
from tests.fakes.scene import ENGINEER, KIM, an_engineer, signed_request
from wire.keys import public_bytes

BROKEN = structs.replace(an_engineer(), name="Broken", key="A" * 43 + "=")


def _roster(*engineers: object) -> Roster:
    return Roster(version=1, engineers=list(engineers))  # type: ignore[arg-type]


def test_only_a_key_of_the_roster_over_exactly_these_bytes() -> None:
    envelope = signed_request(ENGINEER, KIM)
    roster = _roster(BROKEN, an_engineer())
    assert [one.name for one in signed_by(envelope, roster)] == ["Park"]
    assert signed_by(replace(envelope, payload=envelope.payload + b" "), roster) == []
    assert signed_by(replace(envelope, payload_type="other"), roster) == []
    assert signed_by(replace(envelope, signatures=[]), roster) == []
    assert signed_by(envelope, _roster()) == []


def test_a_key_that_cannot_be_read_signs_nothing_and_breaks_nothing() -> None:
    assert vendor_keys(_roster(structs.replace(BROKEN, key="é" * 44), an_engineer())) == {public_bytes(ENGINEER)}


@pytest.mark.parametrize(
    ("end", "valid"),
    [
        ("2026-11-24T03:00:01Z", True),
        ("2026-11-24T03:00:00Z", False),
        ("2026-02-31T03:00:00Z", False),
        ("2026-13-01T00:00:00Z", False),
    ],
)
def test_the_end_of_an_engineers_time(end: str, valid: bool) -> None:
    assert datetime(2026, 11, 24, 3, 0, tzinfo=UTC) == NOW
    assert bool(still_valid([an_engineer(not_after=end)], NOW)) is valid


def test_a_second_entry_of_a_key_can_only_take_away() -> None:
    ended = an_engineer(not_after="2026-01-01T00:00:00Z")
    other = an_engineer(KIM, name="Choi")
    assert still_valid([an_engineer(), ended, other], NOW) == [other]
    reader = an_engineer(classes=["read"])
    assert allowed([an_engineer(), reader, other], "action") == [other]
    assert allowed([reader], "read") == [reader]
