"""Taking samples in: cheap, durable with the caller's transaction, and each sample once.

A sample becomes one row of `health_hot`; everything dearer is done once an hour by the job (`folding.py`). The row's
key is hour, agent and time, so a sample that comes again in another batch changes nothing, and rows of an hour that
is over lie together. Measured: appending without a key is a third of the cost, but then reading one agent's running
hour reads everybody's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from collector.health import repository
from collector.health.hours import hour_of
from collector.health.placing import is_too_old, move_back
from collector.health.record import pack_record
from collector.store.database import Connection
from collector.store.instant import to_us
from wire.messages import Health

Taken = tuple[str, str, Health, datetime]  # agent, site, sample, received at

log = logging.getLogger(__name__)


def keep(connection: Connection, taken: Iterable[Taken]) -> None:
    """Keep samples of any agents; call it once for a group of batches, inside its transaction."""
    deliveries: dict[tuple[str, datetime], list[Taken]] = {}
    for each in taken:
        deliveries.setdefault((each[0], each[3]), []).append(each)
    rows = {key: row for delivery in deliveries.values() for key, row in _rows(delivery)}
    if rows:
        repository.add_hot(connection, [rows[key] for key in sorted(rows)])


def _rows(delivery: list[Taken]) -> Iterable[tuple[tuple[int, str, datetime], dict[str, object]]]:
    agent_id, site_id, _, received_at = delivery[0]
    back = move_back((health.sampled_at for _, _, health, _ in delivery), received_at)
    old = 0
    seen = set()
    for _, _, health, _ in delivery:
        sampled_at = health.sampled_at - back if back else health.sampled_at
        if is_too_old(sampled_at, received_at):
            old += 1
            continue
        hour = hour_of(to_us(sampled_at))
        key = (hour, agent_id, sampled_at)
        if key in seen:
            continue
        seen.add(key)
        body = pack_record(health)
        yield key, {"hour": hour, "agent_id": agent_id, "sampled_at": sampled_at, "site_id": site_id, "body": body}
    if old:
        log.warning("agent %s sent %d health samples that are older than any history; its clock is off", agent_id, old)
