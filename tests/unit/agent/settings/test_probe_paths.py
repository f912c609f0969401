from __future__ import annotations

from pathlib import Path

import pytest

from agent.settings.reading import parse_settings
from wire.errors import TextRefused

HEAD = "collector: http://127.0.0.1:1\n"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("probes:\n  tcp: [{name: a, port: 1}, {name: a, port: 2}]\n", 3, "the name a stands twice"),
        ("probes:\n  backups: [{name: a, path: x}, {name: a, path: y}]\n", 3, "the name a stands twice"),
        ("probes:\n  web: [{name: a, url: 'https://x/', ca_file: none.pem}]\n", 3, "there is no file"),
        ("probes:\n  certificates: {soon_days: 7, late_days: 7}\n", 3, "late_days must be below soon_days"),
        ("probes:\n  certificates:\n    ports: ['h:0']\n", 4, "h:0 has no port"),
        ("bounds:\n  roots: [/]\n", 3, "a root is an absolute path"),
        ("bounds:\n  roots: [opt/x]\n", 3, "a root is an absolute path"),
        ("bounds:\n  roots: [/opt/../etc]\n", 3, "a root is an absolute path"),
    ],
)
def test_what_a_schema_cannot_say(text: str, place: int, words: str) -> None:
    with pytest.raises(TextRefused) as refused:
        parse_settings((HEAD + text).encode(), Path("/etc/sitewarden"))
    (fault,) = refused.value.faults
    assert fault.line == place
    assert words in str(fault.problem)


def test_relative_paths_start_at_the_settings() -> None:
    text = "probes:\n  backups: [{name: a, path: 'b/*.gz'}]\n  certificates: {files: [c.pem, /d.pem]}\n"
    probes = parse_settings((HEAD + text).encode(), Path("/etc/sitewarden")).settings.probes
    assert probes.backups[0].path == "/etc/sitewarden/b/*.gz"
    assert probes.certificates.files == ["/etc/sitewarden/c.pem", "/d.pem"]
