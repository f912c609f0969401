"""Two collectors on one PostgreSQL: an agent may talk to either, and everything counts once."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from collector.fleet import repository as fleet
from collector.store.opening import shared_store
from tests.builders import an_event
from tests.fakes.exchange_desk import Desk, exchange_desk
from tests.fakes.stores import Server
from wire.keys import generate_key


def test_an_agent_may_talk_to_either(database_server: tuple[Server, Path], tmp_path: Path) -> None:
    server, folder = database_server
    name = server.new_database()

    async def story(one: Desk, other: Desk) -> None:
        agent = await one.enrolled()
        other.engine.registry.refresh()
        batches = [agent.batch(an_event(event_id=f"{at:032x}")) for at in range(20)]
        desks = (one, other)
        sent = [desks[at % 2].send(agent.exchange(batch)) for at, batch in enumerate(batches)]
        again = [desks[1 - at % 2].send(agent.exchange(batch)) for at, batch in enumerate(batches)]
        answers = await asyncio.gather(*sent, *again)
        assert {answer.status_code for answer in answers} == {200}
        assert one.one("SELECT count(*) FROM event") == 20
        assert one.one("SELECT count(*) FROM batch") == 20
        assert [row["count"] for row in other.rows("SELECT count FROM ticket")] == [20], "one ticket"
        with other.parts.store.writing() as connection:
            fleet.revoke_agent(connection, agent.id, other.clock())
        one.engine.registry.refresh()
        assert (await one.send(agent.exchange(batches[0]))).status_code in {401, 403}

    async def both() -> None:
        async with AsyncExitStack() as stack:
            desks, key = [], generate_key()
            for state in ("one", "other"):
                store = shared_store(server.url(name), folder / "password")
                desks.append(
                    await stack.enter_async_context(exchange_desk(tmp_path / state, store=store, receipt_key=key))
                )
            await story(*desks)

    asyncio.run(both())
    server.drop(name)
