from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.fleet.enrolment import EnrolFault
from collector.metrics.measures import OUTCOMES, REASONS, Measures
from collector.metrics.text import Family, rendered
from wire.errors import SignatureFault

NAMES = {"Refused", "PieceRefused"}


def said_in(tree: ast.AST) -> Iterator[str]:
    """The second argument of every refusal that is made with a text there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES:
            words = node.args[1] if len(node.args) > 1 else None
            if isinstance(words, ast.Constant):
                yield str(words.value)


def test_every_reason_of_a_refusal_has_its_own_line(repository: Path) -> None:
    folders = (repository / "collector/ingest", repository / "collector/relay/bundles")
    files = [path for folder in folders for path in folder.rglob("*.py")]
    said = {word for path in files for word in said_in(ast.parse(path.read_text()))}
    assert len(said) > 20, "the search finds them"
    assert said | set(SignatureFault) | set(EnrolFault) == set(REASONS)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "taken"), (400, "refused"), (401, "refused"), (429, "turned_away"), (503, "turned_away"), (500, "failed")],
)
def test_outcomes(status: int, outcome: str) -> None:
    measures = Measures()
    measures.answered(status, 0.02)
    found = {sample.labels[0][1]: sample.value for sample in measures.checkins.family().samples}
    assert found == {name: int(name == outcome) for name in OUTCOMES}


def lines(families: list[Family]) -> int:
    return len(rendered(families).splitlines())


def test_nothing_that_comes_in_makes_the_page_longer_than_one_line_a_counter() -> None:
    measures = Measures()
    before = lines(list(measures.families()))
    for number in range(3_000):
        measures.refusals.add(f"reason-{number}")
        measures.events.add(f"site-{number}")
        measures.batches.add(f"agent-{number}")
        measures.answered(200 + number % 400, number / 10)
        measures.committed(number, number / 10)
    assert lines(list(measures.families())) == before + 3
