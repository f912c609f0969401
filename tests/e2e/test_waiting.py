"""A waiting agent with real processes: documents come at once although the next report is a minute away."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.agent_process import DEADLINE_S, wait_until
from tests.fakes.asked_site import AskedSite, asked_site
from wire.documents.envelope import Envelope

# An agent that starts anew reports within one interval, so that many that start together do not come together.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
AT_ONCE_S = 2.0  # from handing a document to the collector to what it does at the host
HEARTBEAT_S = 60.0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[AskedSite]:
    with asked_site(tmp_path_factory.mktemp("waits"), repository, HEARTBEAT_S) as made:
        yield made


def obstacle(site: AskedSite, request: Envelope) -> bool:
    rows = site.results(request.digest)
    return any(row["obstacle"] == "no_approval" for row in rows)


def test_request_and_approval_come_down_at_once(site: AskedSite) -> None:
    request = site.site.request("one")
    sent = site.send(request)
    wait_until(lambda: obstacle(site, request), "the host says what is in the way")
    heard = time.monotonic() - sent
    sent = site.send(site.site.approval(request))
    wait_until(lambda: site.site.left("one") == 1, "it ran")
    ran = time.monotonic() - sent
    print(f"request to obstacle {heard:.2f} s, approval to run {ran:.2f} s")  # noqa: T201
    assert heard < AT_ONCE_S * 2  # the machine of a test is busy; the figure itself is benchmarks/actions.py
    assert ran < AT_ONCE_S * 2


def test_both_end_promptly_while_one_waits(site: AskedSite) -> None:
    agent = site.site.agent
    assert agent.process is not None
    began = time.monotonic()
    agent.process.terminate()
    assert agent.process.wait(20) == 0
    assert time.monotonic() - began < 5
    agent.start()
    request = site.site.request("two")
    site.send(site.site.approval(request))
    site.send(request)
    wait_until(lambda: site.site.left("two") == 1, "it waits again", HEARTBEAT_S + DEADLINE_S)
    os.kill(site.running.process.pid, signal.SIGTERM)
    began = time.monotonic()
    assert site.running.process.wait(20) == 0
    assert time.monotonic() - began < 5
    status = site.site.agent.status()
    assert status["failing_loops"] == []
