"""What the collector answers becomes bytes, `not there`, or `later`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from agent.uplink.port import Answer
from agent.vendor.fetching import PREFIX, CollectorSource
from remediation.trust.published import NotThere, Unfetched
from tests.builders import NOW
from tests.fakes.agent_parts import an_identity
from tests.fakes.collector import Collector, ManualClock
from tests.fakes.vendor_door import VendorDoor
from wire.enrolment import ack_tag, vendor_tag
from wire.envelope import Refusal, encode
from wire.frame import REFUSAL_TYPE
from wire.keys import Ed25519PrivateKey, generate_key, key_id, public_bytes
from wire.signatures import Message, read_claim, sign, verify

NAME = "metadata/1.root.json"
COLLECTOR = Collector(ManualClock().now)
IDENTITY = an_identity(COLLECTOR)


def _fetch(door: VendorDoor, name: str, most: int) -> bytes:
    return CollectorSource(door, IDENTITY, lambda: NOW, lambda: "n" * 8).fetch(name, most)


@pytest.fixture
def door(tmp_path: Path) -> VendorDoor:
    (tmp_path / "metadata").mkdir()
    (tmp_path / NAME).write_bytes(b"12345")
    return VendorDoor(tmp_path)


def test_bytes(door: VendorDoor) -> None:
    assert _fetch(door, NAME, 5) == b"12345"
    assert door.asked == [PREFIX + NAME]


def test_more_than_was_asked_for_is_refused(door: VendorDoor) -> None:
    with pytest.raises(Unfetched, match="more than 4 bytes"):
        _fetch(door, NAME, 4)


def test_absent(door: VendorDoor) -> None:
    with pytest.raises(NotThere):
        _fetch(door, "metadata/2.root.json", 5)


@pytest.mark.parametrize("status", [204, 301, 400, 401, 403, 500, 503])
def test_any_other_answer_is_later(door: VendorDoor, status: int) -> None:
    """Also 403: it must not end the search for a new root."""
    door.status = status
    with pytest.raises(Unfetched) as caught:
        _fetch(door, NAME, 5)
    assert not isinstance(caught.value, FileNotFoundError)


def test_no_answer_is_later(door: VendorDoor) -> None:
    door.is_shut = True
    with pytest.raises(Unfetched):
        _fetch(door, NAME, 5)


def test_a_strange_name_is_not_asked_for(door: VendorDoor) -> None:
    with pytest.raises(NotThere):
        _fetch(door, "../exchange", 5)
    assert door.asked == []


def test_each_question_is_signed_for_this_collector_and_this_file(door: VendorDoor) -> None:
    _fetch(door, NAME, 5)
    (head,) = door.heads
    question = Message("application/octet-stream", b"", "vendor", method="GET", path=PREFIX + NAME)
    claim = read_claim(head)
    verify(
        claim,
        question,
        digest_header=head["content-digest"],
        key=IDENTITY.key.public_key(),
        tag=vendor_tag(IDENTITY.receipt_key_id),
        now=NOW,
    )


def _clock_refusal(door: VendorDoor, key: Ed25519PrivateKey) -> None:
    body = encode(Refusal(error="clock_skew", detail="", time=NOW + timedelta(hours=3)))
    said = Message(REFUSAL_TYPE, body, "vendor", status=401)
    own = key_id(public_bytes(key))
    fields = sign(said, key=key, key_id=own, tag=ack_tag(IDENTITY.agent), now=NOW, nonce="n" * 8)
    door.answers.append(Answer(401, fields, body))


def test_a_clock_that_is_off_is_put_right_by_the_collectors_signed_word(door: VendorDoor) -> None:
    _clock_refusal(door, COLLECTOR.key)
    assert _fetch(door, NAME, 5) == b"12345"
    created = [read_claim(head).created for head in door.heads]
    assert created[1] - created[0] == 3 * 3_600


def test_nobody_else_tells_the_time(door: VendorDoor) -> None:
    _clock_refusal(door, generate_key())
    with pytest.raises(Unfetched):
        _fetch(door, NAME, 5)
    assert len(door.heads) == 1
