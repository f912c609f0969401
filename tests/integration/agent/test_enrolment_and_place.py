"""Enrolment tells the executor which host this is, or says the one command that does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediation.executor.place import read_place
from tests.fakes.agent_process import AgentProcess
from tests.fakes.collector import Collector, HttpCollector


@pytest.fixture
def collector() -> Iterator[HttpCollector]:
    with HttpCollector(Collector()) as server:
        yield server


@pytest.fixture
def agent(tmp_path: Path, repository: Path, collector: HttpCollector) -> AgentProcess:
    return AgentProcess(tmp_path, repository, collector.address)


def test_the_executor_knows_its_place_at_once(agent: AgentProcess, collector: HttpCollector) -> None:
    done = agent.command("enrol", "--json", "-", stdin=f"{collector.collector.token()}\n")
    assert (done.returncode, done.stderr) == (0, "")
    place = read_place(agent.folder / "state-executor")
    assert (place.site, place.host) == ("seoul", json.loads(done.stdout)["agent"])
    assert (agent.folder / "state-executor").stat().st_mode & 0o777 == 0o700
    again = agent.command("place")
    assert again.returncode == 0, again.stderr


def test_only_force_replaces_a_place(agent: AgentProcess, collector: HttpCollector) -> None:
    folder = agent.folder / "state-executor"
    assert agent.command("enrol", "-", stdin=f"{collector.collector.token(1)}\n").returncode == 0
    first = read_place(folder)
    (agent.folder / "state/identity.json").unlink()  # as after a loss of the agent's folder alone
    second = agent.command("enrol", "-", stdin=f"{collector.collector.token(2)}\n")
    assert second.returncode == 0
    assert "sitewarden-agent place --replace" in second.stderr
    assert read_place(folder) == first
    third = agent.command("enrol", "--force", "-", stdin=f"{collector.collector.token(3)}\n")
    assert (third.returncode, third.stderr) == (0, "")
    assert read_place(folder) != first


def test_where_the_executors_folder_is_not_ours_it_says_what_to_run(
    agent: AgentProcess, collector: HttpCollector
) -> None:
    (agent.folder / "in-the-way").touch()  # root, too, cannot make a folder in a file
    agent.write_settings(collector.address, "executor: {folder: in-the-way/executor}\n")
    done = agent.command("enrol", "-", stdin=f"{collector.collector.token()}\n")
    assert done.returncode == 0, done.stderr
    assert "enrolled as" in done.stdout
    assert "runs `sitewarden-agent place`" in done.stderr
    assert agent.command("place").returncode == 1
