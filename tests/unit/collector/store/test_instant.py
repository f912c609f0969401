from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, create_engine, insert, select

from collector.store.instant import Instant, from_us, to_us

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(one=st.datetimes(timezones=ZONES), other=st.datetimes(timezones=ZONES))
def test_the_same_instant_in_the_same_order(one: datetime, other: datetime) -> None:
    first, second = to_us(one), to_us(other)
    assert -(2**63) <= first < 2**63
    try:
        inside = one.astimezone(UTC), other.astimezone(UTC)
    except OverflowError:
        assert from_us(first).year in {1, 9999} or from_us(second).year in {1, 9999}, "moved to an end of the calendar"
        return
    assert (from_us(first), from_us(second)) == inside
    assert (first < second) == (one < other)


def test_without_a_zone_it_is_no_instant() -> None:
    with pytest.raises(ValueError, match="zone"):
        to_us(datetime(2026, 11, 24))  # noqa: DTZ001


def test_a_column_gives_back_utc_and_sorts(tmp_path: Path) -> None:
    table = Table("t", MetaData(), Column("at", Instant))
    engine = create_engine(f"sqlite:///{tmp_path / 'i.db'}")
    table.metadata.create_all(engine)
    seoul = timezone(timedelta(hours=9))
    early, late = datetime(1969, 12, 31, 23, tzinfo=UTC), datetime(2026, 11, 24, 10, 0, 0, 123_456, tzinfo=seoul)
    with engine.begin() as connection:
        connection.execute(insert(table), [{"at": late}, {"at": None}, {"at": early}])
        rows = connection.execute(select(table.c.at).order_by(table.c.at)).scalars().all()
    engine.dispose()
    assert rows == [None, early, late]
    assert rows[2] is not None
    assert rows[2].tzinfo is UTC
