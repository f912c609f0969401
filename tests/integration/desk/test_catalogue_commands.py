"""The catalogue commands as a person runs them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent.logs.scan import Scanner
from agent.logs.scanner import vector
from wire.catalogue import read_catalogue

CATALOGUES = Path(__file__).parents[3] / "deploy" / "catalogues"


def desk(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "deploy.desk", "catalogue", *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=50, cwd=CATALOGUES.parents[1])


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_spreadsheet_goes_out_and_comes_back(tmp_path: Path, suffix: str) -> None:
    sheet, again = tmp_path / f"codes.{suffix}", tmp_path / "again.yaml"
    original = str(CATALOGUES / "nginx.yaml")
    assert desk(tmp_path, "export", original, "-o", str(sheet)).returncode == 0
    assert desk(tmp_path, "import", str(sheet), "-o", str(again)).returncode == 0
    same = desk(tmp_path, "diff", original, str(again))
    assert (same.returncode, same.stdout) == (0, "no difference that matters\n")


def test_a_wrong_cell_is_told_with_row_and_column(tmp_path: Path) -> None:
    sheet = tmp_path / "codes.csv"
    sheet.write_text("제품,버전,모듈,코드,등급,제목 영어\nhis,1,BIL,BIL-1,높음,x\n", encoding="cp949")
    done = desk(tmp_path, "import", str(sheet), "-o", str(tmp_path / "x.yaml"))
    assert done.returncode == 2
    assert "row 2, column level: level is a whole number from 1" in done.stderr
    assert not (tmp_path / "x.yaml").exists()


def test_diff_and_test_speak_by_exit_code_and_json(tmp_path: Path) -> None:
    changed = tmp_path / "nginx.yaml"
    shutil.copy(CATALOGUES / "nginx.yaml", changed)
    changed.write_text(
        changed.read_text().replace("level: 1", "level: 2", 1).replace("worker_connections are", "x are", 1)
    )
    done = desk(tmp_path, "diff", "--json", str(CATALOGUES / "nginx.yaml"), str(changed))
    assert done.returncode == 1
    assert {change["kind"] for change in json.loads(done.stdout)["changes"]} >= {"level", "pattern", "sample"}
    assert desk(tmp_path, "test", str(CATALOGUES / "nginx.yaml")).returncode == 0
    wrong = desk(tmp_path, "test", "--json", str(changed))
    assert wrong.returncode == 1
    assert json.loads(wrong.stdout)["wrong"][0]["code"] == "NGX-CON-0001"


@pytest.mark.skipif(not vector.is_available(), reason="needs hyperscan")
def test_a_compiled_database_is_the_one_that_an_agent_takes(tmp_path: Path) -> None:
    folder = tmp_path / "databases"
    assert desk(tmp_path, "compile", str(CATALOGUES / "postgresql.yaml"), str(folder)).returncode == 0
    before = {path.name for path in folder.iterdir()}
    catalogue, _ = read_catalogue((CATALOGUES / "postgresql.yaml").read_bytes())
    assert Scanner(catalogue, folder).engine == "hyperscan", "at once, without a child"
    assert {path.name for path in folder.iterdir()} == before
