from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.desk.catalogues.writing import quoted, write_catalogue, write_entries
from wire.catalogue import read_catalogue
from wire.yaml_text import read_yaml

DEPLOY = Path(__file__).parents[5] / "deploy"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_reads_back(text: str) -> None:
    assert read_yaml(f"a: {quoted(text)}\n", dict[str, str]) == {"a": text}


@pytest.mark.parametrize("path", sorted((DEPLOY / "catalogues").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_catalogue_reads_back(path: Path) -> None:
    catalogue, _ = read_catalogue(path.read_bytes())
    assert read_catalogue(write_catalogue(catalogue))[0] == catalogue


def test_entries_fit_the_end_of_a_module_and_carry_their_notes() -> None:
    catalogue, _ = read_catalogue((DEPLOY / "demo" / "clinic.yaml").read_bytes())
    last = catalogue.modules[-1].errors[-1]
    whole = write_catalogue(catalogue) + write_entries([last], {last.code: "look here"}).replace(last.code, "NEW-1")
    again, _ = read_catalogue(whole)
    assert again.modules[-1].errors[-1].code == "NEW-1"
    assert "  # look here" in whole
