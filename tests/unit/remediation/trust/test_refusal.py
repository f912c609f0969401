"""What the library and the source say becomes one reason, and says whether waiting helps."""

from __future__ import annotations

import pytest
from tuf.api.exceptions import (
    BadVersionNumberError,
    LengthOrHashMismatchError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.api.serialization import DeserializationError

from remediation.trust.published import NotThere, Unfetched
from remediation.trust.refusal import Fault, VendorRefused, translated, unstored
from wire.sentence import sentence


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (UnsignedMetadataError("x"), Fault.SIGNATURE),
        (BadVersionNumberError("x"), Fault.ROLLBACK),
        (LengthOrHashMismatchError("x"), Fault.MIXED),
        (DeserializationError("x"), Fault.MALFORMED),
        (RepositoryError("x"), Fault.MALFORMED),
        (NotThere("x"), Fault.INCOMPLETE),
        (Unfetched("x"), Fault.UNREACHABLE),
        (TimeoutError("x"), Fault.UNREACHABLE),
    ],
)
def test_each_error_has_its_reason(error: Exception, fault: Fault) -> None:
    with pytest.raises(VendorRefused) as caught, translated():
        raise error
    assert caught.value.fault is fault
    assert caught.value.is_temporary


def test_a_mistake_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), translated():
        raise ZeroDivisionError


@pytest.mark.parametrize("fault", list(Fault))
def test_waiting_helps_unless_this_host_has_to_be_touched(fault: Fault) -> None:
    is_lasting = fault in {Fault.NO_ROOT, Fault.ROOT_THERE, Fault.STORE}
    assert VendorRefused(fault, sentence("x")).is_temporary is not is_lasting


def test_the_disk_is_a_reason_too() -> None:
    assert unstored(OSError(28, "No space left on device")).fault is Fault.STORE
