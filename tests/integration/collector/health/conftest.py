from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes.health_desk import HealthDesk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[HealthDesk]:
    desk = HealthDesk(tmp_path, datetime(2026, 11, 24, 10, 30, tzinfo=UTC))
    yield desk
    desk.store.close()
