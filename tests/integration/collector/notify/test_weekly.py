"""Known errors once a week: what is held back is told to whom it concerns, on Mondays, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
from sqlalchemy import insert

from collector.notify.weekly import Weekly
from collector.store.tables import alert, fingerprint, suppression
from collector.tickets.desk.model import Code
from collector.tickets.desk.repository import write_code
from tests.fakes.exchange_desk import Clock
from tests.fakes.receivers import FakeChannel

MONDAY = datetime(2026, 11, 30, tzinfo=UTC)  # 09:00 in Seoul


class Post(Protocol):
    parts: Any
    clock: Clock
    mail: FakeChannel

    def tick(self) -> int: ...
    def recipient(self, name: str = "kim", **changed: Any) -> int: ...
    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]: ...


class Holds:
    """Faults that are held back, in the database as the rules write them."""

    def __init__(self, post: Post) -> None:
        self.store, self.clock = post.parts.store, post.clock
        self.count = 0

    def add(
        self, site: str, code: str, times: int, *, hold: str = "known", level: int = 3, state: str = "firing"
    ) -> int:
        """One that lasts, since now."""
        self.count += 1
        now = self.clock()
        with self.store.writing() as connection:
            row = {"id": self.count, "hash": f"{self.count:064x}", "version": 1, "site_id": site, "module": "HIS"}
            seen = {"first_seen_at": now, "last_seen_at": now, "total": times, "identity": "{}"}
            connection.execute(insert(fingerprint).values(**row, code=code, **seen))
            held = {"hold": hold if state == "firing" else None, "held_count": times if state == "firing" else 0}
            values = {"fingerprint_id": self.count, "site_id": site, "state": state, "level": level, "clearable": True}
            connection.execute(insert(alert).values(**values, **held, first_firing_at=now))
        return self.count

    def went_away(self, site: str, code: str, times: int, *, end: str = "cleared") -> None:
        """One that is over: a line of the ledger."""
        key, now = self.add(site, code, times, state="ok"), self.clock()
        row = {"fingerprint_id": key, "site_id": site, "hold": "known", "since": now - timedelta(hours=2), "until": now}
        with self.store.writing() as connection:
            connection.execute(insert(suppression).values(**row, count=times, end=end))

    def put_off(self, site: str, code: str, until: datetime) -> None:
        """The customer wants the cure later."""
        with self.store.writing() as connection:
            write_code(connection, "HIS", code, Code(put_off={site: until}))


@pytest.fixture
def holds(post: Post) -> Holds:
    return Holds(post)


@pytest.fixture
def weekly(post: Post) -> Weekly:
    """One that has seen the week in which the test begins."""
    post.clock.at = MONDAY - timedelta(days=5)
    made = Weekly(post.parts.store, post.parts.settings, post.parts.new_secret)
    assert made.tell(post.clock()) == 0
    return made


def bodies(post: Post) -> dict[str, str]:
    return {
        row["dedupe_key"].rpartition(":")[2]: row["body"] for row in post.rows("SELECT dedupe_key, body FROM message")
    }


def test_what_is_held_is_told_on_monday_and_once(post: Post, holds: Holds, weekly: Weekly) -> None:
    who = post.recipient(zone="Asia/Seoul")
    holds.add("busan", "HIS-1", 1_240)
    holds.put_off("busan", "HIS-1", MONDAY + timedelta(days=30))
    post.clock.at = MONDAY - timedelta(seconds=1)
    assert weekly.tell(post.clock()) == 0
    post.clock.at = MONDAY
    assert weekly.tell(post.clock()) == 1
    assert weekly.tell(post.clock()) == 0
    body = bodies(post)[str(who)]
    assert "부산병원" in body
    assert "HIS HIS-1" in body
    assert "1240 times since 2026-11-25 09:00 (Asia/Seoul); put off until 2026-12-30 09:00 (Asia/Seoul)" in body
    assert body.endswith("http://127.0.0.1:8080/quiet\n")
    assert post.tick() == 1
    assert post.mail.parcels[0].subject == "1 known errors of the week"


def test_another_process_in_the_same_week_tells_nothing(post: Post, holds: Holds, weekly: Weekly) -> None:
    post.recipient()
    holds.add("busan", "HIS-1", 3)
    assert weekly.tell(MONDAY) == 1
    again = Weekly(post.parts.store, post.parts.settings, post.parts.new_secret)
    assert again.tell(MONDAY + timedelta(days=6)) == 0
    assert again.tell(MONDAY + timedelta(days=7)) == 1


def test_only_known_errors_and_only_those_of_the_week(post: Post, holds: Holds, weekly: Weekly) -> None:
    who = post.recipient()
    post.clock.move(seconds=1)
    holds.went_away("daejeon", "HIS-OLD", 9)
    post.clock.at = MONDAY
    assert weekly.tell(MONDAY) == 1
    post.clock.move(seconds=1)
    holds.add("daejeon", "HIS-WINDOW", 5, hold="window")
    holds.went_away("daejeon", "HIS-OPENED", 7, end="opened")
    assert weekly.tell(MONDAY + timedelta(days=7)) == 0, "a ticket tells what was opened; what was told is over"
    post.clock.at = MONDAY + timedelta(days=8)
    holds.went_away("daejeon", "HIS-2", 2)
    holds.add("daejeon", "HIS-2", 4, level=2)
    post.clock.at = MONDAY + timedelta(days=14)
    assert weekly.tell(post.clock()) == 1
    body = post.rows("SELECT body FROM message WHERE target_id = :id ORDER BY id DESC", id=who)[0]["body"]
    assert body.count("\n- ") == 1, "one line for each site and code"
    assert "6 times" in body
    assert "has not got the cure" in body


def test_each_hears_of_the_own_sites_and_levels_outside_quiet_hours(post: Post, holds: Holds, weekly: Weekly) -> None:
    busan = post.recipient("busan", sites=("busan",), zone="Asia/Seoul", quiet="22:00-10:00")
    worst = post.recipient("worst", level=1)
    everything = post.recipient("all")
    post.recipient("pages", kinds=("page",))
    holds.add("busan", "HIS-1", 3)
    holds.add("daejeon", "HIS-1", 4)
    assert weekly.tell(MONDAY) == 2
    told = bodies(post)
    assert set(told) == {str(busan), str(everything)}
    assert str(worst) not in told
    assert told[str(busan)].count("\n- ") == 1
    assert told[str(everything)].count("\n- ") == 2
    post.clock.at = MONDAY
    assert post.tick() == 1
    post.clock.at = MONDAY + timedelta(hours=1)
    assert post.tick() == 1


def test_a_new_database_has_no_week_before(post: Post, holds: Holds) -> None:
    post.recipient()
    holds.add("busan", "HIS-1", 3)
    fresh = Weekly(post.parts.store, post.parts.settings, post.parts.new_secret)
    assert fresh.tell(MONDAY) == 0
    assert fresh.tell(MONDAY + timedelta(days=7)) == 1
