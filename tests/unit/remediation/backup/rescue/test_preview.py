from __future__ import annotations

import pytest
from msgspec.structs import replace

from remediation.backup.errors import DumpUnusable, RestoreRefused
from remediation.backup.manifest import DatabaseFacts
from remediation.backup.rescue.preview import Preview, names, refuse_other_counts, refuse_without_consent

PREVIEW = Preview(database="k", is_there=True, now={}, then={}, beside="b", kept="c", users=0)
FACTS = DatabaseFacts(name="clinic", engine="sqlite", version="3", files=[], tables={"t": 2})


def test_consent_is_the_name_typed_exactly() -> None:
    refuse_without_consent(PREVIEW, "k", swap=True)
    for wrong in ("", "K", "k ", "yes", "b"):
        with pytest.raises(RestoreRefused, match="type its name"):
            refuse_without_consent(PREVIEW, wrong, swap=False)


def test_places_are_changed_only_with_a_database_that_nobody_uses() -> None:
    for preview, said in ((replace(PREVIEW, is_there=False), "to replace"), (replace(PREVIEW, users=2), "2 are")):
        refuse_without_consent(preview, "k", swap=False)
        with pytest.raises(RestoreRefused, match=said):
            refuse_without_consent(preview, "k", swap=True)


@pytest.mark.parametrize("mark", ["", "A", "a b", "x" * 21, "a/b", "a\n"])
def test_a_mark_is_a_short_word(mark: str) -> None:
    with pytest.raises(RestoreRefused, match="is no mark"):
        names("k", mark, 63)


def test_a_name_without_room_is_refused() -> None:
    assert names("k" * 50, "m", 60)[1] == "k" * 50 + "_before_m"
    with pytest.raises(RestoreRefused, match="leaves no room"):
        names("병" * 20, "m", 63)


@pytest.mark.parametrize("tables", [{}, {"t": 1}, {"t": 2, "u": 0}])
def test_other_counts_are_refused(tables: dict[str, int]) -> None:
    refuse_other_counts(FACTS, {"t": 2})
    with pytest.raises(DumpUnusable, match="rows after loading"):
        refuse_other_counts(FACTS, tables)
