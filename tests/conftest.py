"""Guards for all tests.

What a missing system package leaves out is told at the end, loudly; with CI=true it is a failure.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.fakes.stores import Server, on_postgresql, running_server, runs_on_both

REPOSITORY = Path(__file__).parents[1]

settings.register_profile("quick", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "soak", max_examples=3_000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the source tree."""
    return REPOSITORY


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI=true nothing may be skipped: the target has installed what the tests need."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and CI=true forbids that: {_reason(report.longrepr)}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was not run, and how to make it run."""
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    terminalreporter.section("NOT RUN", sep="!", red=True, bold=True)
    for report in skipped:
        terminalreporter.line(f"  {report.nodeid}: {_reason(report.longrepr)}", red=True)
    terminalreporter.line("  As root, `make system` installs what these tests need (Debian).", red=True)


def _reason(longrepr: object) -> str:
    """The reason from a skip's (file, line, reason)."""
    return str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests of what is stored run on both databases."""
    if runs_on_both(metafunc.definition.path, REPOSITORY):
        metafunc.fixturenames.insert(0, "database")
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True, scope="module")


@pytest.fixture(scope="session")
def database_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A PostgreSQL and the folder of its password."""
    folder = tmp_path_factory.mktemp("postgresql")
    with running_server(folder) as server:
        yield server, folder


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """Which database `tests.fakes.stores.open_store` opens; whoever opens a store for a whole module asks for this."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield "sqlite"
        return
    server, folder = request.getfixturevalue("database_server")
    with on_postgresql(server, folder):
        yield "postgresql"
