from __future__ import annotations

import socket
from datetime import datetime, timedelta
from pathlib import Path

from agent.health.probe import Remember
from agent.health.probes.ports import Ports, listening
from tests.builders import NOW
from tests.fakes.probes import Bare

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue\n"
LINE = "   0: {address} 00000000:0000 {state} 00000000:00000000 00:00000000\n"


def table(path: Path, *rows: tuple[str, str]) -> tuple[Path, ...]:
    path.write_text(HEAD + "".join(LINE.format(address=address, state=state) for address, state in rows))
    return (path,)


def look(probe: Ports, context: Bare, now: datetime) -> list[str]:
    """What is told; memory is kept as the watch keeps it."""
    told = []
    for found in probe.read(now):
        if isinstance(found, Remember):
            context.memories["ports"] = found.text
        else:
            told.append(found.text)
    return told


def test_only_what_listens_to_others(tmp_path: Path) -> None:
    rows = [("00000000:0016", "0A"), ("0100007F:1538", "0A"), ("0101A8C0:01BB", "0A"), ("00000000:0050", "01"),
            ("0" * 32 + ":1F90", "0A"), ("0" * 24 + "01000000:1F91", "0A")]  # fmt: skip
    found = listening(table(tmp_path / "tcp", *rows))
    assert found == {"tcp 0.0.0.0:22", "tcp 192.168.1.1:443", "tcp [::]:8080"}


def test_a_real_port_of_this_host() -> None:
    with socket.create_server(("0.0.0.0", 0)) as outside, socket.create_server(("127.0.0.1", 0)) as inside:  # noqa: S104
        names = listening()
        assert f"tcp 0.0.0.0:{outside.getsockname()[1]}" in names
        assert not any(name.endswith(f":{inside.getsockname()[1]}") for name in names)


def test_a_change_is_told_until_it_is_normal(tmp_path: Path) -> None:
    context = Bare()
    ssh, web = ("00000000:0016", "0A"), ("00000000:0050", "0A")
    probe = Ports(86_400, context.recall, tables=table(tmp_path / "tcp", ssh))
    assert look(probe, context, NOW) == []
    table(tmp_path / "tcp", web)
    changed = ["tcp 0.0.0.0:22 takes connections no longer", "tcp 0.0.0.0:80 takes connections since lately"]
    assert look(probe, context, NOW + timedelta(hours=1)) == changed
    again = Ports(86_400, context.recall, tables=(tmp_path / "tcp",))
    assert look(again, context, NOW + timedelta(hours=20)) == changed
    assert look(again, context, NOW + timedelta(hours=26)) == []
