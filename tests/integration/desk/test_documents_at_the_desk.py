"""Keys and documents on the command line: made, shown, signed, checked; nothing needs a collector."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.documents import KIM, LEE, a_request
from wire.documents.envelope import add_signature, encode_envelope
from wire.documents.model import write_document
from wire.keys import key_id, public_bytes, public_text

Desk = Callable[..., Any]


@pytest.fixture
def keys(tmp_path: Path, desk: Desk) -> list[Path]:
    """Two key files without a passphrase."""
    paths = [tmp_path / "kim.key", tmp_path / "lee.key"]
    for path in paths:
        assert desk("key", "new", path, "--no-passphrase").code == 0
    return paths


@pytest.fixture
def body(tmp_path: Path) -> Path:
    path = tmp_path / "body.json"
    path.write_bytes(write_document(a_request(reason="line one\nline two \u202e txet")).payload)
    return path


def test_two_sign_one_after_the_other_and_both_are_checked(
    tmp_path: Path, desk: Desk, keys: list[Path], body: Path
) -> None:
    signed = tmp_path / "restart.json"
    assert desk("sign", "--key", keys[0], "--kind", "request", body, "--out", signed).code == 0
    both = ["verify", "--key", f"{keys[0]}.pub", "--key", f"{keys[1]}.pub", signed]
    lacking = desk(*both)
    assert (lacking.code, lacking.out.count("NO VALID SIGNATURE")) == (1, 1)
    assert desk("sign", "--key", keys[1], signed).code == 0
    assert desk(*both).code == 0
    told = json.loads(desk(*both, "--json").out)
    assert (len(told["valid"]), told["missing"]) == (2, [])
    signed.write_bytes(signed.read_bytes().replace(b'"payload":"', b'"payload":"IC'))
    assert desk(*both).code != 0


def test_inspecting_shows_everything_and_lets_nothing_be_drawn(tmp_path: Path, desk: Desk, body: Path) -> None:
    path = tmp_path / "restart.json"
    document = a_request(reason="ok\nfor:      busan\u202e\x1b[2J", site="seoul")
    path.write_bytes(encode_envelope(add_signature(write_document(document), KIM)))
    shown = desk("inspect", path)
    assert shown.code == 0
    assert "restart-service of his" in shown.out
    assert "seoul: " + "cd" * 16 in shown.out
    assert "(4:00:00)" in shown.out
    assert key_id(public_bytes(KIM)) in shown.out
    assert [line for line in shown.out.splitlines() if line.startswith("for:")] == [f"for:      seoul: {'cd' * 16}"]
    assert "\u202e" not in shown.out
    assert "\x1b" not in shown.out
    told = json.loads(desk("inspect", path, "--json").out)
    assert (told["document"]["action"], told["signatures"]) == ("restart-service", [key_id(public_bytes(KIM))])


def test_an_unknown_kind_is_neither_shown_nor_signed(tmp_path: Path, desk: Desk, keys: list[Path]) -> None:
    path = tmp_path / "strange.json"
    path.write_bytes(encode_envelope(write_document(a_request())).replace(b".v1+json", b".v2+json"))
    before = path.read_bytes()
    for words in (("inspect", path), ("sign", "--key", keys[0], path), ("verify", "--key", public_text(LEE), path)):
        refused = desk(*words)
        assert refused.code == 1
        assert "unknown kind or version" in refused.err
    assert path.read_bytes() == before


def test_no_document_is_bad_input(tmp_path: Path, desk: Desk) -> None:
    (tmp_path / "x").write_bytes(b"{}")
    assert desk("inspect", tmp_path / "x").code == 2
    assert desk("inspect", tmp_path / "absent").code == 2
    (tmp_path / "big").write_bytes(b" " * 1_000_001)
    assert "1000000" in desk("inspect", tmp_path / "big").err


def test_a_passphrase_is_asked_and_has_to_be_right(
    tmp_path: Path, desk: Desk, body: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, words = tmp_path / "kim.key", ["key", "new", tmp_path / "kim.key", "--passphrase-stdin"]
    monkeypatch.setattr("sys.stdin", io.StringIO("open the gate\n"))
    assert desk(*words).code == 0
    sign = ["sign", "--key", path, "--passphrase-stdin", "--kind", "request", body, "--out", tmp_path / "out.json"]
    monkeypatch.setattr("sys.stdin", io.StringIO("open the door\n"))
    refused = desk(*sign)
    assert (refused.code, (tmp_path / "out.json").exists()) == (1, False)
    assert "wrong" in refused.err
    monkeypatch.setattr("sys.stdin", io.StringIO("open the gate\n"))
    assert desk(*sign).code == 0


def test_a_passphrase_is_typed_twice(tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["open the gate", "open the date"])
    monkeypatch.setattr("deploy.desk.commands.key_new.type_passphrase", lambda _: next(typed))
    assert desk("key", "new", tmp_path / "kim.key").code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_shown_without_its_passphrase(tmp_path: Path, desk: Desk, keys: list[Path]) -> None:
    told = json.loads(desk("key", "show", keys[0], "--json").out)
    assert told["public"] == Path(f"{keys[0]}.pub").read_text().strip()
    assert told["id"] in desk("key", "show", f"{keys[0]}.pub").out
    assert desk("key", "new", keys[0], "--no-passphrase").code == 1
    assert desk("key", "show", tmp_path / "absent").code == 1
