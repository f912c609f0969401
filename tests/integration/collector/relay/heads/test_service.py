"""A real chain's heads at a real collector: growth is countersigned, a rewritten or shortened past opens a ticket."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from remediation.audit.chain import AuditChain
from remediation.audit.proofs import growth_proof
from tests.fakes.exchange_desk import Desk, exchange_desk
from tests.fakes.signing_agent import SigningAgent
from wire.documents.envelope import add_signature, decode_envelope, encode_envelope
from wire.documents.heads import HEAD_KIND, AuditHead, read_head, write_head
from wire.envelope import Document
from wire.proofs import AuditMark


class Host:
    """A chain in a folder, and the agent that signs its heads."""

    def __init__(self, folder: Path, desk: Desk, agent: SigningAgent) -> None:
        self.folder, self.desk, self.agent = folder, desk, agent
        self.chain = AuditChain(folder, desk.clock)

    def grow(self, count: int, what: str = "x") -> None:
        for number in range(count):
            self.chain.append(what, {"n": number})

    def mark(self, since: int = 0) -> AuditMark:
        head = self.chain.head().of(self.agent.id)
        envelope = encode_envelope(add_signature(write_head(head), self.agent.key))
        return AuditMark(envelope=envelope, since=since, proof=growth_proof(self.folder, since, head.size))

    async def send(self, *marks: AuditMark) -> list[Document]:
        reply = await self.desk.deliver(self.agent, self.agent.batch(*marks))
        return [each for each in reply.documents if each.kind == HEAD_KIND]

    def both_signed(self, document: Document) -> AuditHead:
        receipt = self.desk.parts.receipt_key.public_key()
        return read_head(decode_envelope(document.content), self.agent.key.public_key(), receipt)

    def tickets(self) -> list[str]:
        self.desk.jobs()
        rows = self.desk.rows("SELECT code FROM ticket ORDER BY id")
        return [str(row["code"]) for row in rows]


def play(folder: Path, story: Any) -> None:
    async def whole() -> None:
        async with exchange_desk(folder) as desk:
            await story(Host(folder / "audit", desk, await desk.enrolled()))

    asyncio.run(whole())


def test_a_chain_that_grows_is_countersigned_at_each_step(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        size = 0
        for _ in range(4):
            host.grow(3)
            (document,) = await host.send(host.mark(size))
            assert host.both_signed(document).size == size + 3
            size += 3
        assert host.tickets() == []

    play(tmp_path, story)


def test_a_host_that_lost_our_last_answer_gets_it_again(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        host.grow(3)
        await host.send(host.mark())
        host.grow(2)
        (document,) = await host.send(host.mark())
        assert host.both_signed(document).size == 3
        (document,) = await host.send(host.mark(3))
        assert host.both_signed(document).size == 5
        assert host.tickets() == []

    play(tmp_path, story)


def test_a_chain_that_was_rewritten_is_not_countersigned_and_opens_a_ticket(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        host.grow(5)
        await host.send(host.mark())
        forger = Host(host.folder.parent / "forged", host.desk, host.agent)
        forger.grow(8, "y")
        assert await forger.send(forger.mark(5)) == []
        assert host.tickets() == ["TRUST-CHAIN-FORKED"]
        host.grow(1)
        assert len(await host.send(host.mark(5))) == 1, "the honest chain goes on"

    play(tmp_path, story)


def test_a_chain_that_became_shorter_is_not_countersigned_and_opens_a_ticket(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        host.grow(5)
        await host.send(host.mark())
        shorter = Host(host.folder.parent / "shorter", host.desk, host.agent)
        shorter.grow(4)
        assert await shorter.send(shorter.mark()) == []
        assert host.tickets() == ["TRUST-CHAIN-SHORTENED"]

    play(tmp_path, story)


def test_a_head_of_somebody_else_is_nothing(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        host.grow(2)
        other = await host.desk.enrolled("busan")
        reply = await host.desk.deliver(other, other.batch(host.mark(), AuditMark(envelope=b"nonsense")))
        assert reply.documents == []
        assert host.tickets() == []

    play(tmp_path, story)
