"""Captured values: hidden by their own text, by their name, and by the lines they come from."""

from __future__ import annotations

import pytest

from agent.redaction.fields import hidden_values, redact_fields
from agent.redaction.redactor import Redactor
from agent.settings.redaction import RedactionSettings

REDACTOR = Redactor(RedactionSettings(), b"k" * 32)
LINE = "주민 900101-1234568 전화 010-2345-6789 password=hunter2 code 77"


@pytest.mark.parametrize(
    ("value", "is_hidden"),
    [
        ("900101-1234568", True),
        ("900101", True),  # half of it
        ("1234568", True),
        ("6789", True),  # a group of the number
        ("hunter2", True),
        ("was hunter2!", True),
        ("\uff19\uff10\uff10\uff11\uff10\uff11", True),
        ("77", False),
        ("10", False),
        ("ORD-123456", False),
    ],
)
def test_pieces_of_what_was_found(value: str, *, is_hidden: bool) -> None:
    hidden = hidden_values(REDACTOR, [LINE])
    redacted = redact_fields(REDACTOR, {"what": value}, hidden)["what"]
    assert (redacted != value) is is_hidden
    if is_hidden:
        assert value not in redacted


def test_by_name_alone() -> None:
    fields = redact_fields(REDACTOR, {"password": "hunter2", "user": "kim"}, {})
    assert fields == {"password": REDACTOR.token("SECRET", "hunter2"), "user": "kim"}
    assert redact_fields(REDACTOR, fields, {}) == fields
