"""Unknown errors in the database: taking them from batches, listing the fleet's top, expiry.

A site can bring only so many templates a day (`TEMPLATES_PER_SITE_DAY`), and the fleet only so many
at all (`TEMPLATES`); what is beyond is counted in one row a product, whose template is `OVERFLOW`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, select, update

from collector.store.tables import site, unknown_day, unknown_error
from collector.store.upserts import greatest, least, upsert
from collector.unknowns.model import SiteCount, UnknownFilter, UnknownRecord
from wire.fingerprint import OVERFLOW, template_fingerprint
from wire.messages import UnknownError

TEMPLATES_PER_SITE_DAY = 500
TEMPLATES = 50_000
SAMPLE_CHARS = 4_096
TOP_SITES = 5
CHUNK_ROWS = 1_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIND = select(unknown_error.c.id).where(
    unknown_error.c.product == bindparam("product"), unknown_error.c.fingerprint == bindparam("fingerprint")
)
_new_row = upsert(unknown_error)
_SAVE = _new_row.on_conflict_do_update(
    index_elements=[unknown_error.c.product, unknown_error.c.fingerprint],
    set_={
        "first_at": least(unknown_error.c.first_at, _new_row.excluded.first_at),
        "last_at": greatest(unknown_error.c.last_at, _new_row.excluded.last_at),
        "catalogue_version": _new_row.excluded.catalogue_version,
    },
).returning(unknown_error.c.id)
_day_row = upsert(unknown_day)
_COUNT = _day_row.on_conflict_do_update(
    index_elements=[unknown_day.c.site_id, unknown_day.c.day, unknown_day.c.unknown_id],
    set_={"count": unknown_day.c.count + _day_row.excluded.count},
)
_SEEN_TODAY = (
    select(func.count())
    .select_from(unknown_day)
    .where(unknown_day.c.site_id == bindparam("site_id"), unknown_day.c.day == bindparam("day"))
)


def day_of(at: datetime) -> int:
    """Days since 1970, UTC."""
    return (at - _EPOCH).days


def take(connection: Connection, site_id: str, errors: Iterable[UnknownError], received_at: datetime) -> None:
    """Count what one batch brought; the caller's transaction makes a batch count once."""
    day = day_of(received_at)
    for error in errors:
        unknown_id = _save(connection, _bounded(connection, site_id, day, error), received_at)
        row = {"site_id": site_id, "day": day, "unknown_id": unknown_id, "count": error.count}
        connection.execute(_COUNT, row)


def _bounded(connection: Connection, site_id: str, day: int, error: UnknownError) -> UnknownError:
    """The error itself while there is room for its template, else the overflow of its product."""
    key = {"product": error.product, "fingerprint": error.fingerprint}
    known = connection.execute(_FIND, key).scalar_one_or_none()
    if known is not None:
        today = select(unknown_day.c.count).where(
            unknown_day.c.site_id == site_id, unknown_day.c.day == day, unknown_day.c.unknown_id == known
        )
        if connection.execute(today).first() is not None:
            return error
    seen = connection.execute(_SEEN_TODAY, {"site_id": site_id, "day": day}).scalar_one()
    is_full = known is None and _templates(connection) >= TEMPLATES
    return _overflow(error) if seen >= TEMPLATES_PER_SITE_DAY or is_full else error


def _templates(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(unknown_error)).scalar_one()


def _overflow(error: UnknownError) -> UnknownError:
    return UnknownError(
        fingerprint=template_fingerprint(error.product, OVERFLOW),
        template=OVERFLOW,
        product=error.product,
        catalogue_version=error.catalogue_version,
        count=error.count,
        first_at=error.first_at,
        last_at=error.last_at,
    )


def _save(connection: Connection, error: UnknownError, received_at: datetime) -> int:
    row = {
        "product": error.product,
        "fingerprint": error.fingerprint,
        "template": error.template,
        "catalogue_version": error.catalogue_version,
        "severity": error.severity,
        "source": error.source,
        "sample": error.sample[:SAMPLE_CHARS],
        "first_at": min(error.first_at, received_at),  # a host's clock may run ahead
        "last_at": min(error.last_at, received_at),
    }
    unknown_id: int = connection.execute(_SAVE, row).scalar_one()
    return unknown_id


def products(connection: Connection) -> list[str]:
    """Every product that has unknown errors, by name."""
    return list(
        connection.execute(select(unknown_error.c.product).distinct().order_by(unknown_error.c.product)).scalars()
    )


def state_counts(connection: Connection) -> dict[str, int]:
    """How many unknown errors stand in each state."""
    rows = connection.execute(
        select(unknown_error.c.state, func.count().label("total")).group_by(unknown_error.c.state)
    )
    return {row.state: row.total for row in rows}


def list_unknowns(connection: Connection, wanted: UnknownFilter, now: datetime) -> list[UnknownRecord]:
    """The fleet's top: by sites, then by count; bounded by the filter's limit."""
    first_day = day_of(now) - wanted.days + 1
    query = _summed(first_day).limit(wanted.limit)
    if wanted.product is not None:
        query = query.where(unknown_error.c.product == wanted.product)
    if wanted.state is not None:
        query = query.where(unknown_error.c.state == wanted.state)
    rows = connection.execute(query).all()
    ids = [row.id for row in rows]
    days = _per_day(connection, ids, first_day)
    sites = _per_site(connection, ids, first_day)
    return [_record(row, _filled(days.get(row.id, {}), first_day, wanted.days), sites.get(row.id, [])) for row in rows]


