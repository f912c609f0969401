"""A group of batches comes to the same as each of them alone, whatever is in it; and a poisoned one costs itself."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from collector.fleet.model import KnownAgent, Site
from collector.fleet.repository import add_agent, add_site, mark_silent
from collector.ingest import grouping, repository
from collector.ingest.applying import Desk
from collector.ingest.grouping import NotApplied, Outcome, apply_group
from collector.ingest.model import Applied, Job, ParkedRecord
from collector.settings import Rules
from collector.store.database import Store
from collector.store.opening import DATABASE, open_store_in
from collector.store.tables import fingerprint, metadata
from collector.tickets.codebook import Codebook
from tests.builders import a_batch, a_gap, a_health, an_event, an_inventory, an_unknown_error
from wire import keys
from wire.catalogue.model import Catalogue, ErrorCode, Module, Texts
from wire.messages import Record, Status

START = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
RULES = Rules(open_delay_s=(0, 30, 60, 120), storm_fingerprints=3, site_tickets=3, fleet_tickets=6, fleet_sites=2)
AGENTS = ("a", "b", "c")  # two of one site, one of another
SITES = {"a": "one", "b": "one", "c": "two"}


def _code(code: str, level: int, **other: Any) -> ErrorCode:
    return ErrorCode(code=code, level=level, title=Texts(en=code), **other)


def _module(code: str, *errors: ErrorCode, depends_on: Sequence[str] = ()) -> Module:
    return Module(code=code, name=Texts(en=code), errors=list(errors), depends_on=list(depends_on))


CORE = _module("database", _code("D-1", 2, clears_by="D-OK"), _code("D-OK", 4))
BILLING = _module("billing", _code("B-1", 1, clears_by="B-OK"), _code("B-OK", 4), depends_on=["database"])
CODEBOOK = Codebook([Catalogue(product="clinic", version="1", modules=[CORE, BILLING])])

CODES = st.sampled_from(
    [("billing", "B-1"), ("billing", "B-OK"), ("billing", "X"), ("database", "D-1"), ("database", "D-OK")]
)
RECORDS = st.one_of(
    st.tuples(st.just("event"), CODES, st.integers(1, 4), st.booleans(), st.integers(1, 12)),
    st.tuples(st.sampled_from(["health", "gap", "unknown", "inventory"])),
)
BATCHES = st.tuples(
    st.sampled_from(AGENTS), st.lists(RECORDS, max_size=4), st.sampled_from([0, 0, 0, 0, -1, 1, 2]), st.booleans()
)
GROUPS = st.lists(st.tuples(st.lists(BATCHES, min_size=1, max_size=5), st.integers(0, 90)), min_size=1, max_size=4)


def _record(kind: str, now: datetime, *of: Any) -> Record:
    if kind != "event":
        made: dict[str, Callable[..., Record]] = {"gap": a_gap, "unknown": an_unknown_error, "inventory": an_inventory}
        return a_health(sampled_at=now) if kind == "health" else made[kind]()
    (module, code), level, ok, event_id = of
    status = Status.OK if ok and code == "X" else Status.FIRING
    given = {"module": module, "code": code, "level": level, "status": status, "event_id": f"{event_id:016x}"}
    return an_event(**given, occurred_at=now, first_at=now, last_at=now)


def _jobs(groups: list[Any]) -> Iterator[tuple[datetime, list[Job]]]:
    """Batches in the order of their agents' sequences, with repeats (-1) and holes (1, 2) among them."""
    numbers = dict.fromkeys(AGENTS, 0)
    now, count = START, itertools.count()
    for batches, wait_s in groups:
        now += timedelta(seconds=wait_s)
        jobs = []
        for agent, records, shift, is_parked in batches:
            now += timedelta(milliseconds=1)
            sequence = max(1, numbers[agent] + 1 + shift)
            numbers[agent] = max(numbers[agent], sequence) if shift <= 0 else numbers[agent] + 1
            items = [_record(kind, now, *of) for kind, *of in records]
            batch = a_batch(*items, agent=agent, sequence=sequence, sealed_at=now)
            parked = (ParkedRecord(9, b"{}", "wrong"),) if is_parked else ()
            known = KnownAgent(agent, SITES[agent], agent, keys.load_public(bytes(32)), revoked=False)
            places = tuple(enumerate(items))
            jobs.append(Job(known, batch, places, parked, f"{next(count):064x}", 100, now, 5))
        yield now, jobs


