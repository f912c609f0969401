from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.logs.rules import SourceRefused, compile_source, find_outcomes
from agent.settings.model import RecordRule, Source
from tests.fakes.logs import CATALOGUE
from wire.catalogue import read_catalogue
from wire.messages import Status


def test_a_source_is_compiled(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(CATALOGUE, encoding="utf-8")
    rules = compile_source(Source(name="a", path="/log/a", catalogue=str(tmp_path / "c.yaml"), encoding="cp949"))
    assert rules.encoding.codec == "cp949"
    assert rules.scanner.find(["back again"])


def test_every_reason_is_named(tmp_path: Path) -> None:
    source = Source(
        name="a",
        path="/log/a",
        catalogue=str(tmp_path / "none.yaml"),
        encoding="utf-32",
        zone="Asia/Nowhere",
        record=RecordRule(start="("),
    )
    with pytest.raises(SourceRefused) as refusal:
        compile_source(source)
    assert len(refusal.value.faults) == 4
    for word in ("utf-32", "Asia/Nowhere", "none.yaml", "regular expression"):
        assert word in str(refusal.value)


def test_a_clearing_code_says_ok_and_is_told_apart_like_what_it_clears() -> None:
    text = CATALOGUE.replace("clears_by: BACK", "clears_by: BACK\n        identity: [what]")
    outcomes = find_outcomes(read_catalogue(text)[0])
    assert [(outcome.status, outcome.identity) for outcome in outcomes] == [
        (Status.FIRING, ("number",)),
        (Status.FIRING, ("what",)),
        (Status.OK, ("what",)),
    ]


def test_a_source_may_have_its_own_words_of_severity(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(CATALOGUE, encoding="utf-8")
    given: dict[str, Any] = {"name": "a", "path": "/log/a", "catalogue": str(tmp_path / "c.yaml")}
    usual, own = compile_source(Source(**given)).scanner, compile_source(Source(**given, severity="^!!")).scanner
    assert [usual.severity_of("ERROR x"), usual.severity_of("!! x")] == ["ERROR", None]
    assert [own.severity_of("ERROR x"), own.severity_of("!! x")] == [None, "!!"]
    with pytest.raises(SourceRefused, match="look-around"):
        compile_source(Source(**given, severity="(?=x)"))
