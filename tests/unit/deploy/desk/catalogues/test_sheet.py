from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.desk.catalogues.sheet import SheetRefused, to_catalogue, to_rows
from wire.catalogue import Catalogue, read_catalogue
from wire.catalogue.model import ErrorCode, Module, Pattern, Texts, VersionProbe

DEPLOY = Path(__file__).parents[5] / "deploy"
TEXT = st.text(min_size=1, max_size=12).filter(str.strip)
SAMPLES = st.lists(
    st.one_of(TEXT, st.sampled_from(["↳ x", "\\↳ x", "a\n↳ b\n", "\\\\server", "\n", "a\n\nb"])), max_size=3
)
TEXTS = st.builds(Texts, en=TEXT, ko=st.one_of(st.none(), TEXT), zh=st.one_of(st.none(), TEXT))
ERRORS = st.builds(
    lambda level, title, advice, match, samples, others: ErrorCode(
        code="", level=level, title=title, advice=advice, match=match, samples=samples, not_samples=others
    ),
    st.integers(1, 4), TEXTS, st.one_of(st.none(), TEXTS),
    st.lists(st.builds(lambda text: Pattern(literal=text.replace("\n", " ")), TEXT), max_size=3), SAMPLES, SAMPLES,
)  # fmt: skip


def numbered(errors: list[ErrorCode]) -> list[ErrorCode]:
    return [ErrorCode(**{name: getattr(error, name) for name in error.__struct_fields__} | {"code": f"A-{at}"})
            for at, error in enumerate(errors)]  # fmt: skip


@given(st.lists(ERRORS, max_size=3), TEXTS)
def test_a_catalogue_reads_back(errors: list[ErrorCode], name: Texts) -> None:
    modules = [Module(code="A", name=name, errors=numbered(errors)), Module(code="B", name=name, errors=[])]
    catalogue = Catalogue(product="p", version="1", modules=modules)
    assert to_catalogue(to_rows(catalogue)) == catalogue


@pytest.mark.parametrize("path", sorted((DEPLOY / "catalogues").glob("*.yaml")), ids=lambda path: path.stem)
def test_our_own_catalogues_read_back(path: Path) -> None:
    catalogue, _ = read_catalogue(path.read_bytes())
    assert to_catalogue(to_rows(catalogue)) == catalogue


def test_probes_are_kept() -> None:
    probe = VersionProbe(package="clinic")
    catalogue = Catalogue(
        product="p", version="1", modules=[Module(code="A", name=Texts(en="a"), errors=[], probes=[probe])]
    )
    assert to_catalogue(to_rows(catalogue)) == catalogue


def test_every_wrong_cell_is_named() -> None:
    rows = [
        {
            "product": "p",
            "version": "1",
            "module": "A",
            "code": "A-1",
            "level": "high",
            "title en": "x",
            "match": "foo",
        },
        {"code": "A 2", "level": "5", "title en": ""},
        {},
    ]
    with pytest.raises(SheetRefused) as refused:
        to_catalogue(rows)
    told = [str(problem).partition(":")[0] for problem in refused.value.problems]
    second, third = ["match", "level"], ["code", "level", "title en"]
    assert told == [f"row 2, column {name}" for name in second] + [f"row 3, column {name}" for name in third]
    assert "1 (the service is interrupted) to 4" in str(refused.value.problems[1])


def test_what_is_missing_is_told() -> None:
    with pytest.raises(SheetRefused, match="names it"):
        to_catalogue([{"code": "A-1"}])
    with pytest.raises(SheetRefused, match="column product: it is empty"):
        to_catalogue([{"module": "A"}])
    with pytest.raises(SheetRefused, match="probes"):
        to_catalogue([{"product": "p", "version": "1", "module": "A", "probes": "x"}])
