from __future__ import annotations

from pathlib import Path

from agent.parts import make_reader
from agent.redaction.intake import gate_of
from agent.settings.reading import read_settings
from tests.fakes.agent_parts import a_spool
from tests.fakes.collector import ManualClock


def test_the_reader_keeps_its_databases_in_the_state_folder(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text("collector: http://127.0.0.1:1\nstate: s\n", encoding="utf-8")
    settings = read_settings(path).settings
    gate = gate_of(a_spool(tmp_path, ManualClock()), settings, bytes(32))
    reader = make_reader(settings, gate, lambda: None)
    try:
        assert reader._databases == tmp_path / "s/scanner"
        assert reader.problems() == []
    finally:
        reader.close()
