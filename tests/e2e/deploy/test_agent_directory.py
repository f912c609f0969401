"""The directory for customers' servers, in an environment that has the agent's lock and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from deploy.agent.build import build

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180)]

VENDORS_SIDE = ("alembic", "collector", "deploy", "fastapi", "jinja2", "pydantic", "sqlalchemy", "starlette", "uvicorn")
NO_REGISTRY = ("Connection", "Temporary failure in name resolution", "No matching distribution", "timed out")

IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
names = []
for package in ("wire", "terminal", "agent"):
    module = importlib.import_module(package)
    names += [package, *(found.name for found in pkgutil.walk_packages(module.__path__, package + "."))]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names), "modules")
print("vendor:", *sorted(set(sys.argv[1:]) & {name.partition(".")[0] for name in sys.modules}))
"""


@pytest.fixture(scope="module")
def directory(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("build") / "sitewarden"
    build(repository, target)
    return target


@pytest.fixture(scope="module")
def python(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with locks/agent.txt of the directory, installed by hashes."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=True, symlinks=True)
    command: list[str | Path] = [home / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "-r", directory / "locks/agent.txt"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode and any(words in ran.stderr for words in NO_REGISTRY):
        pytest.skip("no package registry can be reached, so locks/agent.txt cannot be installed")
    assert ran.returncode == 0, ran.stderr
    return home / "bin/python"


def _run(command: list[str | Path], python: Path, directory: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"SITEWARDEN_PYTHON": str(python), "PYTHONPATH": str(directory), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"LC_ALL": "C.UTF-8"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_every_module_is_imported(python: Path, directory: Path, tmp_path: Path) -> None:
    ran = _run([python, "-P", "-c", IMPORT_EVERYTHING, *VENDORS_SIDE], python, directory, tmp_path)
    assert ran.returncode == 0, ran.stderr
    count, vendor = ran.stdout.splitlines()
    assert int(count.split()[0]) > 40
    assert vendor == "vendor:"


def test_nothing_of_the_vendors_side_is_there(python: Path, directory: Path) -> None:
    (packages,) = python.parents[1].glob("lib/python*/site-packages")
    found = [path.name.lower() for place in (packages, directory) for path in place.iterdir()]
    assert "msgspec" in found
    assert [name for name in found if name.partition("-")[0] in VENDORS_SIDE] == []


def test_the_control_would_be_found(directory: Path, tmp_path: Path) -> None:
    """In the environment of the tests themselves FastAPI can be imported: the check above can fail."""
    ran = _run(
        [sys.executable, "-P", "-c", "import fastapi; " + IMPORT_EVERYTHING, *VENDORS_SIDE], Path(), directory, tmp_path
    )
    assert "fastapi" in ran.stdout.splitlines()[-1]


def test_its_commands_run(python: Path, directory: Path, tmp_path: Path) -> None:
    agent = directory / "bin/sitewarden-agent"
    ran = _run([agent, "--help"], python, directory, tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    for command in ("enrol", "run", "status", "try"):
        assert command in ran.stdout
    (tmp_path / "agent.yaml").write_text(f"collector: http://127.0.0.1:9\nstate: {tmp_path}/state\n")
    ran = _run([agent, "check", "--settings", "agent.yaml", "--offline"], python, directory, tmp_path)
    assert ran.returncode in {0, 1}, ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout
