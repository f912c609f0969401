"""From two directories to a patch that a host believes, on the command line."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remediation.patch.bundle import open_bundle
from tests.fakes.made_patch import SPECIFICATION, write_sources

Desk = Callable[..., Any]


@pytest.fixture
def room(tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keys, a repository that waits for signatures, and a built patch."""
    monkeypatch.setattr("os.fsync", lambda _: None)
    for name in ("ada", "online", "bundle", "kim", "lee"):
        assert desk("key", "new", tmp_path / name, "--no-passphrase").code == 0
    others = ["--online-key", tmp_path / "online", "--bundle-key", tmp_path / "bundle", "--threshold", "1"]
    assert desk("repo", "init", tmp_path / "v", "--root-key", tmp_path / "ada", *others).code == 0
    team = ["--key", tmp_path / "kim", "--key", tmp_path / "lee", "--threshold", "2"]
    assert desk("repo", "delegate", tmp_path / "v", "his", *team).code == 0
    assert desk("repo", "sign", tmp_path / "v", "--key", tmp_path / "ada").code == 0
    write_sources(tmp_path)
    ran = build(desk, tmp_path, "his.swpatch")
    assert ran.code == 0, ran.err
    return tmp_path


def build(desk: Desk, room: Path, name: str, *more: object) -> Any:
    trees = ["--old", room / "old", "--new", room / "new"]
    return desk("patch", "build", room / "spec.yaml", *trees, "--out", room / name, *more)


def publish(desk: Desk, room: Path, *more: object) -> Any:
    words = ["patch", "publish", room / "v", room / "his.swpatch", room / "out", "--online-key", room / "online"]
    return desk(*words, *more)


def sign(desk: Desk, room: Path, name: str, file: str = "his.swpatch") -> Any:
    return desk("patch", "sign", room / "v", room / file, "--key", room / name)


def test_two_sign_it_and_a_host_believes_it(room: Path, desk: Desk) -> None:
    assert "nobody has signed" in publish(desk, room).err
    ran = sign(desk, room, "kim")
    assert ran.code == 0, ran.err
    assert "his-2.0: Two" in ran.out, "who signs sees what"
    ran = publish(desk, room)
    assert (ran.code, "1 of 2 signatures" in ran.err, (room / "out").exists()) == (1, True, False)
    assert sign(desk, room, "lee").code == 0
    ran = publish(desk, room, "--bundle-key", room / "bundle", "--json")
    assert ran.code == 0, ran.err
    sealed = json.loads(ran.out)["out"]
    root = room / "out/metadata/1.root.json"
    ran = desk("patch", "verify", sealed, "--root", root)
    assert (ran.code, "vouches" in ran.out, "not for hosts" in ran.out) == (0, True, False), ran.err
    assert json.loads(desk("patch", "verify", sealed, "--root", root, "--json").out)["for_sticks"] is True
    ran = desk("patch", "verify", room / "his.swpatch", "--root", root)
    assert (ran.code, "incomplete" in ran.err) == (1, True), "nobody vouches for what is only built"
    assert sign(desk, room, "ada").code == 1, "ada is not of the product's team"


def test_the_same_id_never_means_another_patch(room: Path, desk: Desk) -> None:
    for name in ("kim", "lee"):
        assert sign(desk, room, name).code == 0
    assert publish(desk, room).code == 0
    (room / "new/etc/app.conf").write_bytes(b"port 3\n")
    assert build(desk, room, "other.swpatch").code == 0
    ran = sign(desk, room, "kim", "other.swpatch")
    assert (ran.code, "a new id" in ran.err) == (1, True)


