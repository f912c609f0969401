from __future__ import annotations

import pytest
from msgspec import Struct

from collector.tickets.bodies import BadRequest, Nothing, parse_body


class Named(Struct, frozen=True, forbid_unknown_fields=True):
    name: str


def test_what_is_meant_is_read() -> None:
    assert parse_body(b'{"name": "jh"}', Named) == Named("jh")
    assert parse_body(b"{}", Nothing) == Nothing()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"name":"a","name":"b"}', 400),
        (b'{"name":NaN}', 400),
        (b'{"name":"\\ud800"}', 400),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
        (b"[]", 422),
        (b'{"name":1}', 422),
        (b'{"name":"a","age":1}', 422),
        (b"{}", 422),
    ],
)
def test_anything_else_is_refused_in_words(body: bytes, status: int) -> None:
    with pytest.raises(BadRequest) as refused:
        parse_body(body, Named)
    assert refused.value.status == status
    assert str(refused.value)
