"""From log-in to a signed request at the collector, with the desk's real commands and a real console."""

from __future__ import annotations

import io
import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.asking_site import ACTIONS, AskingSite, asking_site
from tests.fakes.seeded_console import PASSWORD
from tests.fakes.vendor import ENGINEER
from wire.documents.envelope import decode_envelope, signers
from wire.documents.model import ActionRequest, read_document
from wire.keys import key_id, public_bytes


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AskingSite]:
    with asking_site(tmp_path_factory.mktemp("asking")) as found:
        yield found


@pytest.fixture
def site(shared: AskingSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AskingSite:
    """One site for all tests here; each has a configuration of its own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return shared


def documents(site: AskingSite) -> int:
    """How many documents wait for hosts."""
    with site.parts.store.reading() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM document").scalar_one())


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


@pytest.fixture
def inside(site: AskingSite, desk: Any, monkeypatch: pytest.MonkeyPatch) -> AskingSite:
    typed(monkeypatch, f"{PASSWORD}\n")
    ran = desk("login", site.url, "--user", "jh", "--password-stdin")
    assert ran.code == 0, ran.err
    return site


def new(site: AskingSite, *more: object) -> list[object]:
    words: list[object] = ["request", "new", "--ticket", site.ticket, "--action", "free-space", "--reason", "disk full"]
    return [*words, "--key", site.key, "--vendor-root", site.root, *more]


def test_a_log_in_is_kept_for_its_owner_alone_and_ends(
    inside: AskingSite, desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config" / "sitewarden" / "login.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PASSWORD not in path.read_text()
    assert json.loads(desk("whoami", "--json").out)["name"] == "jh"
    token = json.loads(path.read_text())["token"]
    assert desk("logout").code == 0
    assert not path.exists()
    assert "not logged in" in desk("whoami").err
    typed(monkeypatch, f"{token}\n")
    again = desk("login", inside.url, "--token-stdin")
    assert again.code == 1
    assert "API token" in again.err
    assert not path.exists()


def test_a_wrong_password_and_an_address_without_tls_are_refused(
    site: AskingSite, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "no such thing\n")
    assert desk("login", site.url, "--user", "jh", "--password-stdin").code == 1
    ran = desk("login", "http://desk.example", "--user", "jh", "--password-stdin")
    assert "https" in ran.err


def test_actions_are_listed_as_the_vendor_signed_them(inside: AskingSite, desk: Any) -> None:
    ran = desk("request", "actions", "--ticket", inside.ticket)
    assert "--vendor-root" in ran.err
    ran = desk("request", "actions", "--ticket", inside.ticket, "--vendor-root", inside.root)
    assert "service=his-lis.service|his-bil.service lines=0..200 unit=NAME" in ran.out, ran.err
    known = json.loads(desk("request", "actions", "--ticket", inside.ticket, "--json").out)
    assert [each["name"] for each in known["actions"]] == ["free-space", "restart-service"]
    assert desk("request", "actions", "--ticket", "1/../../x").code == 1


def test_a_request_is_shown_signed_and_sent(inside: AskingSite, desk: Any, tmp_path: Path) -> None:
    out = tmp_path / "request.json"
    ran = desk(*new(inside, "--yes", "--out", out))
    assert ran.code == 0, ran.err
    assert "runs:     df --output=pcent /" in ran.out
    envelope = decode_envelope(out.read_bytes())
    request = read_document(envelope)
    assert isinstance(request, ActionRequest)
    assert (request.site, request.hosts, request.ticket) == ("daejeon", [inside.host], inside.ticket)
    key = ENGINEER.public_key()
    assert signers(envelope, {key_id(public_bytes(key)): key})
    assert desk("request", "send", out).code == 0
    ran = desk("request", "status", request.id, "--once", "--json")
    said = json.loads(ran.out)
    assert ran.code == 3
    assert [(host["agent"], host["state"]) for host in said["hosts"]] == [(inside.host, "sent")]
    assert desk("request", "status", "f" * 32, "--once").code == 1


def test_a_no_and_what_does_not_fit_sign_nothing(
    inside: AskingSite, desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "request.json"
    typed(monkeypatch, "no\n")
    assert "nothing was signed" in desk(*new(inside, "--out", out)).err
    wrong: list[list[object]] = [
        ["--action", "format-disk"],
        ["--parameter", "x=1"],
        ["--host", "elsewhere"],
        ["--for", "60d"],
        ["--reason", "r" * 501],
    ]
    for words in wrong:
        ran = desk(*new(inside, "--yes", "--out", out, *words))
        assert ran.code == 1, words
        assert ran.err
    assert not out.exists()


def test_a_collector_that_serves_other_actions_gets_no_signature(inside: AskingSite, desk: Any, tmp_path: Path) -> None:
    """A thief replaces the target, then signs the product's role with a key of his own."""
    before, honest = documents(inside), shutil.copytree(inside.vendor.out, tmp_path / "honest")
    served = Path(inside.parts.settings.state) / "vendor" / "targets"
    (target,) = served.glob("*.actions.yaml")
    target.write_text(ACTIONS.replace("[df, --output=pcent, /]", "[rm, -rf, /]"))
    assert desk(*new(inside, "--yes", "--send")).code == 1
    inside.publish()
    inside.vendor.forge("product-his", [ENGINEER])
    inside.publish()
    assert desk(*new(inside, "--yes", "--send")).code == 1
    assert documents(inside) == before
    shutil.rmtree(inside.vendor.out)
    shutil.copytree(honest, inside.vendor.out)
    inside.publish()
    assert desk(*new(inside, "--yes", "--send")).code == 0, "the control: the honest vendor's actions are signed"
    assert documents(inside) == before + 1


def test_without_a_collector_a_published_folder_is_enough(site: AskingSite, desk: Any, tmp_path: Path) -> None:
    out = tmp_path / "request.json"
    words = ["request", "new", "--site", "daejeon", "--host", site.host, "--product", "his", "--action", "free-space"]
    words += ["--reason", "r", "--key", str(site.key), "--repository", str(site.vendor.out), "--yes", "--out", str(out)]
    ran = desk(*words)
    assert ran.code == 0, ran.err
    assert isinstance(read_document(decode_envelope(out.read_bytes())), ActionRequest)
    assert not (tmp_path / "config" / "sitewarden" / "login.json").exists()


def test_a_draft_is_checked_shown_signed_and_sent(inside: AskingSite, desk: Any) -> None:
    draft = a_draft(inside)
    sign: list[object] = ["request", "sign", draft, "--key", inside.key, "--vendor-root", inside.root, "--yes"]
    ran = desk(*sign)
    assert ran.code == 0, ran.err
    said = json.loads(desk("request", "status", draft, "--once", "--json").out)
    assert (said["is_draft"], said["ticket"], said["hosts"][0]["state"]) == (False, inside.ticket, "sent")
    assert "no draft" in desk(*sign).err


def test_a_draft_that_the_vendor_did_not_sign_is_refused(inside: AskingSite, desk: Any) -> None:
    """What is stored at the collector chooses nothing: a thief edits the draft after it was checked."""
    draft, before = a_draft(inside), documents(inside)
    for change in ('"action":"format-disk"', '"action":"free-space","parameters":{"x":"--now"}'):
        with inside.parts.store.writing() as connection:
            body = '{"product":"his",' + change + ',"reason":"r"}'
            connection.exec_driver_sql("UPDATE action_request SET body = ? WHERE id = ?", (body, draft))
        ran = desk("request", "sign", draft, "--key", inside.key, "--vendor-root", inside.root, "--yes")
        assert ran.code == 1
    assert documents(inside) == before


def a_draft(site: AskingSite) -> str:
    from collector.relay.requests.drafts import add_draft

    return add_draft(
        site.parts.store,
        site.ticket,
        vendor=Path(site.parts.settings.state) / "vendor",
        action="free-space",
        parameters={},
        hosts=[site.host],
        reason="the disk",
        actor="jh",
        new_secret=site.parts.new_secret,
        now=site.parts.now(),
    )
