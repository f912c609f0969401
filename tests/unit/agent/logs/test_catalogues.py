from __future__ import annotations

from pathlib import Path

import pytest

from agent.logs.catalogues import CatalogueRefused, load_scanner, look_at_catalogue
from tests.fakes.logs import CATALOGUE


def test_a_catalogue_is_compiled_once_for_all_who_name_it(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(CATALOGUE, encoding="utf-8")
    one, two = load_scanner(tmp_path / "a.yaml"), load_scanner(tmp_path / "b.yaml")
    assert one is two
    assert one.catalogue.product == "clinic"
    assert load_scanner(tmp_path / "a.yaml", severity="^!!") is not one


def test_warnings_name_the_place(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(CATALOGUE.replace(", ko: 수납, zh: 收费", ""), encoding="utf-8")
    looked = look_at_catalogue(path)
    (warning,) = looked.warnings
    assert str(warning) == f"{path}:6:11: BIL has no text in ko, zh"
    assert looked.scanner.catalogue.product == "clinic"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CATALOGUE.replace("level: 2", "level: 7"), "{path}:9:16: "),
        (CATALOGUE.replace(r"timeout of (?P<what>\w+)", "(?=timeout)"), "look-around"),
        (CATALOGUE.replace(r"timeout of (?P<what>\w+)", "(timeout"), "{path}:"),
        ("product: [", "{path}:1:"),
        ("", "{path}"),
    ],
)
def test_a_broken_catalogue_is_refused_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueRefused) as refusal:
        load_scanner(path)
    assert expected.format(path=path) in str(refusal.value)


def test_a_catalogue_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(CatalogueRefused, match="cannot be read"):
            load_scanner(path)
