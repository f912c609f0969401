from __future__ import annotations

from pathlib import Path

import pytest

from agent.health.probe import ProbeFailed
from agent.health.probes.services import Services
from agent.settings.probes import ServiceChecks
from tests.builders import NOW
from tests.fakes.probes import bad, readings
from tests.fakes.systemd_bus import systemd_bus

UNITS = [
    ("nginx.service", "loaded", "active", "running"),
    ("postgresql@15-main.service", "loaded", "activating", "auto-restart"),
    ("backup.service", "loaded", "failed", "failed"),
    ("data.mount", "loaded", "active", "mounted"),
]


def probe(folder: Path, **checks: object) -> Services:
    return Services(ServiceChecks(**checks), bus=folder / "bus", booted=folder)  # type: ignore[arg-type]


def test_wanted_units_and_failed_ones(tmp_path: Path) -> None:
    wanted = ["nginx", "postgresql@15-main", "data.mount", "gone", "post*"]
    with systemd_bus(tmp_path / "bus", UNITS):
        assert bad(probe(tmp_path, active=wanted), NOW) == [
            ("HOST-UNT-0001", "postgresql@15-main"),
            ("HOST-UNT-0001", "gone"),
            ("HOST-UNT-0001", "post*"),
            ("HOST-UNT-0002", "backup.service"),
        ]
        assert bad(probe(tmp_path, failed=False), NOW) == []
        texts = [found.text for found in readings(probe(tmp_path, active=wanted), NOW)]
    assert "postgresql@15-main.service is activating (auto-restart)" in texts
    assert "gone is not loaded" in texts


def test_a_unit_that_is_being_restarted_has_a_minute(tmp_path: Path) -> None:
    with systemd_bus(tmp_path / "bus", UNITS):
        found = readings(probe(tmp_path, active=["postgresql@15-main"]), NOW)
    assert found[0].bounds is not None
    assert found[0].bounds.for_s == 60


def test_a_host_without_systemd(tmp_path: Path) -> None:
    bare = Services(ServiceChecks(), bus=tmp_path / "bus", booted=tmp_path / "nothing")
    assert readings(bare, NOW) == []
    wanted = Services(ServiceChecks(active=["nginx"]), bus=tmp_path / "bus", booted=tmp_path / "nothing")
    with pytest.raises(ProbeFailed, match="systemd does not run here"):
        readings(wanted, NOW)


def test_a_bus_that_refuses_is_no_healthy_host(tmp_path: Path) -> None:
    with systemd_bus(tmp_path / "bus", UNITS, "refuses"), pytest.raises(ProbeFailed, match="does not know this user"):
        readings(probe(tmp_path), NOW)
