from __future__ import annotations

from pathlib import Path

import pytest

from agent.settings.reading import Loaded, SettingsUnreadable, glance, parse_settings, read_settings
from wire.errors import TextRefused

CATALOGUE = """product: his
version: "1"
modules:
  - code: BIL
    name: {en: Billing}
    errors:
      - {code: BIL-1, level: 2, title: {en: t}, match: [{literal: x}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "his.yaml").write_text(CATALOGUE, encoding="utf-8")
    return tmp_path


def faults(text: str, folder: Path) -> list[str]:
    with pytest.raises(TextRefused) as refused:
        parse_settings(text.encode(), folder)
    return [str(fault) for fault in refused.value.faults]


def a_source(**changes: str) -> str:
    values = {"name": "app", "path": "app.log", "catalogue": "his.yaml"} | changes
    lines = [f"{name}: {value}" for name, value in values.items()]
    return "collector: https://c.example\nsources:\n  - " + "\n    ".join(lines) + "\n"


def test_paths_start_at_the_settings_file(folder: Path) -> None:
    loaded = parse_settings((a_source() + "state: s\n").encode(), folder)
    assert loaded.settings.state == str(folder / "s")
    assert loaded.settings.sources[0].path == str(folder / "app.log")
    assert list(loaded.catalogues) == [str(folder / "his.yaml")]
    absolute = parse_settings(a_source(path="/var/log/app.log").encode(), folder)
    assert absolute.settings.sources[0].path == "/var/log/app.log"
    text = a_source(journal="{directory: remote}").replace("    path: app.log\n", "")
    journal = parse_settings(text.encode(), folder).settings.sources[0].journal
    assert journal is not None
    assert journal.directory == str(folder / "remote")


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("collector: http://c.example\n", "1:12", "loopback|this machine"),
        ("collector: https://c.example\nca_file: no.pem\n", "2:10", "no file"),
        ("collector: https://c.example\nproxy: socks5://p.example\n", "2:8", "address of a proxy"),
        ("collector: https://c.example\nhealth:\n  disk: {raise_percent: 80, clear_percent: 80}\n", "3:", "below"),
        ("collector: https://c.example\nunknown: 1\n", "2:1", "not known"),
        ("state: x\n", "1:1", "collector is missing"),
        (a_source(path="/var/*/app.log"), "4:", "last part"),
        (a_source(encoding="klingon"), "6:", "encoding"),
        (a_source(encoding="rot13"), "6:", "encoding"),
        (a_source(encoding="utf-32"), "6:", "utf-32 is not an encoding that extends ASCII"),
        (a_source(encoding="cp037"), "6:", "cp037 is not an encoding that extends ASCII"),
        (a_source(zone="Mars/Olympus"), "6:", "time zone"),
        (a_source(zone="../../etc/passwd"), "6:", "time zone"),
        (a_source(catalogue="none.yaml"), "5:", "cannot be read"),
        (a_source(record="{start: '('}"), "6:", "regular expression"),
        (a_source(record="cobol"), "6:", "cobol"),
        (a_source(format="json", encoding="cp949"), "7:15", "JSON lines are UTF-8"),
        (a_source(time="{regex: 'x', format: '%Y'}"), "6:", "0 groups, expected 1"),
        (a_source() + "  - {name: app, path: b, catalogue: his.yaml}\n", "6:", "stands twice"),
        ("collector: [\n", "2:1", "not YAML"),
    ],
)
def test_every_fault_has_its_place(folder: Path, text: str, place: str, words: str) -> None:
    import re

    (fault,) = faults(text, folder)
    assert fault.startswith(place), fault
    assert re.search(words, fault), fault


def test_all_faults_are_told_at_once(folder: Path) -> None:
    assert len(faults(a_source(encoding="klingon", zone="Mars/Olympus", catalogue="none.yaml"), folder)) == 3


def test_a_broken_catalogue_is_told_with_its_own_place(folder: Path) -> None:
    (folder / "his.yaml").write_text(CATALOGUE.replace("level: 2", "level: 7"), encoding="utf-8")
    (fault,) = faults(a_source(), folder)
    assert "his.yaml" in fault
    assert "7:" in fault.partition("his.yaml")[2]


def test_at_the_start_a_broken_catalogue_is_a_warning(folder: Path) -> None:
    loaded = parse_settings(a_source(catalogue="none.yaml").encode(), folder, catalogues_needed=False)
    assert isinstance(loaded, Loaded)
    assert len(loaded.warnings) == 1


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsUnreadable, match="--settings"):
        read_settings(tmp_path / "none.yaml")
    with pytest.raises(SettingsUnreadable, match="cannot be read"):
        read_settings(tmp_path)


def test_the_executor_of_the_default_folders_is_that_of_the_shipped_units(repository: Path, tmp_path: Path) -> None:
    units = repository / "deploy/agent/units"
    usual = parse_settings(b"collector: https://desk.example\n", tmp_path).settings.executor
    assert f"ListenStream={usual.socket}\n" in (units / "sitewarden-executor.socket").read_text()
    unit = (units / "sitewarden-executor.service").read_text()
    assert f"ReadWritePaths={usual.folder}\n" in unit
    assert f"StateDirectory={Path(str(usual.folder)).name}\n" in unit


def test_the_backup_policy_lies_beside_the_settings(tmp_path: Path) -> None:
    for more, policy in (("", "backup.yaml"), ("backup: {policy: own/b.yaml}", "own/b.yaml")):
        backup = parse_settings(f"collector: https://desk.example\n{more}\n".encode(), tmp_path).settings.backup
        assert backup.policy == f"{tmp_path}/{policy}"


def test_elsewhere_the_executors_socket_lies_in_its_folder(tmp_path: Path) -> None:
    for more, folder in (("state: here", "here-executor"), ("executor: {folder: there}", "there")):
        executor = parse_settings(f"collector: https://desk.example\n{more}\n".encode(), tmp_path).settings.executor
        assert (executor.folder, executor.socket) == (f"{tmp_path}/{folder}", f"{tmp_path}/{folder}/executor.sock")
    named = parse_settings(b"collector: https://desk.example\nexecutor: {socket: s}\n", tmp_path).settings.executor
    assert named.socket == f"{tmp_path}/s"


def test_a_glance_sees_the_state_folder_of_broken_settings(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text("collector: https://c.example\nstate: here\nrubbish: 1\n", encoding="utf-8")
    assert glance(path) == (tmp_path / "here", "https://c.example")
    path.write_text("state: [", encoding="utf-8")
    assert glance(path) == (Path("/var/lib/sitewarden"), "")