def _made(folder: Path) -> Path:
    """A database with three agents, one of them known as silent."""
    store = open_store_in(folder)
    with store.writing() as connection:
        for name in ("one", "two"):
            add_site(connection, Site(name, "Hospital", "Hanbit", "Asia/Seoul", "en", START))
        for agent in AGENTS:
            known = KnownAgent(agent, SITES[agent], agent, keys.load_public(bytes(32)), revoked=False)
            facts = {"hostname": f"host-{agent}", "os": "", "agent_version": "1"}
            add_agent(connection, known=known, public_key=bytes(32), facts=facts, now=START)
        mark_silent(connection, "b", START)
    store.close()
    return folder / DATABASE


@contextmanager
def _store(template: Path, copy: Path) -> Iterator[Store]:
    shutil.copy(template, copy)
    store = Store(copy)
    yield store
    store.close()


def _desk() -> Desk:
    secrets = itertools.count(1)
    return Desk(CODEBOOK, RULES, lambda: f"{next(secrets):032x}")


LOOSE = {"ticket_event", "alert_change", "clock_step", "event", "notice", "suppression", "fingerprint", "clock"}


def _content(store: Store) -> dict[str, list[Any]]:
    """Every table, without the numbers that only say in which order rows of different faults were written."""
    found = {}
    with store.reading() as connection:
        hashes = {row.id: row.hash for row in connection.execute(select(fingerprint))}
        for table in metadata.sorted_tables:
            rows = [dict(row) for row in connection.execute(select(table)).mappings()]
            for row in rows:
                if table.name in LOOSE:
                    del row["id"]
                if "fingerprint_id" in row:
                    row["fingerprint_id"] = hashes[row["fingerprint_id"]]
            found[table.name] = sorted(rows, key=repr)
    del found["meta"], found["calendar_version"], found["sla_plan"]  # stocked at the first clock
    return found


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _made(tmp_path_factory.mktemp("template"))


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(groups=GROUPS)
def test_a_group_is_its_batches(groups: list[Any], template: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("stores")
    with _store(template, folder / "together.db") as together, _store(template, folder / "alone.db") as alone:
        one, other = _desk(), _desk()
        for _, jobs in _jobs(groups):
            with together.writing() as connection:
                outcomes = apply_group(connection, jobs, one)
            expected: list[Outcome] = []
            for job in jobs:
                with alone.writing() as connection:
                    expected.append(grouping.apply_alone(connection, job, other))
            assert outcomes == expected
            assert all(isinstance(outcome, Applied) for outcome in outcomes)
        assert _content(together) == _content(alone)


def test_what_cannot_be_applied_costs_itself(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [([("a", [("event", ("billing", "X"), 2, False, at)], 0, False) for at in range(1, 5)], 0)]
    [(_, jobs)] = _jobs(groups)
    row = repository.batch_row
    poisoned = jobs[2].batch.sequence

    def failing(job: Job, **other: int) -> dict[str, Any]:
        return row(job, **other) if job.batch.sequence != poisoned else 1 / 0  # type: ignore[return-value]

    monkeypatch.setattr(repository, "batch_row", failing)
    with _store(template, tmp_path / "store.db") as store:
        with store.writing() as connection:
            outcomes = apply_group(connection, jobs, _desk())
        assert [type(outcome) for outcome in outcomes] == [Applied, Applied, NotApplied, Applied]
        assert len(_content(store)["event"]) == 3
