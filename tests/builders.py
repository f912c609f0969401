"""Messages that are valid by default; keywords vary them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from wire import envelope, messages

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def an_event(**fields: Any) -> messages.Event:
    """The smallest event: a billing fault seen once."""
    given: dict[str, Any] = {
        "event_id": "0123456789abcdef",
        "product": "clinic",
        "catalogue_version": "7",
        "module": "billing",
        "code": "BIL-1001",
        "level": 2,
        "occurred_at": NOW,
        "occurred_from": messages.TimeOrigin.LINE,
        "first_at": NOW,
        "last_at": NOW,
    }
    return messages.Event(**{**given, **fields})


def an_unknown_error(**fields: Any) -> messages.UnknownError:
    """A line that looks like an error and has no code, seen once."""
    given: dict[str, Any] = {
        "fingerprint": "0123456789abcdef0123456789abcdef",
        "template": "ERROR claim <*> refused by 보험공단",
        "product": "clinic",
        "catalogue_version": "7",
        "first_at": NOW,
        "last_at": NOW,
    }
    return messages.UnknownError(**{**given, **fields})


def a_gap(**fields: Any) -> messages.Gap:
    """A rotated file whose rest was not read."""
    given: dict[str, Any] = {
        "cause": messages.GapCause.ROTATED,
        "source": "/var/log/clinic/app.log",
        "noticed_at": NOW,
    }
    return messages.Gap(**{**given, **fields})


def a_health(**fields: Any) -> messages.Health:
    """A quiet host."""
    given: dict[str, Any] = {
        "sampled_at": NOW,
        "boot_id": "6e3b7f1c",
        "uptime_s": 3_600.0,
        "cpu_percent": 12.5,
        "load_1m": 0.25,
        "cpu_count": 4,
        "memory_total_bytes": 8_000_000_000,
        "memory_used_percent": 41.0,
    }
    return messages.Health(**{**given, **fields})


def an_inventory(**fields: Any) -> messages.Inventory:
    """A host that follows nothing yet."""
    given: dict[str, Any] = {
        "taken_at": NOW,
        "hostname": "clinic-1",
        "os": "Debian GNU/Linux 12",
        "kernel": "6.1.0",
        "agent_version": "0.1.0",
    }
    return messages.Inventory(**{**given, **fields})


def an_inventory_diff(**fields: Any) -> messages.InventoryDiff:
    """A list that begins, with nothing in it."""
    given: dict[str, Any] = {"taken_at": NOW, "of": messages.SoftwareKind.PACKAGE, "digest": "0f" * 16}
    return messages.InventoryDiff(**{**given, **fields})


def a_batch(*records: messages.Record, **fields: Any) -> envelope.Batch:
    """The first batch of an agent."""
    given: dict[str, Any] = {
        "agent": "a1",
        "epoch": "00000000000000aa",
        "sequence": 1,
        "session": 1,
        "sealed_at": NOW,
        "records": envelope.raw_records(list(records)),
    }
    return envelope.Batch(**{**given, **fields})


def a_reply(**fields: Any) -> envelope.Reply:
    """The answer to `a_batch`."""
    given: dict[str, Any] = {
        "epoch": "00000000000000aa",
        "mark": 1,
        "generation": "g1",
        "time": NOW,
        "interval_s": 60.0,
    }
    return envelope.Reply(**{**given, **fields})
