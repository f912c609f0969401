"""What the two listeners and the jobs share; built once in `app.py` and passed down."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from collector.settings import Settings
from collector.store.database import Store
from wire.keys import Ed25519PrivateKey


@dataclass(frozen=True)
class Parts:
    """Settings, store, key, and the injected clock and randomness."""

    settings: Settings
    store: Store
    receipt_key: Ed25519PrivateKey
    generation: str
    now: Callable[[], datetime]  # aware, UTC
    monotonic: Callable[[], float]  # seconds
    new_secret: Callable[[], str]  # 128 random bits, 32 hexadecimal digits
    stopping: threading.Event = field(default_factory=threading.Event)  # set at the signal to end: open streams end too
