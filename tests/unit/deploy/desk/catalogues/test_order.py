from __future__ import annotations

from deploy.desk.catalogues.order import find_overlaps, find_shadowed
from wire.catalogue import Catalogue, read_catalogue


def a_catalogue(*errors: str) -> Catalogue:
    entries = "".join(f"      - {{code: {error}}}\n" for error in errors)
    return read_catalogue(
        f"product: p\nversion: '1'\nmodules:\n  - code: M\n    name: {{en: M}}\n    errors:\n{entries}"
    )[0]


def an_error(code: str, match: str, *samples: str) -> str:
    return f"{code}, level: 3, title: {{en: x}}, match: [{match}], samples: {list(samples)}"


def test_a_code_below_the_same_entry_can_never_win() -> None:
    found = find_shadowed(
        a_catalogue(
            an_error("A", "{literal: 'bill'}"),
            an_error("B", "{literal: 'no bill'}"),
            an_error("C", "{literal: 'no bill'}, {literal: 'other'}"),
            an_error("D", "{regex: 'x+'}"),
            an_error("E", "{regex: 'x+'}"),
        )
    )
    assert [(item.code, item.by) for item in found] == [("B", "A"), ("E", "D")]


def test_a_code_all_of_whose_samples_another_takes_can_never_win() -> None:
    catalogue = a_catalogue(
        an_error("A", "{regex: 'no .*'}", "no order"), an_error("B", "{regex: 'no b[a-z]+'}", "no bill", "no bread")
    )
    (found,) = find_shadowed(catalogue)
    assert (found.code, found.by) == ("B", "A")
    assert "never win" in str(found.words())


def test_codes_that_share_a_sample_overlap_once() -> None:
    catalogue = a_catalogue(
        an_error("A", "{regex: 'no b[a-z]+'}", "no bill", "no bread"), an_error("B", "{regex: 'no .*'}", "no order")
    )
    (found,) = find_overlaps(catalogue)
    assert (found.code, found.other, found.sample) == ("A", "B", "no bill")
    assert find_shadowed(catalogue) == []


def test_codes_apart_are_left_in_peace() -> None:
    catalogue = a_catalogue(an_error("A", "{literal: 'a'}", "a"), an_error("B", "{literal: 'b'}", "b"))
    assert (find_shadowed(catalogue), find_overlaps(catalogue)) == ([], [])
