"""The units give the two processes no more than they need, measured by systemd itself."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

LIMITS = {"sitewarden-agent.service": 1.5, "sitewarden-executor.service": 2.5, "sitewarden-backup.service": 2.5}


@pytest.fixture
def units(repository: Path) -> Path:
    return repository / "deploy/agent/units"


def exposure(path: Path) -> float:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze (Debian: systemd), so the exposure of the units is not measured")
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", ran.stdout)
    assert found, ran.stderr
    return float(found[1])


@pytest.mark.parametrize("name", LIMITS)
def test_exposure_is_small(units: Path, name: str) -> None:
    assert exposure(units / name) <= LIMITS[name]


@pytest.mark.parametrize("name", LIMITS)
def test_without_its_restrictions_it_is_not(units: Path, tmp_path: Path, name: str) -> None:
    """The control: the measure measures."""
    kept = [
        line for line in (units / name).read_text().splitlines() if not re.match(r"(Protect|Private|Cap|Sys)", line)
    ]
    (tmp_path / name).write_text("\n".join(kept))
    assert exposure(tmp_path / name) > 2.5


def settings_of(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        name, sign, value = line.partition("=")
        if sign and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_the_executor_has_no_network_and_ends_when_idle(units: Path) -> None:
    unit = settings_of(units / "sitewarden-executor.service")
    assert unit["PrivateNetwork"] == ["yes"]
    assert unit["RestrictAddressFamilies"] == ["AF_UNIX"]
    assert "--idle" in unit["ExecStart"][0]
    assert unit["KillMode"] == ["control-group"]


def test_the_socket_is_for_the_agents_group_alone(units: Path) -> None:
    unit = settings_of(units / "sitewarden-executor.socket")
    assert (unit["SocketMode"], unit["SocketUser"], unit["SocketGroup"]) == (["0660"], ["root"], ["sitewarden"])
    assert unit["Accept"] == ["no"]
    assert unit["FlushPending"] == ["yes"]


def test_the_agent_has_no_privileges(units: Path) -> None:
    unit = settings_of(units / "sitewarden-agent.service")
    assert (unit["User"], unit["CapabilityBoundingSet"], unit["NoNewPrivileges"]) == (["sitewarden"], [""], ["yes"])
    assert unit["SocketBindDeny"] == ["any"]


def test_the_backup_reads_everything_and_may_do_nothing_else(units: Path) -> None:
    unit = settings_of(units / "sitewarden-backup.service")
    assert unit["CapabilityBoundingSet"] == unit["AmbientCapabilities"] == ["CAP_DAC_READ_SEARCH"]
    assert (unit["User"], unit["ProtectSystem"]) == (["sitewarden-backup"], ["strict"])
    assert unit["ReadWritePaths"] == ["/var/lib/sitewarden-backup"]
    assert unit["SocketBindDeny"] == ["any"]
    assert "backup due" in unit["ExecStart"][0]


def test_a_timer_looks_what_is_due(units: Path) -> None:
    timer = settings_of(units / "sitewarden-backup.timer")
    assert timer["OnUnitInactiveSec"] == ["5min"]
    assert timer["WantedBy"] == ["timers.target"]
