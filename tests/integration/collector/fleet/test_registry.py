"""What another process changes in the fleet counts here within a second."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from collector.fleet import registry
from collector.fleet.model import KnownAgent
from collector.fleet.repository import add_agent
from collector.fleet.service import revoke_agent
from collector.store.meta import REGISTRY_VERSION, read_meta
from tests.builders import an_event
from tests.fakes.exchange_desk import Desk, play
from tests.fakes.signing_agent import SigningAgent
from wire import enrolment, envelope
from wire.keys import generate_key, key_id, public_bytes


def test_a_revoked_key_is_refused_within_a_second(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        desk.engine.registry.start()
        try:
            await desk.deliver(agent, agent.batch())
            revoke_agent(desk.parts.store, agent.id, now=desk.clock())
            await asyncio.sleep(1.0)
            sent = agent.exchange(agent.batch(an_event()))
            response = await desk.send(sent)
            assert (response.status_code, envelope.decode_refusal(response.content).error) == (403, "agent_revoked")
            desk.check_signature(response, enrolment.ack_tag(agent.id), sent.headers["x-agent-seq"])
        finally:
            desk.engine.registry.stop()

    play(tmp_path, story)


def test_an_agent_more_is_added_without_reading_the_others_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        known, loads = desk.engine.registry, 0
        load = registry.Registry._load

        def counted(self: registry.Registry) -> registry.Known:
            nonlocal loads
            loads += 1
            return load(self)

        monkeypatch.setattr(registry.Registry, "_load", counted)
        added = []
        for at in range(2):
            key = generate_key()
            public = public_bytes(key)
            new = KnownAgent(f"new-{at}", "seoul", key_id(public), key.public_key(), revoked=False)
            facts = {"hostname": "h", "os": "Debian", "agent_version": "1"}
            with desk.parts.store.writing() as connection:
                site = known.known.agents[agent.key_id].site_id
                new = replace(new, site_id=site)
                add_agent(connection, known=new, public_key=public, facts=facts, now=desk.clock())
                added.append((new, read_meta(connection, REGISTRY_VERSION)))
        known.add(*added[0])
        assert (loads, "new-0" in {each.id for each in known.known.agents.values()}) == (0, True)
        revoke_agent(desk.parts.store, agent.id, now=desk.clock())
        known.add(*added[1])
        assert loads == 0
        assert not known.known.agents[agent.key_id].revoked
        known.refresh()
        assert (loads, known.known.agents[agent.key_id].revoked) == (1, True)
        known.add(*added[1])  # an older one changes nothing
        assert known.known.agents[agent.key_id].revoked

    play(tmp_path, story)
