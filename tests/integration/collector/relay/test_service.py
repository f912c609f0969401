"""Documents down, results and heads up, through the real gate of the collector."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from collector.relay.service import TIMES, DocumentRefused, send
from tests.builders import an_event
from tests.fakes.exchange_desk import Desk, exchange_desk
from tests.fakes.signing_agent import SigningAgent
from wire.documents.envelope import Envelope, add_signature, encode_envelope
from wire.documents.model import ActionRequest, Approval, Revocation, write_document
from wire.envelope import Document
from wire.keys import generate_key
from wire.proofs import Outcome, Result

KEY = generate_key()


def times(desk: Desk) -> dict[str, Any]:
    now = desk.clock()
    return {"made_at": now, "not_before": now, "not_after": now.replace(year=now.year + 1)}


def a_request(desk: Desk, agent: SigningAgent, **change: Any) -> Envelope:
    values: dict[str, Any] = {
        "id": "b" * 32, "site": "seoul", "hosts": [agent.id], "product": "p", "action": "a",
        "actions_digest": "0" * 64, "reason": "r",
    }  # fmt: skip
    return add_signature(write_document(ActionRequest(**times(desk) | values | change)), KEY)


def an_approval(desk: Desk, agent: SigningAgent, request: Envelope) -> Envelope:
    values = {"id": "c" * 32, "site": "seoul", "hosts": [agent.id], "approves": request.digest, "approver": "Kim"}
    return add_signature(write_document(Approval(**times(desk) | values)), KEY)


def queue(desk: Desk, envelope: Envelope) -> None:
    send(desk.parts.store, encode_envelope(envelope), now=desk.clock())


async def poll(desk: Desk, agent: SigningAgent, *records: Any) -> list[Document]:
    return (await desk.deliver(agent, agent.batch(*records))).documents


def a_result(desk: Desk, request: Envelope, outcome: Outcome = Outcome.DONE, **change: Any) -> Result:
    return Result(digest=request.digest, outcome=outcome, action="a", ended_at=desk.clock(), **change)


def test_a_request_goes_down_until_its_result_came(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            request = a_request(desk, agent)
            queue(desk, request)
            queue(desk, an_approval(desk, agent, request))
            assert [each.kind for each in await poll(desk, agent)] == ["request", "approval"]
            assert await poll(desk, agent) == []
            desk.clock.move(minutes=11)
            waiting = a_result(desk, request, Outcome.REFUSED, obstacle="no_approval")
            assert len(await poll(desk, agent, waiting)) == 2
            desk.clock.move(minutes=11)
            assert await poll(desk, agent, a_result(desk, request)) == []
            desk.clock.move(minutes=11)
            assert await poll(desk, agent) == []
            assert desk.one("SELECT count(*) FROM action_result") == 2

    asyncio.run(scenario())


def test_only_the_hosts_that_are_meant_get_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent, other = await desk.enrolled(), await desk.enrolled("busan")
            queue(desk, a_request(desk, agent))
            assert await poll(desk, other) == []
            assert len(await poll(desk, agent)) == 1

    asyncio.run(scenario())


def test_what_stops_is_sent_a_few_times(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            values = {"id": "d" * 32, "site": "seoul", "hosts": [agent.id], "revokes": "b" * 32}
            queue(desk, write_document(Revocation(**times(desk) | values)))
            count = 0
            for _ in range(TIMES + 2):
                count += len(await poll(desk, agent))
                desk.clock.move(minutes=11)
            assert count == TIMES

    asyncio.run(scenario())


def test_what_no_host_would_take_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent = await desk.enrolled()
            start = desk.clock()
            wrong = [
                a_request(desk, agent, hosts=["elsewhere"]),
                a_request(desk, agent, site="busan"),
                a_request(desk, agent, not_before=start.replace(year=2020), not_after=start),
                Envelope("text/plain", b"{}", []),
            ]
            for envelope in wrong:
                with pytest.raises(DocumentRefused):
                    queue(desk, envelope)
            assert await poll(desk, agent) == []

    asyncio.run(scenario())


def test_a_result_stands_on_the_ticket_of_its_own_site_alone(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with exchange_desk(tmp_path) as desk:
            agent, other = await desk.enrolled(), await desk.enrolled("busan")
            await poll(desk, agent, an_event())
            number = desk.one("SELECT number FROM ticket")
            request = a_request(desk, agent)
            done = a_result(desk, request, ticket=number, exit_code=0, engineer="Lee", approvers=["Kim"])
            await poll(desk, other, done)
            await poll(desk, agent, done)
            await poll(desk, agent, done)
            rows = desk.rows("SELECT actor, detail FROM ticket_event WHERE kind='acted'")
            assert [row["actor"] for row in rows] == [agent.id]
            detail = json.loads(rows[0]["detail"])
            assert (detail["text"], detail["engineer"], detail["approvers"]) == ("a done exit code 0", "Lee", "Kim")

    asyncio.run(scenario())
