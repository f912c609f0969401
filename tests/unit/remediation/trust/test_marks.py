"""Marks only rise, and end with the keys that they belong to."""

from __future__ import annotations

from pathlib import Path

import pytest
from tuf.api.metadata import Role

from remediation.trust.marks import Mark, Marks, MarksBroken, fallen_below, keys_of, raised, read_marks, write_marks

SEEN = Marks(root=2, roles={"timestamp": Mark(7, "a"), "product-his": Mark(3, "b")})


def test_what_is_below_is_named() -> None:
    assert fallen_below(SEEN, 2, {"timestamp": Mark(7, "a")}) is None
    assert fallen_below(SEEN, 3, {"timestamp": Mark(8, "a")}) is None
    assert fallen_below(SEEN, 1, {}) == ("root", 1, 2)
    assert fallen_below(SEEN, 2, {"timestamp": Mark(6, "a")}) == ("timestamp", 6, 7)


def test_other_keys_begin_anew_but_root_never_does() -> None:
    assert fallen_below(SEEN, 2, {"timestamp": Mark(1, "other")}) is None
    assert fallen_below(Marks(root=2_000_000), 3, {}) == ("root", 3, 2_000_000)


def test_roles_that_were_not_looked_at_keep_their_marks() -> None:
    new = raised(SEEN, 3, {"timestamp": Mark(9, "a")})
    assert new == Marks(root=3, roles={"timestamp": Mark(9, "a"), "product-his": Mark(3, "b")})
    assert raised(SEEN, 1, {}).root == 2


def test_keys_are_a_set_and_a_threshold() -> None:
    assert keys_of(Role(["x", "y"], 1)) == keys_of(Role(["y", "x"], 1))
    assert keys_of(Role(["x", "y"], 1)) != keys_of(Role(["x", "y"], 2))
    assert keys_of(Role(["x", "y"], 1)) != keys_of(Role(["x"], 1))


def test_there_and_back(tmp_path: Path) -> None:
    assert read_marks(tmp_path) == Marks()
    write_marks(tmp_path, SEEN)
    assert read_marks(tmp_path) == SEEN


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"version":2}', b'{"root":-1}', b'{"roles":{"a":{"version":"1"}}}']
)
def test_broken_marks_are_not_taken_for_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "marks.json").write_bytes(content)
    with pytest.raises(MarksBroken):
        read_marks(tmp_path)
