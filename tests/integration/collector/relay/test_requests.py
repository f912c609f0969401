"""Requests through the collector's real gate: what each document and each word of a host means for them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collector.relay.requests import repository
from collector.relay.requests.model import Asked, RequestRecord
from collector.relay.requests.state import RequestState
from collector.relay.service import DocumentRefused, send
from tests.builders import an_event
from tests.fakes.exchange_desk import Desk, play
from tests.fakes.signing_agent import SigningAgent
from wire.documents.envelope import Envelope, add_signature, encode_envelope
from wire.documents.model import ActionRequest, Approval, Decline, Revocation, write_document
from wire.keys import generate_key
from wire.proofs import Outcome, Result

KEY = generate_key()
ID = "b" * 32


class Story:
    """One agent with a ticket, and documents about it."""

    def __init__(self, desk: Desk, agent: SigningAgent) -> None:
        self.desk, self.agent = desk, agent

    async def poll(self, *records: Any) -> None:
        self.desk.clock.move(minutes=11)
        await self.desk.deliver(self.agent, self.agent.batch(*records))

    def document(self, shape: Any, **values: Any) -> Envelope:
        now = self.desk.clock()
        body = {"id": "c" * 32, "site": "seoul", "hosts": [self.agent.id], "made_at": now, "not_before": now}
        return add_signature(write_document(shape(**body | {"not_after": now.replace(year=2099)} | values)), KEY)

    def request(self, ticket: str = "", **values: Any) -> Envelope:
        body = {"id": ID, "product": "p", "action": "a", "actions_digest": "0" * 64, "reason": "r", "ticket": ticket}
        return self.document(ActionRequest, **body | values)

    def send(self, envelope: Envelope) -> Envelope:
        send(self.desk.parts.store, encode_envelope(envelope), now=self.desk.clock(), actor="lee")
        return envelope

    def result(self, request: Envelope, outcome: Outcome, **values: Any) -> Result:
        return Result(digest=request.digest, outcome=outcome, ended_at=self.desk.clock(), **values)

    def record(self, request: str = ID) -> RequestRecord:
        with self.desk.parts.store.reading() as connection:
            found = repository.find_request(connection, request)
        assert found is not None
        return found

    def state(self) -> RequestState:
        (host,) = self.record().hosts
        return host.state

    def told(self) -> list[str]:
        rows = self.desk.rows(
            "SELECT json_extract(detail, '$.state') AS state FROM ticket_event WHERE kind = 'requested' ORDER BY id"
        )
        return [row["state"] for row in rows]


def test_the_whole_way_stands_on_the_ticket(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        on = Story(desk, agent)
        await on.poll(an_event())
        request = on.send(on.request(desk.one("SELECT number FROM ticket")))
        await on.poll()
        await on.poll(on.result(request, Outcome.REFUSED, obstacle="no_approval"))
        await on.poll(on.result(request, Outcome.REFUSED, obstacle="no_approval", detail="once more"))
        assert on.record().hosts[0].obstacle == "no_approval"
        on.send(on.document(Approval, approves=request.digest, approver="Kim"))
        await on.poll(on.result(request, Outcome.REFUSED, obstacle="outside_window"))
        await on.poll(on.result(request, Outcome.DONE, exit_code=0, output="well"))
        await on.poll(on.result(request, Outcome.REFUSED, obstacle="used_up"))
        assert on.told() == ["sent", "delivered", "waiting", "approved", "waiting", "done"]
        assert on.state() is RequestState.DONE
        assert desk.one("SELECT count(*) FROM ticket_event WHERE kind = 'acted'") == 0

    play(tmp_path, story)


@pytest.mark.parametrize("by", ["decline", "revocation"])
def test_what_stops_a_request_shows_and_a_run_before_it_too(tmp_path: Path, by: str) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        on = Story(desk, agent)
        request = on.send(on.request())
        if by == "decline":
            on.send(on.document(Decline, declines=request.digest, approver="Kim"))
        else:
            on.send(on.document(Revocation, revokes=ID))
        assert on.state() is RequestState.STOPPED
        await on.poll(on.result(request, Outcome.DONE))
        assert on.state() is RequestState.DONE

    play(tmp_path, story)


def test_a_result_of_another_host_moves_nothing(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        on = Story(desk, agent)
        request = on.send(on.request())
        other = await desk.enrolled("busan")
        await desk.deliver(other, other.batch(on.result(request, Outcome.DONE)))
        assert on.state() is RequestState.SENT

    play(tmp_path, story)


def test_a_draft_becomes_what_was_signed(tmp_path: Path) -> None:
    """One host of the draft is left out, one is added."""

    async def story(desk: Desk, agent: SigningAgent) -> None:
        on = Story(desk, agent)
        left_out, added = [await one_more(desk) for _ in range(2)]
        asked = Asked(product="p", action="other", hosts=sorted([agent.id, left_out]))
        draft = RequestRecord(
            id=ID, site="seoul", ticket_id=None, ticket="", asked=asked, made_by="jh", made_at=desk.clock(),
            not_after=desk.clock(), digest=None,
        )  # fmt: skip
        with desk.parts.store.writing() as connection:
            repository.add_request(connection, draft, RequestState.DRAFTED, desk.clock())
        with pytest.raises(DocumentRefused):
            await foreign(desk, on)
        assert on.record().is_draft
        request = on.send(on.request(hosts=[agent.id, added]))
        assert (on.record().asked.action, on.record().digest) == ("a", request.digest)
        states = {host.agent: host.state for host in on.record().hosts}
        expected = {agent.id: RequestState.SENT, left_out: RequestState.STOPPED, added: RequestState.SENT}
        assert states == expected
        on.send(request)
        with pytest.raises(DocumentRefused):
            on.send(on.request(reason="another"))

    play(tmp_path, story)


async def one_more(desk: Desk) -> str:
    """Another agent of the same site."""
    from collector.fleet.service import add_token

    agent = desk.stranger()
    token = add_token(desk.parts.store, "seoul", issue=desk.issue, now=desk.clock())
    response = await desk.send(agent.enrolment(token))
    assert response.status_code == 200, response.text
    from wire.enrolment import decode_enrol_reply

    return decode_enrol_reply(response.content).agent


async def foreign(desk: Desk, on: Story) -> None:
    """A document of another site with the draft's id."""
    other = await desk.enrolled("busan")
    on.send(on.request(site="busan", hosts=[other.id]))


def test_time_ends_what_no_host_answered(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        on = Story(desk, agent)
        request = on.send(on.request(not_after=desk.clock() + timedelta(hours=1)))
        desk.engine.jobs.duties.slow()
        assert on.state() is RequestState.SENT
        desk.clock.move(hours=1)
        desk.engine.jobs.duties.slow()
        assert on.state() is RequestState.LAPSED
        await on.poll(on.result(request, Outcome.FAILED, exit_code=1))
        assert on.state() is RequestState.FAILED, "it ran in time and was told late"

    play(tmp_path, story)
