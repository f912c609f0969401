"""POST /v1/wait: an agent is held here until something is due for it, or its time is over.

The order is that of the exchange: a known key, a signature over the whole question, no revoked agent; then
a place. All answers are signed. Whoever finds no place is told so with a time after which to ask again, and
reports at the usual interval meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from collector.fleet.model import KnownAgent
from collector.fleet.registry import Registry
from collector.ingest.answers import Addressee, Answer, Refused, Signer
from collector.ingest.exchange import Request
from collector.ingest.proving import check_not_revoked, claimant, prove
from collector.ingest.request import Disconnected
from collector.ingest.waiters import NoPlace, Waiters, Wake
from wire.enrolment import ack_tag
from wire.errors import Malformed
from wire.signatures import SEQUENCE_HEADER, Message
from wire.waiting import PATH, SEQUENCE_PREFIX, WAIT_TYPE, WaitAnswer, decode_question, encode, wait_tag

SPREAD: Final = 0.1  # of the time, at random: who came together does not ask again together


@dataclass(frozen=True)
class Waiting:
    """The use case. `wait_s` is the longest time that anybody is held; with 0 nobody is."""

    registry: Registry
    waiters: Waiters
    signer: Signer
    wait_s: float
    now: Callable[[], datetime]
    new_secret: Callable[[], str]

    async def answer(self, request: Request) -> Answer:
        """The answer, after up to `wait_s`; `Disconnected` when the agent has gone away meanwhile."""
        claim, agent = claimant(self.registry, request.fields)
        to = Addressee(ack_tag(agent.id), request.fields.get(SEQUENCE_HEADER, ""))
        kind, digest = request.fields["content-type"], request.fields.get("content-digest", "")
        sent = Message(kind, request.body, to.sequence, path=PATH, query=request.query)
        prove(claim, agent, sent, digest=digest, tag=wait_tag(self.signer.key_id), now=self.now())
        try:
            wake = await self._hold(agent, request, to)
        except Refused as refused:
            refused.to = to
            raise
        body = encode(WaitAnswer(due=wake is Wake.DUE, wait_s=self.wait_s))
        return self.signer.signed(Answer(200, WAIT_TYPE, body), to)

    async def _hold(self, agent: KnownAgent, request: Request, to: Addressee) -> Wake:
        check_not_revoked(agent)
        try:
            asked_s = decode_question(request.body).for_s
        except Malformed as error:
            raise Refused(400, "malformed", str(error)) from error
        if not to.sequence.startswith(SEQUENCE_PREFIX):
            raise Refused(400, "sequence_mismatch", "the sequence is not that of a wait")
        if self.wait_s == 0:
            raise Refused(404, "no_waiting", "nobody waits at this collector")
        try:
            wake = await self.waiters.wait(agent.key_id, self._time_s(asked_s), request.gone)
        except NoPlace as error:
            raise Refused(503, "no_place", str(error), retry=True) from error
        return _told(wake)

    def _time_s(self, asked_s: float) -> float:
        chance = int(self.new_secret()[:8], 16) / 2**32
        return min(asked_s, self.wait_s) * (1 - SPREAD * chance)


def _told(wake: Wake) -> Wake:
    """What is no answer to the question is a refusal."""
    match wake:
        case Wake.GONE:
            raise Disconnected
        case Wake.REVOKED:
            raise Refused(403, "agent_revoked", "this agent was revoked; enrol again")
        case Wake.REPLACED:
            raise Refused(409, "replaced", "another wait with this key has begun")
        case Wake.STOPPING:
            raise Refused(503, "stopping", "the collector is stopping", retry=True, last=True)
    return wake