def test_what_it_says(room: Path, desk: Desk) -> None:
    ran = desk("patch", "inspect", room / "his.swpatch")
    for words in ("1.9 -> 2.0", "2 new, 2 changed, 1 go away", "~ bin/app", "- lib/gone.so", "everything in it can be"):
        assert words in ran.out
    assert "ALTER TABLE" not in ran.out
    assert "ALTER TABLE" in desk("patch", "inspect", "--all", room / "his.swpatch").out
    told = json.loads(desk("patch", "inspect", "--json", room / "his.swpatch").out)
    assert told["irreversible"] == []
    assert told["manifest"]["database"][0]["forward"] == ["ALTER TABLE bills ADD COLUMN note TEXT"]


def test_what_cannot_be_taken_back_is_said_loudly(room: Path, desk: Desk) -> None:
    text = SPECIFICATION.replace("backward: [drop.sql], undoing: backward", "undoing: never")
    (room / "spec.yaml").write_text(text)
    ran = build(desk, room, "never.swpatch")
    assert "CANNOT BE TAKEN BACK: add-column" in ran.err
    assert "CANNOT BE TAKEN BACK: add-column" in desk("patch", "inspect", room / "never.swpatch").out


def test_steps_on_databases_alone_are_a_patch(room: Path, desk: Desk) -> None:
    ran = desk("patch", "build", room / "spec.yaml", "--out", room / "rows.swpatch", "--json")
    assert ran.code == 0, ran.err
    bundle = open_bundle(room / "rows.swpatch")
    assert (bundle.manifest.files, bundle.payload()) == ([], None)


def test_refusals_say_what_to_do_and_leave_nothing(room: Path, desk: Desk) -> None:
    assert (room / "his.swpatch").exists()
    assert "is there already" in build(desk, room, "his.swpatch").err
    assert "belong together" in desk("patch", "build", room / "spec.yaml", "--old", room, "--out", room / "x").err
    (room / "spec.yaml").write_text(SPECIFICATION + "extra: 1\n")
    assert build(desk, room, "x").code == 2
    (room / "spec.yaml").write_text(SPECIFICATION.replace("127.0.0.1", "10.0.0.1"))
    ran = build(desk, room, "x")
    assert (ran.code, "is not on this host" in ran.err) == (1, True)
    (room / "spec.yaml").write_text(SPECIFICATION.replace("add.sql", "lost.sql"))
    assert "lost.sql cannot be read" in build(desk, room, "x").err
    assert sorted(path.name for path in room.glob("x*")) == []
    assert desk("patch", "inspect", room / "spec.yaml").code == 1
    assert desk("patch", "inspect", room / "nowhere").code == 1


def test_it_is_the_same_bytes_elsewhere_and_later(room: Path, desk: Desk, tmp_path: Path) -> None:
    """Another folder, other file times, another umask, another language and time zone, another order on the disk."""
    there = tmp_path / "elsewhere"
    there.mkdir()
    write_sources(there)
    for at, path in enumerate(sorted(there.rglob("*"), reverse=True)):
        os.utime(path, (10**9 + at, 10**9 + at))
    code = "import os,sys; os.umask(0o077); from deploy.desk.__main__ import main; sys.exit(main())"
    words = ["patch", "build", "spec.yaml", "--old", "old", "--new", "new", "--out", "built.swpatch"]
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "ko_KR.UTF-8", "TZ": "Asia/Shanghai", "PYTHONHASHSEED": "7"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[3])
    subprocess.run([sys.executable, "-c", code, *words], cwd=there, env=environment, check=True, capture_output=True)
    assert (there / "built.swpatch").read_bytes() == (room / "his.swpatch").read_bytes()


def test_who_waits_is_told_how_far_it_is(room: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(0, 3)
    monkeypatch.setattr("deploy.desk.commands.patches.monotonic", lambda: float(next(clock)))
    assert "0 MB so far" in build(desk, room, "slow.swpatch").err


@pytest.mark.parametrize("command", ["build", "sign", "verify", "inspect", "publish"])
def test_help_has_examples(desk: Desk, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        desk("patch", command, "--help")
    assert f"sitewarden patch {command}" in capsys.readouterr().out
