from __future__ import annotations

from pathlib import Path

import pytest

from agent.settings.reading import parse_settings
from wire.errors import TextRefused

HEAD = "collector: http://127.0.0.1:1\n"


def test_defaults_need_no_section() -> None:
    probes = parse_settings(HEAD.encode(), Path("/etc/sitewarden")).settings.probes
    assert (probes.off, probes.tcp, probes.services.failed) == ([], [], True)


def test_everything_that_the_page_shows_can_be_read(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "clinic-ca.pem").touch()
    blocks = (repository / "docs/probes.md").read_text().split("```")[1::2]
    sections = [block.removeprefix("yaml\n") for block in blocks if block.startswith(("yaml\nprobes", "yaml\nbounds"))]
    assert len(sections) == 3
    for section in sections:
        settings = parse_settings((HEAD + section).encode(), tmp_path).settings
    settings = parse_settings((HEAD + sections[0]).encode(), tmp_path).settings
    assert settings.probes.postgresql[0].credentials == str(tmp_path / "his.login")
    assert settings.probes.web[0].ca_file == str(tmp_path / "clinic-ca.pem")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("off: [cpu]", "cpu"),
        ("tcp: [{name: a, port: 0}]", "port"),
        ("tcp: [{name: a, port: 70000}]", "port"),
        ("tcp: [{name: a, port: 1, timeout_s: 60}]", "timeout_s"),
        ("tcp: [{name: a, port: 1, interval_s: 1}]", "interval_s"),
        ("web: [{name: a, url: 'ftp://x/'}]", "url"),
        ("web: [{name: a, url: 'http://user:secret@x/'}]", "url"),
        ("services: {active: ['a b']}", "active"),
        ("postgresql: [{name: a, connections_percent: 200}]", "connections_percent"),
        ("command: [ls]", "command"),
    ],
)
def test_what_is_out_of_bounds_is_told_with_its_place(line: str, words: str) -> None:
    with pytest.raises(TextRefused) as refused:
        parse_settings(f"{HEAD}probes:\n  {line}\n".encode(), Path("/etc"))
    fault = refused.value.faults[0]
    assert words in str(fault.problem) or fault.line == 3
    assert fault.line == 3
