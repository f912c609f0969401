"""The host itself boots in tests/e2e/lab; here is what can be seen without one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from deploy.lab.host import DIES_WITH_US, TOOLS, UNSHARE, Host, missing_tools
from deploy.lab.waiting import wait_until


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)
    assert missing_tools() == [*TOOLS, "root"]


def test_a_program_beside_the_host_is_in_its_network(tmp_path: Path) -> None:
    host = Host(tmp_path / "image", tmp_path / "disk", 4711)
    command = host.beside(["ip", "link"])
    assert command[-2:] == ["ip", "link"]
    assert "--net=/proc/4711/ns/net" in command
    assert sorted(path.name for path in (tmp_path / "disk").iterdir()) == ["root", "upper", "work"]


def test_a_host_that_is_off_can_be_switched_off(tmp_path: Path) -> None:
    host = Host(tmp_path / "image", tmp_path / "disk", 4711)
    host.switch_off()
    host.cut_power()
    assert host.boots == 0


def test_what_is_started_so_ends_with_us_even_by_force(tmp_path: Path) -> None:
    """The words that a boot begins with, here around a shell that would sleep for ever."""
    if missing := missing_tools():
        pytest.skip(f"needs {', '.join(missing)} (Debian: mmdebstrap systemd-container, as root)")
    words = " ".join([*DIES_WITH_US, *UNSHARE, "sleep", "473829"])
    starter = subprocess.Popen(["sh", "-c", f"{words} & wait"])

    def sleepers() -> list[Path]:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                found += [path] if path.read_bytes() == b"sleep\x00473829\x00" else []
            except OSError:
                continue
        return found

    try:
        wait_until(sleepers, "it sleeps", 10.0)
    finally:
        starter.kill()
        starter.wait(10)
    wait_until(lambda: not sleepers(), "it has ended", 10.0)
