"""What another process changes in the fleet counts here within a second."""

from __future__ import annotations

import asyncio
from pathlib import Path

from collector.fleet.service import revoke_agent
from tests.builders import an_event
from tests.fakes.exchange_desk import Desk, play
from tests.fakes.signing_agent import SigningAgent
from wire import enrolment, envelope


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
