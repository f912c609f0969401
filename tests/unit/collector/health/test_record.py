from __future__ import annotations

import threading

import pytest

from collector.health.model import BlobRefused
from collector.health.record import pack_record, unpack_record
from tests.builders import a_gap, a_health
from tests.unit.collector.health.test_series import FULL
from wire.messages import encode_record


def test_a_record_comes_back_also_from_another_thread() -> None:
    bodies: list[bytes] = []
    thread = threading.Thread(target=lambda: bodies.append(pack_record(FULL)))
    thread.start()
    thread.join()
    assert unpack_record(bodies[0]) == FULL
    assert unpack_record(pack_record(a_health())) == a_health()


def test_it_is_small() -> None:
    assert len(pack_record(a_health())) < 130 < len(encode_record(a_health()))


def test_the_json_of_before_the_history_is_read() -> None:
    assert unpack_record(encode_record(FULL)) == FULL


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\x01", b"\x02" + pack_record(FULL)[1:], pack_record(FULL)[:-1], encode_record(a_gap())]
)
def test_garbage_is_refused(body: bytes) -> None:
    with pytest.raises(BlobRefused):
        unpack_record(body)
