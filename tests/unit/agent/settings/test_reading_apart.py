from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.settings import reading_apart
from agent.settings.reading import Loaded, SettingsUnreadable, read_settings
from agent.settings.reading_apart import read_settings_apart
from tests.fakes.logs import CATALOGUE
from wire.errors import TextRefused

WHOLE = """\
collector: https://collector.example
proxy: proxy.example:3128
sources:
  - {name: a, path: log/a.log, catalogue: c.yaml, record: {start: "^x"}, time: {regex: "^(x)", format: "%H"}}
  - {name: b, path: /log/b, catalogue: c.yaml, time: iso, zone: Asia/Seoul, encoding: cp949}
  - {name: c, journal: {units: [his.service]}, catalogue: none.yaml}
health: {disk: {raise_percent: 90, clear_percent: 80}, processes: [{name: his, command: his}]}
probes:
  off: [swap]
  tcp: [{name: his, port: 1}]
  postgresql: [{name: his}]
  certificates: {files: [a.pem]}
redaction: {patterns: [{name: MRN, regex: "MRN-[0-9]+"}]}
budgets: {cpu_percent: 3}
"""


def written(folder: Path, text: str) -> Path:
    (folder / "c.yaml").write_text(CATALOGUE, encoding="utf-8")
    path = folder / "agent.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def only_in_a_child(parent: int) -> Callable[..., Loaded]:
    def read(path: Path, *, catalogues_needed: bool) -> Loaded:
        assert os.getpid() != parent
        return read_settings(path, catalogues_needed=catalogues_needed)

    return read


def test_a_child_reads_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, WHOLE)
    expected = read_settings(path, catalogues_needed=False)
    assert expected.catalogues
    assert expected.warnings
    monkeypatch.setattr(reading_apart, "read_settings", only_in_a_child(os.getpid()))
    found = read_settings_apart(path, catalogues_needed=False)
    assert (found.settings, found.catalogues) == (expected.settings, expected.catalogues)
    assert [str(fault) for fault in found.warnings] == [str(fault) for fault in expected.warnings]
    (name,) = found.catalogues
    assert found.catalogues[name] is expected.catalogues[name], "it is in use and was known by its digest"


def test_yaml_is_not_loaded_for_it(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from agent.settings.reading_apart import read_settings_apart; "
        f"found = read_settings_apart(Path({str(written(tmp_path, WHOLE))!r}), catalogues_needed=False); "
        "print(len(found.catalogues), 'yaml' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["1", "False"]


def test_what_is_wrong_is_told_as_ever(tmp_path: Path) -> None:
    with pytest.raises(TextRefused) as refused:
        read_settings_apart(written(tmp_path, WHOLE.replace("Asia/Seoul", "Asia/Nowhere")))
    assert any("not a time zone" in str(fault) for fault in refused.value.faults)
    with pytest.raises(SettingsUnreadable):
        read_settings_apart(tmp_path / "none.yaml")


def test_without_a_child_it_is_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_apart, "made_apart", lambda _make, *, most: None)
    path = written(tmp_path, WHOLE)
    expected = read_settings(path, catalogues_needed=False)
    assert read_settings_apart(path, catalogues_needed=False).settings == expected.settings
