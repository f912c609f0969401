"""`sitewarden-agent approve`, `decline` and `revoke` as a customer types them, judged by the real decision."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.__main__ import COMMANDS, SUMMARY
from agent.courier.shelf import Shelf
from agent.courier.sorting import Way
from remediation.audit.chain import stored_lines
from remediation.executor.place import PlaceFile, save_place
from remediation.patch.manifest import DatabaseStep, Service, Undoing
from remediation.patch.reading import manifest_bytes
from remediation.trust.decision import Permit, Place, Vendor, judge
from remediation.trust.key_file import write_key_file
from remediation.trust.ledger import Ledger
from remediation.trust.policy_file import read_policy
from remediation.trust.published import folder_fetcher
from remediation.trust.vendor import VendorRepository
from remediation.trust.workshop import Workshop
from terminal import run
from tests.fakes.customer import an_approver, policy_text
from tests.fakes.made_patch import a_manifest
from tests.fakes.vendor import ENGINEER, FakeVendor, a_key
from wire.documents.envelope import Envelope, add_signature, decode_envelope, encode_envelope
from wire.documents.model import ActionRequest, Approval, read_document, write_document
from wire.keys import Ed25519PrivateKey, generate_key, public_text

SITE, HOST = "seoul-hospital", "host-1"
PASSPHRASE = "correct horse"
NOW = datetime.now(UTC)
LOCALE = Path(__file__).parents[3] / "agent/locale"


@dataclass
class Desk:
    """An approver's key file, a host's executor folder with a real vendor repository, and a settings file."""

    folder: Path
    key: Ed25519PrivateKey
    vendor: Vendor

    @property
    def executor(self) -> Path:
        return self.folder / "executor"

    def request(self, name: str = "request.json", *, by: Ed25519PrivateKey = ENGINEER, **change: Any) -> Path:
        values: dict[str, Any] = {
            "id": "1" * 32,
            "site": SITE,
            "hosts": [HOST],
            "made_at": NOW,
            "not_before": NOW - timedelta(hours=1),
            "not_after": NOW + timedelta(hours=1),
            "product": "his",
            "action": "restart-service",
            "actions_digest": self.vendor.actions["his"][0],
            "reason": "it hangs",
        }
        path = self.folder / name
        path.write_bytes(encode_envelope(add_signature(write_document(ActionRequest(**values | change)), by)))
        return path

    def judged(self, request: Path, *approvals: Envelope) -> object:
        ledger = Ledger(self.executor)
        return judge(
            decode_envelope(request.read_bytes()),
            approvals,
            place=Place(SITE, HOST, datetime.now(UTC)),
            vendor=self.vendor,
            policy=read_policy((self.executor / "policy.yaml").read_bytes()),
            revoked=ledger.revoked(),
            declined=ledger.declined(),
            uses=ledger.uses(),
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    published = FakeVendor(tmp_path / "vendor-desk", now=NOW)
    published.publish()
    executor = tmp_path / "executor"
    (tmp_path / "state").mkdir()
    repository = VendorRepository(executor / "vendor", folder_fetcher(published.out))
    repository.install_root(published.root())
    repository.refresh(NOW)
    key = generate_key()
    write_key_file(tmp_path / "kim.key", key, passphrase=PASSPHRASE, salt=bytes(16))
    (executor / "policy.yaml").write_text(policy_text(an_approver("Kim", key)))
    text = public_text(generate_key())
    save_place(executor, PlaceFile(site=SITE, host=HOST, host_key=text, receipt_key=text))
    settings = tmp_path / "agent.yaml"
    settings.write_text("collector: https://collector.example\nstate: state\nexecutor: {folder: executor}\n")
    return Desk(tmp_path, key, repository.load(NOW))


Typed = Callable[..., int]


@pytest.fixture
def typed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Typed:
    monkeypatch.setenv("LANGUAGE", "en")

    def type_it(*words: object, stdin: str = "", host: bool = True, locale: Path = Path("/nonexistent")) -> int:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        settings = desk.folder / ("agent.yaml" if host else "none.yaml")
        argv = [str(word) for word in (words[0], "--settings", settings, *words[1:])]
        return run("sitewarden-agent", SUMMARY, COMMANDS, locale, argv)

    return type_it


def _signing(desk: Desk) -> list[object]:
    return ["--key", desk.folder / "kim.key", "--passphrase-stdin", "--yes"]


def _approval_in(path: Path) -> Approval:
    document = read_document(decode_envelope(path.read_bytes()))
    assert isinstance(document, Approval)
    return document


def test_an_approval_from_the_command_line_is_permitted(
    desk: Desk, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    request, out = desk.request(), desk.folder / "approval.json"
    assert typed("approve", request, *_signing(desk), "--out", out, stdin=f"{PASSPHRASE}\n") == 0
    told = capsys.readouterr().out
    assert "asked by:   Lee, an engineer of the vendor" in told
    assert "action:     Restart (his/restart-service)" in told
    assert "risk:       low" in told
    assert not isinstance(desk.judged(request), Permit)
    assert isinstance(desk.judged(request, decode_envelope(out.read_bytes())), Permit)
    approval = _approval_in(out)
    assert (approval.approver, approval.uses, approval.hosts) == ("Kim", 1, [HOST])
    assert approval.not_after == NOW + timedelta(hours=1)


def test_without_a_file_it_lies_beside_its_request_for_the_agent(desk: Desk, typed: Typed) -> None:
    assert typed("approve", desk.request(), *_signing(desk), stdin=f"{PASSPHRASE}\n") == 0
    documents = Shelf(desk.folder / "state").documents()
    assert [document.way for document in documents] == [Way.APPROVAL]
    assert documents[0].about == decode_envelope(desk.request().read_bytes()).digest


def test_a_waiting_request_is_named_by_its_digest(desk: Desk, typed: Typed) -> None:
    waiting = desk.folder / "state/documents"
    waiting.mkdir()
    request = desk.request()
    (waiting / "x.json").write_bytes(request.read_bytes())
    digest, out = decode_envelope(request.read_bytes()).digest, desk.folder / "out.json"
    assert typed("approve", digest[:8], *_signing(desk), "--out", out, stdin=f"{PASSPHRASE}\n") == 0
    assert _approval_in(out).approves == digest
    assert typed("approve", "f" * 64, *_signing(desk), "--out", out, stdin=f"{PASSPHRASE}\n") == 1


@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("예\n", 0), ("no\n", 1), ("\n", 1), ("", 1)])
def test_only_a_yes_is_a_yes(desk: Desk, typed: Typed, answer: str, code: int) -> None:
    plain = desk.folder / "plain.key"
    write_key_file(plain, desk.key, passphrase=None, salt=bytes(16))
    out = desk.folder / "out.json"
    assert typed("approve", desk.request(), "--key", plain, "--out", out, stdin=answer) == code
    assert out.exists() is (code == 0)


@pytest.mark.parametrize(
    "words",
    [
        ["--hours", "0"],
        ["--uses", "0"],
        ["--uses", "101"],
        ["--host", "host-2"],
        ["--as", "Kim\u202e"],
        ["--key", "/nonexistent"],
    ],
)
def test_what_cannot_be_approved_so(desk: Desk, typed: Typed, words: list[str]) -> None:
    out = desk.folder / "out.json"
    code = typed("approve", desk.request(), *_signing(desk), "--out", out, *words, stdin=f"{PASSPHRASE}\n")
    assert code in {1, 2}
    assert not out.exists()


def test_a_wrong_passphrase_signs_nothing(desk: Desk, typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    out = desk.folder / "out.json"
    assert typed("approve", desk.request(), *_signing(desk), "--out", out, stdin="wrong guess\n") == 1
    assert "passphrase" in capsys.readouterr().err
    assert not out.exists()


def test_a_request_that_no_host_would_take_is_refused_before_the_key_is_opened(
    desk: Desk, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = {
        "no engineer of the vendor": desk.request("a.json", by=generate_key()),
        "another version": desk.request("b.json", actions_digest="0" * 64),
        "cannot be seen": desk.request("c.json", hosts=[HOST], ticket="T\u202e1"),
        "no signed document": desk.folder / "kim.key",
        "cannot be read": desk.folder / "gone.json",
    }
    for why, path in cases.items():
        assert typed("approve", path, "--key", "/nonexistent", "--yes") in {1, 2}
        assert why in capsys.readouterr().err


def test_foreign_text_cannot_draw_lines(desk: Desk, typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    request = desk.request(reason="harmless\nrisk:       low\x1b[2J\u202e")
    typed("approve", request, "--key", "/nonexistent", stdin="no\n")
    told = capsys.readouterr().out
    assert "harmless\\nrisk:" in told
    assert "\x1b" not in told
    assert "\u202e" not in told


def test_an_approver_may_sign_on_any_machine(desk: Desk, typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    out = desk.folder / "out.json"
    signing = [*_signing(desk), "--as", "Kim"]
    assert typed("approve", desk.request(), *signing, "--out", out, stdin=f"{PASSPHRASE}\n", host=False) == 0
    assert "no roster" in capsys.readouterr().out
    assert isinstance(desk.judged(desk.request(), decode_envelope(out.read_bytes())), Permit)
    assert typed("approve", desk.request(), *signing, stdin=f"{PASSPHRASE}\n", host=False) == 2
    assert typed("approve", desk.request(), *_signing(desk), "--out", out, stdin=f"{PASSPHRASE}\n", host=False) == 2


def test_a_declined_request_never_runs(desk: Desk, typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    request, out = desk.request(), desk.folder / "approval.json"
    typed("approve", request, *_signing(desk), "--out", out, stdin=f"{PASSPHRASE}\n")
    approval = decode_envelope(out.read_bytes())
    assert isinstance(desk.judged(request, approval), Permit)
    assert typed("decline", request, *_signing(desk), "--json", stdin=f"{PASSPHRASE}\n") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["approver"] == "Kim"
    assert not isinstance(desk.judged(request, approval), Permit)
    assert any(b'"stopped"' in raw for raw in stored_lines(desk.executor / "audit"))


def test_a_revoked_approval_never_counts(desk: Desk, typed: Typed) -> None:
    request, out = desk.request(), desk.folder / "approval.json"
    typed("approve", request, *_signing(desk), "--out", out, stdin=f"{PASSPHRASE}\n")
    approval = decode_envelope(out.read_bytes())
    name = _approval_in(out).id
    assert typed("revoke", name, stdin="no\n") == 1
    assert isinstance(desk.judged(request, approval), Permit)
    assert typed("revoke", name, "--yes", "--out", desk.folder / "r.json") == 0
    assert not isinstance(desk.judged(request, approval), Permit)
    assert (desk.folder / "r.json").exists()
    assert typed("revoke", "short", "--yes") == 2


def test_in_the_readers_language(
    desk: Desk, typed: Typed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for language, title in (("ko", "다시 시작"), ("zh_CN", "重启")):
        monkeypatch.setenv("LANGUAGE", language)
        typed("approve", desk.request(), "--key", "/nonexistent", stdin="no\n", locale=LOCALE)
        assert title in capsys.readouterr().out


ACTIONS = """product: his
version: "2.0"
actions:
  - name: apply-patch
    title: {en: Apply a patch}
    risk: high
    parameters: {patch: {kind: name}, digest: {kind: name}}
    patch: {}
