"""A PostgreSQL that is killed, fails over, fills up or refuses one row, in the middle of what agents send.

The agents' own ledger says what was acknowledged; afterwards all of it is there, once, and the collector went on by
itself.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import random
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from collector.store import postgresql
from collector.store.database import Store
from collector.store.opening import open_store_in
from tests.builders import an_event
from tests.fakes.database_servers import account
from tests.fakes.exchange_desk import Desk, exchange_desk
from tests.fakes.postgresql_cluster import PASSWORD, Node, primary, standby_of, url_of
from tests.fakes.signing_agent import SigningAgent
from tests.fakes.stores import open_store

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]

AGENTS = 8
EVENTS = 5
RETRY_S = 0.02
PATIENCE_S = 60.0
ENDING_S = 10.0
SEEDS = 20 if os.environ.get("SOAK") else 1
REFUSING = (
    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; RETURN NEW; END $$"
)


@dataclass
class Ledger:
    """What agents know: which events were acknowledged, and what they were answered."""

    acked: set[str] = field(default_factory=set)
    answers: list[int] = field(default_factory=list)
    is_over: bool = False
    is_broken: bool = False  # the story has failed: nobody is interested in the last batches


async def send_all(desk: Desk, agent: SigningAgent, number: int, ledger: Ledger) -> None:
    """Batch after batch until it is over; each is sent again until it is acknowledged.

    It looks at `is_over` after every answer: the application answers a request that is cancelled (it takes that for
    the end of its process), so that a cancelled sender has an answer in hand and would go on for ever.
    """
    sequence = 0
    while not ledger.is_over:
        sequence += 1
        ids = [f"{number:08x}{sequence:08x}{at:016x}" for at in range(EVENTS)]
        codes = [an_event(event_id=each, identity={"queue": f"q{number}"}) for each in ids]
        batch = agent.batch(*codes, sequence=sequence)
        async with asyncio.timeout(PATIENCE_S):
            while (await _answer(desk, agent, batch, ledger)) != 200:
                if ledger.is_broken:
                    return
                await asyncio.sleep(RETRY_S)
        ledger.acked.update(ids)


async def _answer(desk: Desk, agent: SigningAgent, batch: object, ledger: Ledger) -> int:
    status = (await desk.send(agent.exchange(batch))).status_code  # type: ignore[arg-type]
    ledger.answers.append(status)
    return status


@asynccontextmanager
async def working(desk: Desk, ledger: Ledger) -> AsyncIterator[None]:
    """Agents send while the block runs, and end with a batch that was acknowledged after it."""
    agents = [await desk.enrolled(f"site-{at}") for at in range(AGENTS)]
    async with asyncio.TaskGroup() as group:
        for number, agent in enumerate(agents):
            group.create_task(send_all(desk, agent, number, ledger))
        try:
            await _more(ledger, 2 * AGENTS * EVENTS)
            yield
            await _more(ledger, len(ledger.acked) + 2 * AGENTS * EVENTS)
        except BaseException:
            ledger.is_broken = True
            raise
        finally:
            ledger.is_over = True


async def _more(ledger: Ledger, count: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while len(ledger.acked) < count:  # noqa: ASYNC110  # nothing else tells it
            await asyncio.sleep(0.01)


def check(desk: Desk, ledger: Ledger) -> None:
    """Everything acknowledged is there, once, and counted once."""
    stored = [row["event_id"] for row in desk.rows("SELECT event_id FROM event")]
    assert len(stored) == len(set(stored)), "nothing twice"
    assert set(stored) == ledger.acked, "all that was acknowledged, and each agent's last batch was"
    assert desk.one("SELECT sum(count) FROM ticket") == len(stored)
    assert desk.one("SELECT sum(total) FROM fingerprint") == len(stored)
    assert desk.one("SELECT count(*) FROM batch") == len(stored) // EVENTS


def play(tmp_path: Path, store: Store, story: Callable[[Desk], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with exchange_desk(tmp_path, store=store) as desk:
            await story(desk)

    asyncio.run(whole())


def opened(tmp_path: Path, *nodes: Node, database: str = "desk") -> Store:
    (tmp_path / "password").write_text(PASSWORD)
    return open_store_in(tmp_path, url_of(*nodes, database=database), tmp_path / "password")


def test_a_story_that_fails_ends_with_its_senders(tmp_path: Path) -> None:
    """It once did not: cancelled senders went on, and the failure was never told."""

    async def story(desk: Desk) -> None:
        with pytest.raises(ExceptionGroup) as failed:
            async with asyncio.timeout(ENDING_S), working(desk, Ledger()):
                raise LookupError("something in the middle")
        assert failed.group_contains(LookupError)

    play(tmp_path, open_store(tmp_path), story)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_it_is_killed_and_started_again(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with primary() as node:

        async def story(desk: Desk) -> None:
            ledger = Ledger()
            async with working(desk, ledger):
                await asyncio.sleep(chance.uniform(0.02, 0.3))
                await asyncio.to_thread(node.kill)
                await asyncio.sleep(chance.uniform(0, 0.3))
                await asyncio.to_thread(node.start)
            assert 503 in ledger.answers, "it was noticed"
            check(desk, ledger)

        play(tmp_path, opened(tmp_path, node), story)


def test_a_standby_takes_over(tmp_path: Path) -> None:
    """Two hosts in one address; the collector goes on with the other by itself, and nothing acknowledged is lost."""
    with primary() as node:
        store = opened(tmp_path, node)
        with standby_of(node) as other:
            store.close()
            store = opened(tmp_path, node, other)

            async def story(desk: Desk) -> None:
                ledger = Ledger()
                async with working(desk, ledger):
                    await asyncio.to_thread(node.kill)
                    await asyncio.to_thread(other.promote)
                assert desk.one("SELECT inet_server_port()") == other.port
                check(desk, ledger)

            play(tmp_path, store, story)


def test_what_is_refused_takes_nothing_else_along(tmp_path: Path) -> None:
    """Of fifty batches in one commit one is refused as a whole, and of another one record: all others are stored."""
    with primary() as node:
        store = opened(tmp_path, node)
        node.execute(REFUSING, "desk")
        for table, condition in (("batch", "NEW.sequence = 2"), ("event", "NEW.event_id LIKE 'bad%'")):
            node.execute(
                f"CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW WHEN ({condition})"
                " EXECUTE FUNCTION refuse()",
                "desk",
            )

        async def story(desk: Desk) -> None:
            agents = [await desk.enrolled(f"site-{at}") for at in range(50)]
            sent = []
            for at, agent in enumerate(agents):
                event = an_event(event_id=f"{'bad' if at == 30 else 'f00'}{at:029x}")
                sent.append(agent.exchange(agent.batch(event, sequence=2 if at == 17 else 1)))
            answers = [answer.status_code for answer in await asyncio.gather(*map(desk.send, sent))]
            assert [at for at, status in enumerate(answers) if status != 200] == [17]
            assert desk.one("SELECT count(*) FROM event") == 48
            assert desk.one("SELECT count(*) FROM batch") == 49
            assert desk.one("SELECT count(*) FROM parked") == 1, "the record is kept as it came"
            node.execute("DROP TRIGGER refuse ON batch", "desk")
            assert (await desk.send(sent[17])).status_code == 200
            assert desk.one("SELECT count(*) FROM event") == 49

        play(tmp_path, store, story)


def test_its_disk_is_full(tmp_path: Path) -> None:
    """The tables lie on a small disk that only the server sees; 507, whole batches, and well again with room."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root mounts a small disk")
    with primary() as node:
        node.stop()
        small = node.folder / "small"
        small.mkdir()
        name = account()
        uid = pwd.getpwnam(str(name)).pw_uid
        mount = f'mount -t tmpfs -o size=15m,mode=700,uid={uid} none "$0"'
        run = f'exec setpriv --reuid={name} --regid={name} --clear-groups "$@"'
        node.wrapped = ("unshare", "--mount", "sh", "-c", f"{mount} && {run}", str(small))
        node.start()
        node.execute(f"CREATE TABLESPACE small LOCATION '{small}'")
        node.execute("CREATE DATABASE full_one TABLESPACE small")

        async def story(desk: Desk) -> None:
            agent, chance = await desk.enrolled(), random.Random(1)
            node.execute("CREATE TABLE filler AS SELECT md5(n::text) AS x, n FROM generate_series(1, 20000) n",
                         "full_one")  # fmt: skip
            answers: list[int] = []
            for sequence in range(1, 400):
                events = [
                    an_event(event_id=f"{sequence:08x}{at:024x}", text=chance.randbytes(2_000).hex())
                    for at in range(20)
                ]
                sent = agent.exchange(agent.batch(*events, sequence=sequence))
                answers.append((await desk.send(sent)).status_code)
                if answers[-1] != 200:
                    break
            assert answers[-1] == 507
            assert desk.one("SELECT count(*) FROM event") == 20 * (len(answers) - 1), "whole batches"
            node.execute("DROP TABLE filler", "full_one")
            assert (await desk.send(sent)).status_code == 200
            assert desk.one("SELECT count(*) FROM event") == 20 * len(answers)

        play(tmp_path, opened(tmp_path, node, database="full_one"), story)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to a server that is away fails soon enough for a test."""
    monkeypatch.setattr(postgresql, "CONNECT_S", 2)
