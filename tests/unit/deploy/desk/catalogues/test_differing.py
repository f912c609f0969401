from __future__ import annotations

from deploy.desk.catalogues.differing import find_changes
from wire.catalogue import Catalogue, read_catalogue

OLD = """
product: clinic
version: "1"
modules:
  - code: BIL
    name: {en: Billing}
    errors:
      - {code: B-1, level: 2, title: {en: No bill}, match: [{regex: 'no bill (?P<n>[0-9]+)'}], samples: ["no bill 7"]}
      - {code: B-2, level: 3, title: {en: Paper}, match: [{literal: paper}], samples: ["out of paper"]}
      - {code: B-3, level: 3, title: {en: Gone}, match: [{literal: gone}]}
  - code: LAB
    name: {en: Laboratory}
    errors: []
"""


def changes(*edits: tuple[str, str]) -> list[tuple[str, str]]:
    text = OLD
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return [(change.kind, change.code) for change in find_changes(read(OLD), read(text))]


def read(text: str) -> Catalogue:
    return read_catalogue(text)[0]


def test_nothing_changes_with_the_version_alone() -> None:
    assert changes(('"1"', '"2"')) == []


def test_each_kind_of_change_has_its_word() -> None:
    assert changes(("level: 2", "level: 1")) == [("level", "B-1")]
    assert changes(("No bill}", "No bill, ko: 수납}")) == [("text", "B-1")]
    assert changes(("code: B-3", "code: B-4")) == [("removed", "B-3"), ("added", "B-4")]
    assert changes(("{literal: gone}]", "{literal: gone}], clears_by: B-2")) == [("clears_by", "B-3")]
    assert changes(('samples: ["no', 'identity: [n], samples: ["no')) == [("identity", "B-1")]
    assert changes(("product: clinic", "product: other")) == [("product", "")]


def test_samples_that_get_another_code_are_told() -> None:
    assert changes(("{literal: paper}", "{literal: papers}")) == [("pattern", "B-2"), ("sample", "-")]
    assert changes(("no bill (?P<n>[0-9]+)", "o")) == [("pattern", "B-1"), ("sample", "B-1")]


def test_a_code_that_moves_to_another_module_or_place_is_told() -> None:
    line = "      - {code: B-3, level: 3, title: {en: Gone}, match: [{literal: gone}]}\n"
    assert changes((line, ""), ("errors: []\n", f"errors:\n{line}")) == [("moved", "B-3")]
    assert changes((line, ""), ("    errors:\n", f"    errors:\n{line}")) == [("order", "B-3")]
