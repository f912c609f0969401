"""The collector's process: the only reader of the clock and of randomness; builds and hands down."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from pathlib import Path

from collector.jobs.partitions import tend_partitions
from collector.parts import Parts
from collector.settings import Settings
from collector.store.database import Store
from collector.store.key_file import receipt_key
from collector.store.opening import check_receipt_key, generation_of, open_store_in
from collector.tickets.clocks.shelf import stock_store
from wire.keys import key_digest, public_bytes


def now() -> datetime:
    """The current instant, UTC."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that never go back."""
    return time.monotonic()


def new_secret() -> str:
    """128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


def open_store(settings: Settings) -> Store:
    """The database of these settings, migrated; `StoreRefused` says what is in the way."""
    secret = settings.database_password_file
    return open_store_in(Path(settings.state), settings.database, None if secret is None else Path(secret))


def build_parts(settings: Settings) -> Parts:
    """Store, receipt key and generation of these settings, with the real clock and randomness."""
    store = open_store(settings)
    try:
        stock_store(store, now())
        tend_partitions(store, settings.retention, now())
        key = receipt_key(Path(settings.state), new_secret())
        check_receipt_key(store, key_digest(public_bytes(key)))
        return Parts(
            settings=settings,
            store=store,
            receipt_key=key,
            generation=generation_of(store, new_secret()),
            now=now,
            monotonic=monotonic,
            new_secret=new_secret,
        )
    except BaseException:
        store.close()
        raise
