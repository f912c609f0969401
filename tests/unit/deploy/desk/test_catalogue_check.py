"""`sitewarden catalogue check` by its exit codes and words."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path
from typing import Any

import pytest

from deploy.desk.catalogue_check import COMMAND
from terminal import CommandRefused, Terminal

GOOD = """\
product: app
version: "1"
modules:
  - code: APP
    name: {en: Application, ko: 앱, zh: 应用}
    errors:
      - code: APP-1
        level: 1
        title: {en: It broke, ko: 고장, zh: 故障}
        match: [{regex: 'ERROR (?P<what>\\w+) broke'}]
        samples: [ERROR pump broke, "start\\n  ERROR pump broke"]
      - code: APP-2
        level: 2
        title: {en: Something broke, ko: 고장, zh: 故障}
        match: [{literal: broke}]
        samples: [it broke]
"""


def check(folder: Path, text: str, *, as_json: bool = False) -> tuple[int, str, str]:
    path = folder / "app.yaml"
    path.write_text(text, encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    code = COMMAND.run(argparse.Namespace(file=path, json=as_json), Terminal(out=out, err=err))
    return code, out.getvalue(), err.getvalue()


def test_a_good_catalogue_is_0(tmp_path: Path) -> None:
    code, out, err = check(tmp_path, GOOD)
    assert (code, err) == (0, "")
    shared, summary = out.splitlines()
    assert shared == "APP-1 and APP-2 share lines, the first wins: ERROR pump broke"
    assert summary == "app 1: 1 modules, 2 codes, 3 samples, 0 of them wrong"


def test_a_missing_translation_is_a_warning_and_still_0(tmp_path: Path) -> None:
    code, _, err = check(tmp_path, GOOD.replace(", ko: 앱", ""))
    assert code == 0
    assert err.startswith(f"warning: {tmp_path}/app.yaml:5:")


@pytest.mark.parametrize(
    ("sample", "words"),
    [("all is well", "APP-2 does not find its sample"), ("ERROR door broke", "is found as APP-1, which stands above")],
)
def test_a_sample_that_is_not_found_as_its_code_is_1(tmp_path: Path, sample: str, words: str) -> None:
    code, _, err = check(tmp_path, GOOD.replace("[it broke]", f"[{sample}]"))
    assert code == 1
    assert words in err


def test_a_fault_is_2_and_names_its_place(tmp_path: Path) -> None:
    code, out, err = check(tmp_path, GOOD.replace("level: 2", "level: 9"))
    assert (code, out) == (2, "")
    assert err.startswith(f"{tmp_path}/app.yaml:13:16: ")


def test_json_says_the_same(tmp_path: Path) -> None:
    def told(text: str) -> Any:
        return json.loads(check(tmp_path, text, as_json=True)[1])

    assert told(GOOD)["usable"] is True
    assert told(GOOD.replace("level: 2", "level: 9"))["faults"][0]["line"] == 13
    wrong = told(GOOD.replace("[it broke]", "[all is well]"))["wrong"]
    assert wrong == [{"module": "APP", "code": "APP-2", "sample": "all is well", "found": None, "must_not": False}]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandRefused, match="cannot be read"):
        COMMAND.run(argparse.Namespace(file=tmp_path / "none.yaml", json=False), Terminal())
