"""A host key that was revoked by one process is refused by the serving one within five seconds, at every door."""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from remediation.trust.copying import copy_published
from tests.fakes.running_collector import Running, add_site, command, enrol, running_collector, settings_in
from tests.fakes.signing_agent import SigningAgent
from tests.fakes.vendor import FakeVendor

LIMIT_S = 5.0


def _doors(running: Running, agent: SigningAgent) -> set[int]:
    """What the exchange and the vendor's files answer this agent."""
    batch, question = agent.exchange(agent.batch()), agent.question("metadata/timestamp.json")
    sent = httpx.post(f"{running.exchange}{batch.path}", headers=batch.headers, content=batch.body)
    asked = httpx.get(f"{running.exchange}{question.path}", headers=question.headers)
    return {sent.status_code, asked.status_code}


def test_a_revoked_key_is_refused_within_five_seconds(tmp_path: Path) -> None:
    vendor = FakeVendor(tmp_path / "vendor")
    vendor.publish()
    settings_in(tmp_path)
    copy_published(vendor.out, tmp_path / "state/vendor")
    with running_collector(tmp_path) as running:
        token = add_site(tmp_path)
        agent = enrol(running, token)
        assert _doors(running, agent) == {200}
        revoked = command(tmp_path, "agent", "revoke", agent.id)
        done_at = time.monotonic()
        assert revoked.returncode == 0, revoked.stderr
        while _doors(running, agent) != {403}:
            assert time.monotonic() - done_at < LIMIT_S, "a revoked key is still taken"
        assert time.monotonic() - done_at < LIMIT_S
