from __future__ import annotations

import socket
import time
from pathlib import Path

from agent.health.trying import try_probes
from agent.settings.model import Settings
from agent.settings.probes import Extension, ProbeSettings, ServiceChecks, TcpCheck
from agent.settings.reading import Loaded
from tests.builders import NOW


def test_every_probe_is_tried_once(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as good,
        socket.socket() as held,
        socket.create_server(("127.0.0.1", 0)) as mute,
    ):
        held.bind(("127.0.0.1", 0))
        checks = [
            TcpCheck(name="good", port=good.getsockname()[1]),
            TcpCheck(name="closed", port=held.getsockname()[1]),
            TcpCheck(name="mute", port=mute.getsockname()[1], expect="220", timeout_s=20),
        ]
        probes = ProbeSettings(tcp=checks, extensions=[Extension(name="x", probe="nowhere")], services=ServiceChecks())
        loaded = Loaded(Settings(collector="http://127.0.0.1", state=str(tmp_path), probes=probes), {})
        found = {str(tried.what): tried.is_well for tried in try_probes(loaded, NOW, time.monotonic, deadline_s=2)}
    words = {text.partition(": ")[0]: (is_well, text) for text, is_well in found.items()}
    assert words["probe tcp good"][0]
    assert words["probe tcp closed"] == (False, f"probe tcp closed: 127.0.0.1:{checks[1].port}: Connection refused")
    assert words["probe tcp mute"] == (False, "probe tcp mute: no answer in 2 s")
    assert words["probe load"][0]
    assert not next(is_well for text, is_well in found.items() if "offers the probe nowhere" in text)
