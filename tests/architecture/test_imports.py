"""The import contracts hold, and each of them fails where a violation is planted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

DECIDING_PACKAGES = ("agent", "collector")
PACKAGES = ("wire", "terminal", "remediation", "agent", "collector", "deploy")

# Names that promise a decision without an effect; `state_` and `policy` stand anywhere in the name.
DECIDING_NAMES = ("state", "*_state", "*policy*", "plan", "*_plan", "cursor", "thresholds", "forecast", "pacing")

# contract -> files to plant in a copy, the first of which breaks it
PLANTED = {
    "packages": {"agent/planted.py": "import collector.parts\n"},
    "packages, upwards": {"wire/sentence.py": "import terminal\n"},
    "packages, siblings": {"collector/planted.py": "from agent.spool import port\n"},
    "wire": {"wire/messages.py": "import wire.envelope\n"},
    "wire, a file without a place": {"wire/unplaced.py": ""},
    "agent": {"agent/spool/planted.py": "import agent.uplink\n"},
    "agent, a file without a place": {"agent/unplaced.py": ""},
    "collector": {"collector/tickets/planted.py": "import collector.ingest\n"},
    "collector, a folder without a place": {"collector/planted/__init__.py": ""},
    "wire-pure": {"wire/limits.py": "import os\n"},
    "deciding-files": {"agent/logs/cursor.py": "import time\n"},
    "deciding-files, a policy of a feature": {"collector/planted/policy.py": "import sqlite3\n"},
    "deciding-files, by a detour": {
        "agent/planted/state.py": "import agent.planted.detour\n",
        "agent/planted/detour.py": "from threading import Lock\n",
    },
    "psutil": {"agent/logs/planted.py": "import psutil\n"},
    "requests": {"agent/uplink/planted.py": "import requests\n"},
    "sql": {"collector/tickets/planted.py": "from sqlalchemy import select\n"},
    "agent-small": {"agent/planted.py": "import pydantic\n"},
    "subprocess": {"agent/planted.py": "import subprocess\n"},
    "subprocess, beside the runner": {"remediation/executor/planted.py": "import subprocess\n"},
    "remediation": {"remediation/trust/planted.py": "import remediation.executor.runner\n"},
    "remediation, a folder without a place": {"remediation/unplaced.py": ""},
    "collector-runs-nothing": {"collector/tickets/planted.py": "import remediation.executor.client\n"},
}


def _lint(root: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [f"--contract={contract}" for contract in contracts]
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo", *chosen]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def copy(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("copy")
    shutil.copy(repository / "pyproject.toml", root)
    for package in PACKAGES:
        shutil.copytree(repository / package, root / package, ignore=shutil.ignore_patterns("__pycache__", "static"))
    return root


def test_contracts_hold(repository: Path) -> None:
    result = _lint(repository)
    assert result.returncode == 0, result.stdout


def test_contracts_hold_in_the_copy(copy: Path) -> None:
    result = _lint(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("case", PLANTED)
def test_contract_fails_on_a_planted_violation(copy: Path, case: str) -> None:
    contract = case.partition(",")[0]
    before: dict[Path, str | None] = {}
    folders = [copy / "agent/planted", copy / "collector/planted", copy / "remediation/planted"]
    try:
        for name, text in PLANTED[case].items():
            path = copy / name
            before[path] = path.read_text() if path.exists() else None
            path.parent.mkdir(exist_ok=True)
            (path.parent / "__init__.py").touch()
            path.write_text((before[path] or "") + "\n" + text)
        result = _lint(copy, contract)
        assert result.returncode == 1, result.stdout
        assert "BROKEN" in result.stdout
        planted = next(iter(PLANTED[case])).removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
        assert planted in result.stdout
    finally:
        for path, text_before in before.items():
            path.unlink() if text_before is None else path.write_text(text_before)
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


def test_every_contract_is_shown_to_fail(repository: Path) -> None:
    settings = tomllib.loads((repository / "pyproject.toml").read_text())
    contracts = {contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]}
    assert contracts == {case.partition(",")[0] for case in PLANTED}


def test_every_deciding_file_stands_under_the_contract(repository: Path) -> None:
    settings = tomllib.loads((repository / "pyproject.toml").read_text())
    contract = next(c for c in settings["tool"]["importlinter"]["contracts"] if c["id"] == "deciding-files")
    patterns = [expression.replace("**", "*") for expression in contract["source_modules"]]
    files = [path for package in DECIDING_PACKAGES for path in (repository / package).rglob("*.py")]
    named = [path for path in files if any(fnmatch(path.stem, pattern) for pattern in DECIDING_NAMES)]
    deciding = [".".join(path.relative_to(repository).with_suffix("").parts) for path in named]
    assert deciding
    outside = [module for module in deciding if not any(fnmatch(module, pattern) for pattern in patterns)]
    assert outside == [], "add these to the contract deciding-files in pyproject.toml"