"""


def _publish_patch(desk: Desk) -> str:
    step = DatabaseStep(name="drop", engine="sqlite", database="his", forward=["DROP TABLE old"], undoing=Undoing.NEVER)
    raw = manifest_bytes(a_manifest(database=[step], services=[Service(name="his", unit="his.service")]))
    shop = Workshop(desk.folder / "vendor-desk/workshop", NOW)
    shop.add("his/actions.yaml", ACTIONS.encode())
    shop.add("his/patches/his-2.0.json", raw)
    for number in (1, 2, 30):
        shop.sign(a_key(number))
    shop.publish(desk.folder / "vendor-desk/published", a_key(10))
    repository = VendorRepository(desk.executor / "vendor", folder_fetcher(desk.folder / "vendor-desk/published"))
    repository.refresh(NOW)
    desk.vendor = repository.load(NOW)
    return hashlib.sha256(raw).hexdigest()


def test_a_patch_is_shown_before_anybody_says_yes(desk: Desk, typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    digest = _publish_patch(desk)
    request = desk.request(action="apply-patch", parameters={"patch": "his-2.0", "digest": digest})
    out = desk.folder / "out.json"
    assert typed("approve", request, *_signing(desk), "--out", out, stdin=f"{PASSPHRASE}\n") == 0
    told = capsys.readouterr().out
    for words in (
        "patch:    his-2.0: Two",
        "versions: 1.9 -> 2.0",
        "files:    0 new, 1 changed, 0 go away",
        "100 bytes packed, 2 on the disk",
        "database: drop on his (sqlite): 1 statements, IRREVERSIBLE: nobody can take it back",
        "stops:    his.service",
        "CANNOT BE TAKEN BACK: drop",
        "rehearsed:  never",
    ):
        assert words in told
    assert typed("approve", request, *_signing(desk), "--json", "--out", out, stdin=f"{PASSPHRASE}\n") == 0
    asked = json.loads(capsys.readouterr().out)["request"]["patch"]
    assert (asked["digest"], asked["irreversible"], asked["manifest"]["to_version"]) == (digest, ["drop"], "2.0")


def test_a_patch_that_nobody_here_has_seen_is_not_approved(
    desk: Desk, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = _publish_patch(desk)
    out = desk.folder / "out.json"
    for parameters in ({"patch": "his-2.0", "digest": "0" * 64}, {"patch": "his-9", "digest": digest}):
        request = desk.request(action="apply-patch", parameters=parameters)
        assert typed("approve", request, *_signing(desk), "--out", out, stdin=f"{PASSPHRASE}\n") == 1
        told = capsys.readouterr()
        assert "NOT KNOWN HERE" in told.out
        assert "unseen" in told.err
        assert not out.exists()
        assert typed("decline", request, *_signing(desk), "--out", out, stdin=f"{PASSPHRASE}\n") == 0
        out.unlink()
