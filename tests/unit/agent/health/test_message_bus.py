from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.health.message_bus import BusRefused, Job, MessageBus, Unit, read_fields, read_jobs, read_units
from tests.fakes.systemd_bus import jobs_body, systemd_bus, units_body

UNITS = [("nginx.service", "loaded", "active", "running"), ("수납.service", "loaded", "failed", "failed")]


def test_units_as_systemd_lists_them(tmp_path: Path) -> None:
    with systemd_bus(tmp_path / "bus", UNITS) as path, MessageBus(path) as bus:
        assert bus.units() == [Unit(*unit) for unit in UNITS]


def test_jobs_as_systemd_lists_them(tmp_path: Path) -> None:
    jobs = [("reboot.target", "start"), ("nginx.service", "stop")]
    with systemd_bus(tmp_path / "bus", UNITS, jobs=jobs) as path, MessageBus(path) as bus:
        assert bus.jobs() == [Job(*job) for job in jobs]
    assert read_jobs(jobs_body([])) == []


@pytest.mark.parametrize(
    ("behaviour", "words"), [("refuses", "does not know"), ("errs", "ListUnits"), ("lies", "cannot be read")]
)
def test_what_goes_wrong_is_said(tmp_path: Path, behaviour: str, words: str) -> None:
    def ask() -> None:
        with MessageBus(path) as bus:
            bus.units()

    with systemd_bus(tmp_path / "bus", UNITS, behaviour) as path, pytest.raises(BusRefused, match=words):
        ask()


def test_a_bus_that_hangs_is_left(tmp_path: Path) -> None:
    def ask() -> None:
        with MessageBus(path, wait_s=0.2) as bus:
            bus.units()

    begin = time.monotonic()
    with systemd_bus(tmp_path / "bus", UNITS, "hangs") as path, pytest.raises(TimeoutError):
        ask()
    assert time.monotonic() - begin < 5


@given(
    st.lists(
        st.tuples(st.text(max_size=9).filter(str.isprintable), *(st.sampled_from(["loaded", "failed"]),) * 3),
        max_size=5,
    )
)
def test_every_list_comes_back(units: list[tuple[str, str, str, str]]) -> None:
    assert read_units(units_body(units)) == [Unit(*unit) for unit in units]


@given(st.binary(max_size=200))
def test_rubbish_is_refused_and_never_loops(raw: bytes) -> None:
    for read in (read_units, read_jobs, read_fields):
        with contextlib.suppress(BusRefused):
            read(raw)


def test_a_real_bus_answers_us(tmp_path: Path) -> None:
    """The daemon that hosts have; there is no systemd behind it here, and it says so."""
    daemon = shutil.which("dbus-daemon")
    if daemon is None:
        pytest.skip("no dbus-daemon")
    configuration = tmp_path / "bus.conf"
    configuration.write_text(
        f"<busconfig><listen>unix:path={tmp_path}/bus</listen><auth>EXTERNAL</auth><policy context='default'>"
        "<allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/>"
        "<allow own='*'/><allow user='*'/></policy></busconfig>"
    )
    running = subprocess.Popen([daemon, f"--config-file={configuration}", "--nofork", "--nopidfile"])
    try:
        end = time.monotonic() + 10
        while not (tmp_path / "bus").exists():
            assert time.monotonic() < end
            time.sleep(0.01)
        with MessageBus(tmp_path / "bus") as bus:
            names = bus.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ListNames")
            assert b":1.0\0" in names
            with pytest.raises(BusRefused, match=r"ListUnits: org\.freedesktop\.DBus\.Error\.ServiceUnknown"):
                bus.units()
    finally:
        running.terminate()
        running.wait(10)