def find_unknown(connection: Connection, unknown_id: int) -> UnknownRecord | None:
    """One of them, without its numbers."""
    row = connection.execute(_summed(0).where(unknown_error.c.id == unknown_id)).first()
    return None if row is None else _record(row, (), [])


def decide(connection: Connection, unknown_id: int, **values: object) -> None:
    """Write what was decided."""
    connection.execute(update(unknown_error).where(unknown_error.c.id == unknown_id).values(**values))


def undecided(connection: Connection, product: str) -> list[tuple[int, str]]:
    """(id, sample) of what has no code yet, for a new catalogue of the product; the newest first."""
    query = (
        select(unknown_error.c.id, unknown_error.c.sample)
        .where(unknown_error.c.product == product, unknown_error.c.state == "new", unknown_error.c.sample != "")
        .order_by(unknown_error.c.last_at.desc())
        .limit(CHUNK_ROWS)
    )
    return [(row.id, row.sample) for row in connection.execute(query)]


def delete_stale(connection: Connection, before: datetime) -> int:
    """Delete up to `CHUNK_ROWS` days, and templates that have none left; what a person ignored stays ignored."""
    old = select(unknown_day.c.site_id, unknown_day.c.day, unknown_day.c.unknown_id).where(
        unknown_day.c.day < day_of(before)
    )
    gone = connection.execute(old.limit(CHUNK_ROWS)).all()
    for row in gone:
        mine = (unknown_day.c.site_id == row.site_id) & (unknown_day.c.day == row.day)
        connection.execute(delete(unknown_day).where(mine, unknown_day.c.unknown_id == row.unknown_id))
    empty = ~select(unknown_day.c.day).where(unknown_day.c.unknown_id == unknown_error.c.id).exists()
    unused = select(unknown_error.c.id).where(
        unknown_error.c.last_at < before, unknown_error.c.state != "ignored", empty
    )
    return (
        len(gone)
        + connection.execute(delete(unknown_error).where(unknown_error.c.id.in_(unused.limit(CHUNK_ROWS)))).rowcount
    )


def _summed(first_day: int) -> Select[Any]:
    recent = (
        select(
            unknown_day.c.unknown_id,
            func.sum(unknown_day.c.count).label("total"),
            func.count(unknown_day.c.site_id.distinct()).label("sites"),
        )
        .where(unknown_day.c.day >= first_day)
        .group_by(unknown_day.c.unknown_id)
        .subquery()
    )
    return (
        select(unknown_error, recent.c.total, recent.c.sites)
        .outerjoin(recent, recent.c.unknown_id == unknown_error.c.id)
        .order_by(func.coalesce(recent.c.sites, 0).desc(), func.coalesce(recent.c.total, 0).desc(), unknown_error.c.id)
    )


def _per_day(connection: Connection, ids: Sequence[int], first_day: int) -> dict[int, dict[int, int]]:
    query = (
        select(unknown_day.c.unknown_id, unknown_day.c.day, func.sum(unknown_day.c.count))
        .where(unknown_day.c.unknown_id.in_(ids), unknown_day.c.day >= first_day)
        .group_by(unknown_day.c.unknown_id, unknown_day.c.day)
    )
    found: dict[int, dict[int, int]] = {}
    for unknown_id, day, count in connection.execute(query):
        found.setdefault(unknown_id, {})[day] = count
    return found


def _per_site(connection: Connection, ids: Sequence[int], first_day: int) -> dict[int, list[SiteCount]]:
    total = func.sum(unknown_day.c.count)
    query = (
        select(unknown_day.c.unknown_id, site.c.id, site.c.name, total.label("total"))
        .join(site, site.c.id == unknown_day.c.site_id)
        .where(unknown_day.c.unknown_id.in_(ids), unknown_day.c.day >= first_day)
        .group_by(unknown_day.c.unknown_id, site.c.id, site.c.name)
        .order_by(total.desc(), site.c.id)
    )
    found: dict[int, list[SiteCount]] = {}
    for row in connection.execute(query):
        top = found.setdefault(row.unknown_id, [])
        if len(top) < TOP_SITES:
            top.append(SiteCount(row.id, row.name, row.total))
    return found


def _filled(counts: dict[int, int], first_day: int, days: int) -> tuple[int, ...]:
    return tuple(counts.get(day, 0) for day in range(first_day, first_day + days))


def _record(row: Any, per_day: tuple[int, ...], sites: list[SiteCount]) -> UnknownRecord:
    values = {name: getattr(row, name) for name in unknown_error.c.keys()}  # noqa: SIM118  # a collection of columns
    return UnknownRecord(
        **values,
        count=row.total or 0,
        sites=row.sites or 0,
        per_day=per_day,
        top_sites=tuple(sites),
        is_overflow=row.template == OVERFLOW,
    )
