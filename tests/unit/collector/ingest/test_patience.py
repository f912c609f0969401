"""One timer for many waits: each fails after the same time, and what came in time is left alone."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from collector.ingest.patience import Patience


def _note(ended: list[str], name: str, _: object) -> None:
    ended.append(name)


def test_what_comes_in_time_is_the_result() -> None:
    async def story() -> None:
        patience, future = Patience(60.0), asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_result, 7)
        assert await patience.limited(future) == 7

    asyncio.run(story())


def test_each_fails_in_its_time_and_order() -> None:
    async def story() -> None:
        loop, ended = asyncio.get_running_loop(), list[str]()
        patience, begun = Patience(0.05), asyncio.get_running_loop().time()
        futures = {name: loop.create_future() for name in ("first", "second")}
        for name, future in futures.items():
            patience.limited(future).add_done_callback(partial(_note, ended, name))
        outcomes = await asyncio.gather(*futures.values(), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [TimeoutError, TimeoutError]
        assert ended == ["first", "second"]
        assert loop.time() - begun >= 0.05

    asyncio.run(story())


def test_it_waits_again_after_nobody_waited() -> None:
    async def story() -> None:
        patience = Patience(0.01)
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await patience.limited(asyncio.get_running_loop().create_future())
            assert patience._timer is None, "nobody waits"

    asyncio.run(story())


def test_what_is_done_is_not_kept() -> None:
    async def story() -> None:
        patience = Patience(60.0)
        for _ in range(1_000):
            future = asyncio.get_running_loop().create_future()
            future.set_result(None)
            await patience.limited(future)
        assert len(patience._waiting) == 1

    asyncio.run(story())
