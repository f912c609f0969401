"""`sitewarden-agent patch list`, `show`, `history`, `drift`, `roots` and `fetch` as a person types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.__main__ import COMMANDS, SUMMARY
from terminal import run
from tests.fakes.patched_host import PatchedHost
from wire.proofs import Outcome

Typed = Callable[..., int]
Told = Callable[..., Any]
LOCALE = Path(__file__).parents[3] / "agent/locale"


@pytest.fixture
def host(tmp_path: Path) -> PatchedHost:
    made = PatchedHost(tmp_path)
    settings = "collector: https://collector.example\nstate: state\nexecutor: {folder: executor}\n"
    (tmp_path / "agent.yaml").write_text(settings)
    (tmp_path / "state").mkdir()
    return made


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    monkeypatch.setenv("LANGUAGE", "en")

    def type_it(*words: object) -> int:
        argv = ["patch", str(words[0]), "--settings", str(tmp_path / "agent.yaml"), *map(str, words[1:])]
        return run("sitewarden-agent", SUMMARY, COMMANDS, LOCALE, argv)

    return type_it


@pytest.fixture
def told(typed: Typed, capsys: pytest.CaptureFixture[str]) -> Told:
    """The JSON of a command, and its exit code."""

    def type_it(*words: object, code: int = 0) -> Any:
        capsys.readouterr()
        assert typed(*words, "--json") == code
        return json.loads(capsys.readouterr().out)

    return type_it


def applied(host: PatchedHost, *, wrong: str = "") -> str:
    """One attempt to its end; the digest of its request."""
    host.site_files.judge.wrong = (wrong,) if wrong else ()
    request = host.patch_request()
    host.run(request, host.approval(request))
    assert host.go().outcome is (Outcome.FAILED if wrong else Outcome.DONE)
    return request.digest


def test_before_there_was_any(host: PatchedHost, typed: Typed, told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    assert told("list") == {"patches": []}
    assert told("history") == {"attempts": []}
    assert typed("list") == 0
    assert "no patch is installed" in capsys.readouterr().out
    assert typed("history") == 0
    assert "never begun" in capsys.readouterr().out
    for command in ("show", "drift"):
        assert typed(command, "his-2.0") == 1
        assert "has had no patch his-2.0" in capsys.readouterr().err


def test_one_that_is_installed(host: PatchedHost, told: Told, typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    digest = applied(host)
    [line] = told("list")["patches"]
    assert (line["patch"], line["version"], line["state"], line["reason"]) == (host.manifest.id, "2.0", "clean", "")
    assert told("history")["attempts"] == [line]
    by_id, by_request = told("show", host.manifest.id), told("show", digest[:12])
    assert by_id == by_request
    states = [each["state"] for each in by_id["states"]]
    assert (states[0], states[-2:]) == ("planned", ["committed", "clean"])
    assert all(each["at"].endswith("+00:00") for each in by_id["states"])
    assert typed("show", host.manifest.id) == 0
    assert "committed" in capsys.readouterr().out


def test_one_that_failed_keeps_its_gate_for_ever(
    host: PatchedHost, told: Told, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    applied(host, wrong="the sum is wrong")
    assert told("list") == {"patches": []}
    [attempt] = told("history")["attempts"]
    assert (attempt["state"], attempt["reason"]) == ("rolled_back", "it is not well: the sum is wrong")
    assert [each["reason"] for each in told("show", host.manifest.id)["states"] if each["reason"]] == [
        "it is not well: the sum is wrong"
    ]
    assert typed("history") == 0
    assert "the sum is wrong" in capsys.readouterr().out


def test_one_that_is_under_way_is_listed(host: PatchedHost, told: Told) -> None:
    request = host.patch_request()
    host.run(request, host.approval(request))
    [line] = told("list")["patches"]
    assert (line["state"], line["ended_at"]) == ("accepted", None)


def test_drift_names_what_somebody_changed(
    host: PatchedHost, told: Told, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    applied(host)
    name = host.manifest.id
    assert told("drift", name) == {"patch": name, "changed": []}
    root = host.site_files.root
    (root / "bin/app").write_bytes(b"mine")
    (root / "etc/app.conf").unlink()
    (root / "lib").mkdir(exist_ok=True)
    (root / "lib/gone.so").write_bytes(b"it is back")
    assert told("drift", name, code=1)["changed"] == ["bin/app", "etc/app.conf", "lib/gone.so"]
    assert typed("drift", name) == 1
    assert "bin/app is not as the patch left it" in capsys.readouterr().out


def test_a_link_in_place_of_a_file_is_drift_and_is_not_followed(host: PatchedHost, told: Told, tmp_path: Path) -> None:
    applied(host)
    file = host.site_files.root / "bin/app"
    (tmp_path / "copy").write_bytes(file.read_bytes())
    file.unlink()
    file.symlink_to(tmp_path / "copy")
    assert told("drift", host.manifest.id, code=1)["changed"] == ["bin/app"]


def test_roots_are_those_of_the_policy_and_the_databases(
    host: PatchedHost, typed: Typed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host.set_policy(patch_roots=["/opt/his", '/srv/a "b" 100%'])
    (host.folder / "policy.yaml").chmod(0o600)
    units = tmp_path / "units"
    assert typed("roots", "--units", units) == 0
    assert "patches may write in /opt/his" in capsys.readouterr().out
    texts = {path.parent.name: path.read_text() for path in units.glob("*/roots.conf")}
    assert set(texts) == {"sitewarden-patch@.service.d", "sitewarden-patch-recover.service.d"}
    for text in texts.values():
        lines = text.splitlines()
        assert lines == ["[Service]", 'ReadWritePaths="/opt/his"', 'ReadWritePaths="/srv/a \\"b\\" 100%%"']


def test_roots_of_a_policy_that_cannot_be_read_change_nothing(host: PatchedHost, typed: Typed, tmp_path: Path) -> None:
    (host.folder / "policy.yaml").write_text("version: 9\n")
    assert typed("roots", "--units", tmp_path / "units") != 0
    assert not (tmp_path / "units").exists()


def test_nothing_is_fetched_without_a_word_of_the_vendor(
    host: PatchedHost, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("fetch", "his-2.0", "--wait", "0") == 1
    assert capsys.readouterr().err
