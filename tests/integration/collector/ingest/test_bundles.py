"""Pieces of bundles through the collector's real gate: whose they are, in what bounds, and what is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from collector.relay.bundles import service
from collector.relay.bundles.model import KEPT_DAYS
from collector.relay.service import send
from tests.fakes.exchange_desk import Desk, play
from tests.fakes.signing_agent import Sent, SigningAgent
from wire.bundle import BUNDLE_TYPE, PATH, PiecePlace, bundle_tag, decode_reply
from wire.documents.envelope import add_signature, encode_envelope
from wire.documents.model import ActionRequest, write_document
from wire.enrolment import ack_tag
from wire.keys import generate_key
from wire.proofs import Outcome, Result

CONTENT = b"redacted lines\n" * 100
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Story:
    """One agent with a request that has collected a bundle there."""

    def __init__(self, desk: Desk, agent: SigningAgent, folder: Path) -> None:
        self.desk, self.agent, self.kept = desk, agent, folder / "bundles"
        self.request = ""

    async def collect(self, *, outcome: Outcome = Outcome.DONE, step: str = "collect") -> None:
        now = self.desk.clock()
        document = ActionRequest(
            id="b" * 32, site="seoul", hosts=[self.agent.id], made_at=now, not_before=now,
            not_after=now.replace(year=2099), product="p", action="collect-bundle", actions_digest="0" * 64, reason="r",
        )  # fmt: skip
        envelope = add_signature(write_document(document), generate_key())
        self.request = envelope.digest
        send(self.desk.parts.store, encode_envelope(envelope), now=now, actor="lee")
        result = Result(digest=self.request, outcome=outcome, step=step, ended_at=now)
        await self.desk.deliver(self.agent, self.agent.batch(result))

    def piece(self, start: int, end: int, *, by: SigningAgent | None = None, **change: object) -> Sent:
        values = {"request": self.request, "sha256": SHA256, "size": len(CONTENT), "offset": start} | change
        place = str(PiecePlace(**values))  # type: ignore[arg-type]
        tag = bundle_tag(self.desk.receipt_key_id)
        return (by or self.agent).signed(PATH, CONTENT[start:end], BUNDLE_TYPE, place, tag)

    async def said(self, sent: Sent) -> tuple[int, object]:
        response = await self.desk.send(sent)
        if response.status_code != 200:
            return response.status_code, response.json()["error"]
        self.desk.check_signature(response, ack_tag(self.agent.id), sent.headers["x-agent-seq"])
        reply = decode_reply(response.content)
        return reply.position, reply.is_stored

    def files(self) -> list[str]:
        return sorted(path.name for path in self.kept.iterdir()) if self.kept.exists() else []


def told(tmp_path: Path, tell: Callable[[Story], Awaitable[None]]) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        await tell(Story(desk, agent, tmp_path))

    play(tmp_path, story)


def test_it_comes_in_pieces_and_is_kept_by_its_digest(tmp_path: Path) -> None:
    async def story(on: Story) -> None:
        await on.collect()
        assert await on.said(on.piece(0, 500)) == (500, False)
        assert await on.said(on.piece(0, 500)) == (500, False)  # said twice
        assert await on.said(on.piece(900, 1_000)) == (500, False)  # a gap
        assert on.files() != [SHA256]
        assert await on.said(on.piece(500, 1_500)) == (1_500, True)
        assert await on.said(on.piece(500, 1_500)) == (1_500, True)
        assert on.files() == [SHA256]
        assert (on.kept / SHA256).read_bytes() == CONTENT
        on.desk.clock.move(days=KEPT_DAYS - 1)
        assert on.desk.engine.jobs.duties.slow() >= 0
        assert on.files() == [SHA256]
        on.desk.clock.move(days=2)
        on.desk.engine.jobs.duties.slow()
        assert on.files() == []

    told(tmp_path, story)


def test_without_a_request_that_collected_nothing_is_taken(tmp_path: Path) -> None:
    async def story(on: Story) -> None:
        on.request = "ab" * 32
        assert await on.said(on.piece(0, 500)) == (404, "no_request")
        await on.collect(step="run")
        assert await on.said(on.piece(0, 500)) == (404, "no_request")
        assert on.files() == []

    told(tmp_path, story)


def test_only_its_own_host_that_is_not_revoked_may_bring_it(tmp_path: Path) -> None:
    async def story(on: Story) -> None:
        await on.collect()
        other = await on.desk.enrolled("busan")
        response = await on.desk.send(on.piece(0, 500, by=other))
        assert (response.status_code, response.json()["error"]) == (404, "no_request")
        assert (await on.said(on.piece(0, 500, by=on.desk.stranger())))[0] == 401
        unsigned = on.piece(0, 500)
        assert (await on.said(Sent(PATH, {"content-type": BUNDLE_TYPE}, unsigned.body)))[0] == 401
        changed = Sent(PATH, unsigned.headers, unsigned.body[:-1] + b"x")
        assert (await on.said(changed))[0] == 401
        assert on.files() == []

    told(tmp_path, story)


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(on: Story) -> None:
        await on.collect()
        assert await on.said(on.piece(0, 0)) == (400, "piece")
        assert await on.said(on.piece(0, 500, size=499)) == (400, "piece")
        assert await on.said(on.piece(0, 500, size=50_000_001)) == (400, "malformed")
        with monkeypatch.context() as patch:
            patch.setattr(service, "SITE_BYTES", len(CONTENT) - 1)
            assert await on.said(on.piece(0, 500)) == (507, "quota")
        assert await on.said(on.piece(0, 500)) == (500, False)
        assert await on.said(on.piece(0, 500, sha256="0" * 64)) == (409, "other_bundle")

    told(tmp_path, story)


def test_other_content_than_was_said_is_thrown_away(tmp_path: Path) -> None:
    async def story(on: Story) -> None:
        await on.collect()
        assert await on.said(on.piece(0, 1_500, sha256="0" * 64)) == (422, "digest")
        assert on.files() == []
        assert await on.said(on.piece(0, 1_500)) == (1_500, True)

    told(tmp_path, story)


def test_what_was_written_beyond_the_row_is_written_again(tmp_path: Path) -> None:
    """A crash after the bytes and before the row leaves a file that is ahead."""

    async def story(on: Story) -> None:
        await on.collect()
        await on.said(on.piece(0, 500))
        [part] = on.files()
        with (on.kept / part).open("ab") as file:
            file.write(b"more than was counted" * 1_000)
        on.desk.clock.move(seconds=1)
        assert await on.said(on.piece(500, 1_500)) == (1_500, True)
        assert (on.kept / SHA256).read_bytes() == CONTENT

    told(tmp_path, story)


def test_the_time_of_the_file_is_not_asked(tmp_path: Path) -> None:
    async def story(on: Story) -> None:
        await on.collect()
        await on.said(on.piece(0, 500))
        on.desk.clock.move(seconds=timedelta(days=KEPT_DAYS + 1).total_seconds())
        on.desk.engine.jobs.duties.slow()
        assert on.files() == []

    told(tmp_path, story)
