"""Which word of a host lets a bundle come; the pieces themselves go through the gate in ingest/test_bundles.py."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collector.relay.bundles.service import has_collected
from collector.relay.requests.model import Asked, HostStanding, RequestRecord
from collector.relay.requests.state import RequestState
from wire.proofs import Outcome, Result

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def request(state: RequestState, step: str | None) -> RequestRecord:
    result = None if step is None else Result(digest="ab" * 32, outcome=Outcome.DONE, step=step, ended_at=NOW)
    host = HostStanding("a1", "his-1", state, "", NOW, result)
    return RequestRecord("i", "s", None, "", Asked(product="p", action="a"), "lee", NOW, NOW, "ab" * 32, [host])


def test_a_host_that_collected_may_send() -> None:
    assert has_collected(request(RequestState.DONE, "collect"), "a1")


@pytest.mark.parametrize("state", sorted(set(RequestState) - {RequestState.DONE}))
def test_no_other_state_lets_it_send(state: RequestState) -> None:
    assert not has_collected(request(state, "collect"), "a1")


@pytest.mark.parametrize("step", ["run", "precheck", "", None])
def test_no_other_action_lets_it_send(step: str | None) -> None:
    assert not has_collected(request(RequestState.DONE, step), "a1")


def test_no_other_host_may_send() -> None:
    assert not has_collected(request(RequestState.DONE, "collect"), "a2")
