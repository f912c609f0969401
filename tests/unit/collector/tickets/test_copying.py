from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, replace

import pytest

from collector.tickets.copying import replaced
from collector.tickets.model import Alert, Case


@dataclass(frozen=True)
class _Pair:
    one: int
    other: str = "x"


def test_it_is_what_the_library_would_give() -> None:
    found = _Pair(1)
    copy = replaced(found, other="y")
    assert (copy, found) == (replace(found, other="y"), _Pair(1))
    assert hash(copy) == hash(_Pair(1, "y"))


def test_the_copy_is_frozen_too() -> None:
    with pytest.raises(FrozenInstanceError):
        replaced(_Pair(1), one=2).one = 3  # type: ignore[misc]


def test_a_name_that_is_not_there_is_refused() -> None:
    with pytest.raises(TypeError, match="_Pair has no third"):
        replaced(_Pair(1), third=3)


@pytest.mark.parametrize("kind", [Alert, Case])
def test_the_values_of_tickets_have_nothing_that_a_copy_would_skip(kind: type) -> None:
    assert not hasattr(kind, "__post_init__")
    assert not hasattr(kind, "__slots__")
