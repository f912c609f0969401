from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.checks import Finding, check_files, check_network, check_settings, check_state
from agent.settings.model import Settings
from agent.settings.reading import parse_settings
from agent.uplink.identity import FILE_NAME
from agent.uplink.port import NO_HEADERS, Answer, Unreachable
from wire.sentence import sentence

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def settings(folder: Path, text: str = "") -> Settings:
    text = f"collector: http://127.0.0.1:1\nstate: state\nspool: {{max_bytes: 2000000}}\n{text}"
    return parse_settings(text.encode(), folder, catalogues_needed=False).settings


def problems(findings: list[Finding]) -> list[str]:
    return [str(finding.what) for finding in findings if not finding.is_well]


def test_settings(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    loaded, findings = check_settings(path)
    assert loaded is None
    assert len(problems(findings)) == 1
    path.write_text("collector: http://far.example\n", encoding="utf-8")
    loaded, findings = check_settings(path)
    assert loaded is None
    assert f"{path}:1:12" in problems(findings)[0]
    path.write_text("collector: https://c.example\n", encoding="utf-8")
    loaded, findings = check_settings(path)
    assert loaded is not None
    assert problems(findings) == []


def test_a_broken_catalogue_does_not_end_the_check(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text(
        "collector: https://c.example\nsources: [{name: a, path: l, catalogue: none.yaml}]\n", encoding="utf-8"
    )
    loaded, findings = check_settings(path)
    assert loaded is not None
    assert "none.yaml" in problems(findings)[0]


def test_the_state_folder(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert "does not exist" in problems(check_state(found))[0]
    state = tmp_path / "state"
    state.mkdir(mode=0o755)
    said = problems(check_state(found))
    assert "chmod 700" in said[0]
    assert "not enrolled" in said[1]
    state.chmod(0o700)
    (state / FILE_NAME).write_bytes(b"{}")
    assert "--force" in problems(check_state(found))[0]


def test_logs(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        "sources:\n"
        "  - {name: there, path: a.log, catalogue: c}\n"
        "  - {name: missing, path: b.log, catalogue: c}\n"
        "  - {name: none, path: '*.txt', catalogue: c}\n"
        "  - {name: folder, path: sub, catalogue: c}\n",
    )
    (tmp_path / "a.log").write_text("x", encoding="utf-8")
    (tmp_path / "sub").mkdir()
    said = problems(check_files(found))
    assert len(said) == 3
    assert "does not exist" in said[0]
    assert "nothing matches" in said[1]
    assert "directory" in said[2]


class Scripted:
    def __init__(self, answer: Answer | Unreachable) -> None:
        self.answer = answer

    def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        if isinstance(self.answer, Unreachable):
            raise self.answer
        return self.answer

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        raise AssertionError

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(200, {}, b""), []),
        (Answer(200, {"date": "Tue, 24 Nov 2026 01:00:05 GMT"}, b""), []),
        (Answer(200, {"date": "Wed, 25 Nov 2026 01:00:00 GMT"}, b""), ["86400 s off"]),
        (Answer(404, {}, b""), ["answers 404"]),
        (Unreachable(sentence("nobody is there"), maybe_sent=False), ["nobody is there"]),
    ],
)
def test_network(tmp_path: Path, answer: Answer | Unreachable, words: list[str]) -> None:
    said = problems(check_network(settings(tmp_path), lambda _: Scripted(answer), lambda: NOW))
    assert len(said) == len(words)
    assert all(word in line for word, line in zip(words, said, strict=True))
