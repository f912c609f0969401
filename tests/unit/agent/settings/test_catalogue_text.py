from __future__ import annotations

import pytest

from agent.settings.catalogue_text import read_once
from tests.fakes.logs import CATALOGUE
from wire.errors import TextRefused


def test_equal_bytes_are_read_once() -> None:
    one, two = read_once(CATALOGUE.encode()), read_once(CATALOGUE.encode())
    assert one is two
    assert one[0].product == "clinic"
    assert read_once(CATALOGUE.replace("clinic", "other").encode())[0].product == "other"


def test_what_is_wrong_is_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(TextRefused):
            read_once(b"product: [")
