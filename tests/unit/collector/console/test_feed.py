from __future__ import annotations

import asyncio
import threading

import pytest

from collector.console.feed import LISTENERS_PER_USER, Feed, Newest, TooManyListeners


class Database:
    """Newest ids that a test moves, and how often they were read."""

    def __init__(self) -> None:
        self.newest = Newest(1, 1)
        self.reads = 0
        self.broken = False

    async def read(self) -> Newest:
        self.reads += 1
        if self.broken:
            raise OSError("gone")
        return self.newest


def test_all_listeners_hear_of_one_change_once() -> None:
    async def play() -> None:
        database = Database()
        feed = Feed(database.read, threading.Event())
        async with feed.listening(1) as one, feed.listening(2) as two:
            database.newest = Newest(2, 5)
            assert await feed.wait(one, 2) == Newest(2, 5)
            assert await feed.wait(two, 2) == Newest(2, 5)
            assert await feed.wait(one, 0.15) is None

    asyncio.run(play())


def test_a_slow_listener_hears_the_newest() -> None:
    async def play() -> None:
        database = Database()
        feed = Feed(database.read, threading.Event())
        async with feed.listening(1) as fast, feed.listening(2) as slow:
            for change in (2, 3, 4):
                database.newest = Newest(change, 1)
                assert await feed.wait(fast, 2) == Newest(change, 1)
            assert await feed.wait(slow, 2) == Newest(4, 1)
            assert await feed.wait(slow, 0.15) is None

    asyncio.run(play())


def test_nobody_listens_and_nothing_is_read() -> None:
    async def play() -> None:
        database = Database()
        feed = Feed(database.read, threading.Event())
        async with feed.listening(1):
            await asyncio.sleep(0.12)
        await asyncio.sleep(0.12)
        reads = database.reads
        await asyncio.sleep(0.2)
        assert database.reads == reads
        database.newest = Newest(9, 9)
        async with feed.listening(1) as again:
            assert again.seen == Newest(9, 9)

    asyncio.run(play())


def test_the_end_wakes_everybody() -> None:
    async def play() -> None:
        stopping = threading.Event()
        feed = Feed(Database().read, stopping)
        async with feed.listening(1) as listener:
            stopping.set()
            assert await feed.wait(listener, 2) is not None
            assert feed.is_stopping

    asyncio.run(play())


def test_places_are_counted_and_given_back() -> None:
    async def play() -> None:
        feed = Feed(Database().read, threading.Event())
        async with asyncio.timeout(5):
            places = [feed.listening(1) for _ in range(LISTENERS_PER_USER)]
            for place in places:
                await place.__aenter__()
            with pytest.raises(TooManyListeners):
                async with feed.listening(1):
                    pass
            async with feed.listening(2):
                pass
            for place in places:
                await place.__aexit__(None, None, None)
            async with feed.listening(1):
                pass

    asyncio.run(play())


def test_a_look_that_fails_is_not_the_last(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.console.feed.PAUSE_S", 0.01)

    async def play() -> None:
        database = Database()
        feed = Feed(database.read, threading.Event())
        async with feed.listening(1) as listener:
            database.broken = True
            await asyncio.sleep(0.15)
            database.broken, database.newest = False, Newest(2, 2)
            assert await feed.wait(listener, 2) == Newest(2, 2)

    asyncio.run(play())
    assert "look at the database failed" in caplog.text
