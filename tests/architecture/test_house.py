"""The commands of the house: what `make`, `.ci/run` and the guards of the tests do when something is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STEPS = ["test", "check", "demo CHECK=1", "tutorial NAME=first"]


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def _ci(repository: Path, tmp_path: Path, failing: str = "none") -> subprocess.CompletedProcess[str]:
    """Run .ci/run in a tree of its own, with a `make` that only notes what it was asked for."""
    root = tmp_path / "root"
    (root / "docs/tutorials").mkdir(parents=True)
    (root / "docs/tutorials/first.md").touch()
    (root / ".ci").mkdir()
    shutil.copy(repository / ".ci/run", root / ".ci/run")
    _program(
        tmp_path / "bin/make",
        f'#!/bin/sh\necho "$CI $*" >> {tmp_path}/asked\necho "== 7 passed in 1.23s =="\n[ "$1" != {failing} ]\n',
    )
    environment = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    command: list[str | Path] = ["bash", root / ".ci/run"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)


def test_the_run_of_a_commit_takes_every_step(repository: Path, tmp_path: Path) -> None:
    ran = _ci(repository, tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "asked").read_text().splitlines() == [f"true {step}" for step in STEPS]
    assert ran.stdout.splitlines()[-1] == "all steps passed; tests: == 7 passed in 1.23s =="


@pytest.mark.parametrize(("failing", "count"), [("test", 1), ("check", 2), ("demo", 3), ("tutorial", 4)])
def test_it_stops_at_the_first_failure(repository: Path, tmp_path: Path, failing: str, count: int) -> None:
    ran = _ci(repository, tmp_path, failing)
    assert ran.returncode == 1
    assert (tmp_path / "asked").read_text().splitlines() == [f"true {step}" for step in STEPS[:count]]
    assert ran.stdout.splitlines()[-1].startswith(f"FAILED: make {failing}")


def _chosen_python(repository: Path, tmp_path: Path, pythons: dict[str, bool]) -> str:
    """What `make -n venv` would do where these are the only Pythons; True for one that is new enough."""
    for name in ("make", "find", "sh", "test", "touch"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    for name, is_new in pythons.items():
        _program(tmp_path / "bin" / name, f"#!/bin/sh\nexit {0 if is_new else 1}\n")
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks/dev.txt").touch()
    for name in ("pyproject.toml", "deploy/build_locale.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    command: list[str | Path] = ["make", "-f", repository / "Makefile", "-n", "venv"]
    environment = {"PATH": str(tmp_path / "bin")}
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("pythons", "chosen"),
    [
        ({"python3.11": True, "python3": True}, "python3.11 -m venv"),
        ({"python3.11": False, "python3": True}, "python3 -m venv"),
        ({"python3": False, "python3.13": True}, "python3.13 -m venv"),
        ({"python": True}, "python -m venv"),
    ],
)
def test_make_takes_the_first_python_that_is_new_enough(
    repository: Path, tmp_path: Path, pythons: dict[str, bool], chosen: str
) -> None:
    assert f"{chosen} .venv" in _chosen_python(repository, tmp_path, pythons).splitlines()


def test_without_a_python_it_says_so(repository: Path, tmp_path: Path) -> None:
    assert 'test -n ""' in _chosen_python(repository, tmp_path, {"python3": False})
    (tmp_path / "bin/echo").symlink_to(shutil.which("echo") or "echo")
    command: list[str | Path] = ["make", "-f", repository / "Makefile", "venv"]
    environment = {"PATH": str(tmp_path / "bin")}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert "Sitewarden needs Python 3.11 or newer" in ran.stdout


def _guarded(repository: Path, tmp_path: Path, ci: str) -> subprocess.CompletedProcess[str]:
    """Two tests under our conftest, one of which is skipped."""
    (tmp_path / "tests").mkdir()
    shutil.copy(repository / "tests/conftest.py", tmp_path / "tests/conftest.py")
    (tmp_path / "tests/test_two.py").write_text(
        "import pytest\ndef test_one(): pass\ndef test_browser(): pytest.skip('no chromium')\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests"]
    environment = {**os.environ, "CI": ci}
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)


def test_what_was_not_run_is_told_loudly(repository: Path, tmp_path: Path) -> None:
    ran = _guarded(repository, tmp_path, ci="")
    assert ran.returncode == 0
    assert "NOT RUN" in ran.stdout
    assert "tests/test_two.py::test_browser: Skipped: no chromium" in ran.stdout
    assert "make system" in ran.stdout


def test_with_ci_nothing_may_be_skipped(repository: Path, tmp_path: Path) -> None:
    ran = _guarded(repository, tmp_path, ci="true")
    assert ran.returncode == 1
    assert "skipped, and CI=true forbids that: Skipped: no chromium" in ran.stdout


def test_missing_packages_are_named_to_who_is_not_root(repository: Path, tmp_path: Path) -> None:
    _program(tmp_path / "bin/dpkg-query", '#!/bin/sh\n[ "$3" = openssl ] && printf installed\n')
    _program(tmp_path / "bin/id", "#!/bin/sh\necho 1000\n")
    environment = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    command: list[str | Path] = ["bash", repository / "deploy/ci/install_system.sh"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "apt-get install acl chromium" in ran.stderr
    assert "openssl" not in ran.stderr
