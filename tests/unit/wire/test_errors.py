from __future__ import annotations

import pytest

from wire.errors import Fault, Malformed, SignatureFault, SignatureRefused, TextRefused, TooLarge, WireError
from wire.sentence import sentence


def test_a_fault_names_its_place() -> None:
    assert str(Fault(12, 5, sentence("level is {level}", level=7))) == "12:5: level is 7"


def test_a_fault_of_the_whole_file_has_no_place() -> None:
    assert str(Fault(0, 0, sentence("nested too deeply"))) == "nested too deeply"


def test_every_fault_is_told() -> None:
    refused = TextRefused([Fault(1, 2, sentence("one")), Fault(3, 4, sentence("two"))])
    assert str(refused) == "1:2: one\n3:4: two"
    assert len(refused.faults) == 2


def test_a_refused_signature_says_why_to_machines_and_people() -> None:
    refused = SignatureRefused(SignatureFault.CLOCK, "signed 400 s away from now")
    assert (refused.reason, str(refused)) == ("clock_skew", "clock_skew: signed 400 s away from now")


@pytest.mark.parametrize("kind", [Malformed, TooLarge, SignatureRefused, TextRefused])
def test_one_root(kind: type[Exception]) -> None:
    assert issubclass(kind, WireError)
