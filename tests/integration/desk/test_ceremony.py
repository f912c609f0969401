"""The ceremony on the command line: signatures one at a time, nothing half signed leaves the folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from remediation.trust.published import folder_fetcher
from remediation.trust.vendor import VendorRepository
from tests.fakes.vendor import ACTIONS, CATALOGUE, ROSTER, a_key
from wire.keys import public_text

Desk = Callable[..., Any]
NAMES = ("ada", "ben", "cho", "dan", "online", "bundle", "team", "team2")


@pytest.fixture
def room(tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with keys, files and a repository that waits for its first signatures."""
    monkeypatch.setattr("os.fsync", lambda _: None)
    for name in NAMES:
        assert desk("key", "new", tmp_path / name, "--no-passphrase").code == 0
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE % ("his", "1"))
    (tmp_path / "actions.yaml").write_text(ACTIONS % ("his", "1"))
    (tmp_path / "roster.yaml").write_text(ROSTER % public_text(a_key(200)))
    roots = [word for name in ("ada", "ben", "cho") for word in ("--root-key", tmp_path / name)]
    others = ["--online-key", tmp_path / "online", "--bundle-key", tmp_path / "bundle"]
    assert desk("repo", "init", tmp_path / "v", *roots, *others).code == 0
    assert desk("repo", "delegate", tmp_path / "v", "his", "--key", tmp_path / "team").code == 0
    for path in ("his/catalogue.yaml", "his/actions.yaml", "roster.yaml"):
        assert desk("repo", "add", tmp_path / "v", path, tmp_path / Path(path).name).code == 0
    return tmp_path


def _sign(desk: Desk, room: Path, *names: str) -> None:
    for name in names:
        ran = desk("repo", "sign", room / "v", "--key", room / name)
        assert ran.code == 0, ran.err


def _publish(desk: Desk, room: Path) -> Any:
    return desk("repo", "publish", room / "v", room / "out", "--online-key", room / "online")


def _a_host(room: Path) -> VendorRepository:
    host = VendorRepository(room / "host", folder_fetcher(room / "out"))
    host.install_root((room / "out/metadata/1.root.json").read_bytes())
    return host


def test_nothing_leaves_before_the_last_signature(room: Path, desk: Desk) -> None:
    for names, missing in (((), 3), (("ada",), 3), (("team",), 2), (("cho",), 0)):
        _sign(desk, room, *names)
        ran = _publish(desk, room)
        assert (ran.code, ran.err.count("signatures; missing")) == (1 if missing else 0, missing)
        assert (room / "out").exists() is not bool(missing)
    host = _a_host(room)
    host.refresh(datetime.now(UTC))
    assert set(host.load(datetime.now(UTC)).actions) == {"his"}


def test_the_status_says_it_as_json(room: Path, desk: Desk) -> None:
    _sign(desk, room, "ada")
    ran = desk("repo", "status", room / "v", "--json")
    told = json.loads(ran.out)
    assert ran.code == 1
    assert len(told["root"]["signed"]) == 1
    assert told["product-his"]["draft"]
    _sign(desk, room, "ben", "team")
    assert desk("repo", "status", room / "v").code == 0


def test_a_key_without_a_part_signs_nothing(room: Path, desk: Desk) -> None:
    for name in ("online", "bundle", "dan"):
        ran = desk("repo", "sign", room / "v", "--key", room / name)
        assert (ran.code, "no draft waits" in ran.err) == (1, True)


def test_a_change_drops_the_signatures_that_it_had(room: Path, desk: Desk) -> None:
    _sign(desk, room, "ada", "ben", "team")
    assert desk("repo", "add", room / "v", "his/notes.txt", room / "roster.yaml").code == 0
    assert _publish(desk, room).err.count("product-his version 1 has 0 of 1") == 1


def test_only_the_named_online_key_publishes(room: Path, desk: Desk) -> None:
    _sign(desk, room, "ada", "ben", "team")
    ran = desk("repo", "publish", room / "v", room / "out", "--online-key", room / "ada")
    assert (ran.code, "not the online key" in ran.err) == (1, True)


def test_what_hosts_would_refuse_is_refused_here(room: Path, desk: Desk) -> None:
    add = ["repo", "add", room / "v"]
    (room / "broken.yaml").write_text("product: his\n")
    assert "broken.yaml:1" in desk(*add, "his/catalogue.yaml", room / "broken.yaml").err
    (room / "other.yaml").write_text(CATALOGUE % ("lis", "1"))
    assert "of the product lis" in desk(*add, "his/catalogue.yaml", room / "other.yaml").err
    assert "nobody speaks for" in desk(*add, "lis/x.txt", room / "broken.yaml").err
    assert desk(*add, "../x", room / "broken.yaml").code == 1
    assert desk("repo", "delegate", room / "v", "H/S", "--key", room / "team").code == 1


def test_an_expired_set_is_not_published(room: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _sign(desk, room, "ada", "ben", "team")
    late = datetime.now(UTC) + timedelta(days=400)
    monkeypatch.setattr("deploy.desk.commands.repository.now", lambda: late)
    ran = _publish(desk, room)
    assert (ran.code, ran.err.count("has expired")) == (1, 2)
    assert desk("repo", "renew", room / "v", "targets").code == 0
    assert desk("repo", "renew", room / "v", "product-his").code == 0
    _sign(desk, room, "ada", "ben", "team")


def test_root_and_product_keys_are_replaced(room: Path, desk: Desk) -> None:
    _sign(desk, room, "ada", "ben", "team")
    assert _publish(desk, room).code == 0
    host = _a_host(room)
    host.refresh(datetime.now(UTC))
    assert desk("repo", "rotate", room / "v", "--remove", room / "ada", "--add", room / "dan").code == 0
    _sign(desk, room, "dan", "cho")
    assert "root version 2 has 1 of 2" in _publish(desk, room).err, "the old root does not know dan"
    _sign(desk, room, "ben")
    assert _publish(desk, room).code == 0
    assert desk("repo", "delegate", room / "v", "his", "--key", room / "team2").code == 0
    _sign(desk, room, "dan", "cho")
    assert desk("repo", "sign", room / "v", "--key", room / "team").code == 1
    _sign(desk, room, "team2")
    assert _publish(desk, room).code == 0
    host.refresh(datetime.now(UTC))
    assert host.root_version() == 2
    assert desk("repo", "rotate", room / "v").code == 2
    assert desk("repo", "withdraw", room / "v", "his").code == 0
    assert desk("repo", "withdraw", room / "v", "his").code == 1


def test_the_bundle_key_alone_makes_bundles(room: Path, desk: Desk) -> None:
    bundle = ["repo", "bundle", room / "v", room / "out", "--key"]
    assert "nothing is published" in desk(*bundle, room / "bundle").err
    _sign(desk, room, "ada", "ben", "team")
    assert _publish(desk, room).code == 0
    assert desk(*bundle, room / "ada").code == 1
    assert not (room / "out/metadata/bundle.json").exists()
    assert desk(*bundle, room / "bundle").code == 0
    assert (room / "out/metadata/bundle.json").exists()


def test_a_folder_is_begun_once(room: Path, desk: Desk) -> None:
    words = ["--root-key", room / "ada", "--root-key", room / "ben", "--online-key", room / "online"]
    assert "holds a repository already" in desk("repo", "init", room / "v", *words).err
    assert desk("repo", "status", room / "nowhere").code == 1
