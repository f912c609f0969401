"""Bodies of requests, parsed strictly: duplicate keys, NaN, unknown fields and wrong types are refused in words."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import Struct

from wire.errors import Malformed
from wire.frame import check_strict


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """`{}`, or no body."""


class BadRequest(Exception):
    """The request is not as it must be; answered with `status` and the words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


Body = TypeVar("Body")


def parse_body(body: bytes, kind: type[Body]) -> Body:
    """The JSON body as `kind`; `BadRequest` 400 when it is not JSON, 422 when it is not this."""
    try:
        check_strict(body)
    except Malformed as error:
        raise BadRequest(400, f"not JSON: {error}") from error
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.ValidationError, UnicodeDecodeError) as error:
        raise BadRequest(422, str(error)) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadRequest(400, f"not JSON: {error}") from error
