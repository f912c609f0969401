from __future__ import annotations

import pytest

from tests.builders import NOW
from wire.errors import Malformed
from wire.lives import Ending, EndingCause
from wire.messages import decode_record, encode_record


@pytest.mark.parametrize("cause", EndingCause)
def test_last_words_cross_the_wire(cause: EndingCause) -> None:
    words = Ending(at=NOW, boot_id="b1", session=3, cause=cause)
    assert decode_record(encode_record(words)) == words


def test_an_unknown_cause_is_no_record() -> None:
    raw = encode_record(Ending(at=NOW, boot_id="b1", session=3, cause=EndingCause.REBOOT))
    with pytest.raises(Malformed):
        decode_record(raw.replace(b"reboot", b"boredom"))
