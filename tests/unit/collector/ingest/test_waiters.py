from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from collector.ingest.waiters import NoPlace, Waiters, Wake


async def stays() -> None:
    await asyncio.Event().wait()


async def leaves() -> None:
    return


async def settled(waiters: Waiters, count: int) -> None:
    while len(waiters) < count:  # noqa: ASYNC110  # nothing else tells it
        await asyncio.sleep(0)


def play(story: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await story()

    asyncio.run(bounded())


def test_exactly_those_who_are_named_are_woken_from_any_thread() -> None:
    async def story() -> None:
        waiters = Waiters(10)
        waits = [asyncio.create_task(waiters.wait(name, 60, stays)) for name in "abc"]
        await settled(waiters, 3)
        assert waiters.fresh() == {"a", "b", "c"}
        assert waiters.fresh() == set()
        thread = threading.Thread(target=waiters.wake, args=(["b", "unknown"], Wake.DUE))
        thread.start()
        assert await waits[1] is Wake.DUE
        thread.join()
        assert waiters.present() == {"a", "c"}
        assert not waits[0].done()
        waiters.close()
        assert [await waits[0], await waits[2]] == [Wake.STOPPING] * 2
        assert len(waiters) == 0

    play(story)


def test_a_wait_ends_with_its_time_or_its_connection() -> None:
    async def story() -> None:
        waiters = Waiters(10)
        assert await waiters.wait("a", 0.01, stays) is Wake.NOTHING
        assert await waiters.wait("a", 60, leaves) is Wake.GONE
        assert len(waiters) == 0
        assert waiters.fresh() == set()

    play(story)


def test_the_second_wait_of_an_agent_replaces_the_first() -> None:
    async def story() -> None:
        waiters = Waiters(1)
        first = asyncio.create_task(waiters.wait("a", 60, stays))
        await settled(waiters, 1)
        second = asyncio.create_task(waiters.wait("a", 60, stays))
        assert await first is Wake.REPLACED
        assert len(waiters) == 1
        waiters.wake(["a"], Wake.DUE)
        assert await second is Wake.DUE

    play(story)


def test_places_are_limited_and_end_with_the_collector() -> None:
    async def story() -> None:
        waiters = Waiters(1)
        first = asyncio.create_task(waiters.wait("a", 60, stays))
        await settled(waiters, 1)
        with pytest.raises(NoPlace):
            await waiters.wait("b", 60, stays)
        waiters.wake(["a"], Wake.DUE)
        await first
        assert await waiters.wait("b", 0.01, stays) is Wake.NOTHING
        waiters.close()
        with pytest.raises(NoPlace):
            await waiters.wait("b", 60, stays)

    play(story)


def test_a_wait_that_is_cut_off_leaves_no_place_behind() -> None:
    async def story() -> None:
        waiters = Waiters(1)
        first = asyncio.create_task(waiters.wait("a", 60, stays))
        await settled(waiters, 1)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert len(waiters) == 0

    play(story)
