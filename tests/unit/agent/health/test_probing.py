from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

from agent.health.probing import Probing, Surroundings
from agent.settings.model import Settings
from agent.settings.probes import Default, ProbeSettings, TcpCheck
from tests.fakes.agent_parts import a_spool
from tests.fakes.collector import ManualClock
from wire.messages import Event, decode_record

OFF: list[Default] = list(get_args(Default))


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as held:  # bound and not listening: refused
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


def test_settings_are_read_anew_and_the_old_faults_clear(tmp_path: Path, closed_port: int) -> None:
    clock, woken = ManualClock(), threading.Event()
    spool = a_spool(tmp_path, clock)
    probes = ProbeSettings(off=OFF, tcp=[TcpCheck(name="his", port=closed_port)])
    settings = Settings(collector="http://127.0.0.1", state=str(tmp_path), probes=probes)
    around = Surroundings(clock.now, clock.monotonic, lambda: None, dict)
    probing = Probing(spool, spool.deposit, settings, around, hostname="h", wake=woken.set)

    def codes() -> list[str]:
        records = [decode_record(raw) for (raw,) in spool._read("SELECT record FROM waiting ORDER BY id")]
        return [record.code for record in records if isinstance(record, Event)]

    def until(wanted: list[str]) -> None:
        end = time.monotonic() + 10
        while codes() != wanted:
            assert time.monotonic() < end, codes()
            probing.turn()
            woken.wait(0.01)
            woken.clear()

    until(["HOST-TCP-0001"])
    probing.change_settings(replace(settings, probes=ProbeSettings(off=OFF)))
    until(["HOST-TCP-0001", "HOST-TCP-0000"])
    probing.begin_anew()
    assert probing.turn() > 0
    assert probing.clock_offset_s() is None
