"""`sitewarden-agent policy ...` as an administrator types it: real files, real audit chain."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from agent.__main__ import COMMANDS, SUMMARY
from remediation.audit.chain import stored_lines
from remediation.audit.lines import read_line
from remediation.executor.place import PlaceFile, save_place
from remediation.trust.policy_file import read_policy
from remediation.trust.policy_text import TEMPLATE
from terminal import run
from tests.fakes.authenticator import Authenticator
from wire.keys import generate_key, public_text

KIM, LEE = public_text(generate_key()), public_text(generate_key())
Typed = Callable[..., int]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Runs `policy ... --folder FOLDER`."""
    monkeypatch.setenv("LANGUAGE", "en")

    def type_it(*words: str) -> int:
        argv = ["policy", *words, "--folder", str(tmp_path)]
        return run("sitewarden-agent", SUMMARY, COMMANDS, Path("/nonexistent"), argv)

    return type_it


def _records(folder: Path) -> list[dict[str, str]]:
    lines = [line for raw in stored_lines(folder / "audit") if (line := read_line(raw))]
    return [line.entry.body for line in lines if line.entry.kind == "policy_changed"]


def test_a_first_policy_allows_nothing_and_is_never_replaced(
    tmp_path: Path, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed("init", "--site", "seoul-hospital", "--zone", "Asia/Seoul") == 0
    text = (tmp_path / "policy.yaml").read_text()
    assert read_policy(text).approvers == []
    assert (tmp_path / "policy.yaml").stat().st_mode & 0o777 == 0o600
    assert typed("init", "--site", "other") == 1
    assert (tmp_path / "policy.yaml").read_text() == text
    assert "never replaced" in capsys.readouterr().err
    assert [body["change"] for body in _records(tmp_path)] == ["init"]


def test_the_site_comes_from_the_enrolment(tmp_path: Path, typed: Typed) -> None:
    assert typed("init") == 2
    save_place(tmp_path, PlaceFile(site="busan", host="h1", host_key=KIM, receipt_key=LEE))
    assert typed("init") == 0
    assert read_policy((tmp_path / "policy.yaml").read_text()).site == "busan"
    assert typed("init", "--zone", "Nowhere") == 1


def test_a_zone_that_is_none_is_refused(tmp_path: Path, typed: Typed) -> None:
    assert typed("init", "--site", "s", "--zone", "Nowhere") == 2
    assert list(tmp_path.iterdir()) == []


def test_people_are_added_and_removed_at_once_and_it_is_recorded(
    tmp_path: Path, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    typed("init", "--site", "s")
    (tmp_path / "lee.pub").write_text(LEE + "\n")
    assert typed("approver", "add", "Kim", "--key", KIM) == 0
    assert (
        typed("approver", "add", "Lee", "--key", str(tmp_path / "lee.pub"), "--action", "shop/*", "--risk", "high") == 0
    )
    text = (tmp_path / "policy.yaml").read_text()
    lee = read_policy(text).approvers[1]
    assert (lee.keys, lee.actions, lee.risks) == ([LEE], ["shop/*"], ["high"])
    assert all(line in text for line in TEMPLATE.splitlines() if line.startswith("#") and "{" not in line)
    assert typed("approver", "remove", "Kim") == 0
    assert [one.name for one in read_policy((tmp_path / "policy.yaml").read_text()).approvers] == ["Lee"]
    assert typed("approver", "remove", "Kim") == 1
    bodies = _records(tmp_path)
    assert [body["change"] for body in bodies] == ["init", "approver_added", "approver_added", "approver_removed"]
    assert all(earlier["after"] == later["before"] for earlier, later in pairwise(bodies))
    assert "no approver Kim" in capsys.readouterr().err


def test_a_passkey_is_added(tmp_path: Path, typed: Typed) -> None:
    passkey = Authenticator()
    parts = [base64.b64encode(raw).decode() for raw in (passkey.credential_id, passkey.cose_key)]
    typed("init", "--site", "s")
    assert typed("approver", "add", "Kim", "--passkey", *parts, "portal.example", "https://portal.example") == 0
    assert typed("approver", "add", "Lee", "--passkey", *parts, "portal.example", "https://portal.example") == 2
    assert len(read_policy((tmp_path / "policy.yaml").read_text()).approvers) == 1


@pytest.mark.parametrize(
    "words",
    [["Kim"], ["Kim", "--key", "AAAA"], ["K\u202ei", "--key", KIM], ["Kim", "--key", KIM, "--action", "all"]],
)
def test_who_cannot_be_added_changes_nothing(tmp_path: Path, typed: Typed, words: list[str]) -> None:
    typed("init", "--site", "s")
    before = (tmp_path / "policy.yaml").read_text()
    assert typed("approver", "add", *words) == 2
    assert (tmp_path / "policy.yaml").read_text() == before
    assert len(_records(tmp_path)) == 1


def test_removing_works_although_it_cannot_be_recorded(tmp_path: Path, typed: Typed) -> None:
    typed("init", "--site", "s")
    typed("approver", "add", "Kim", "--key", KIM)
    audit = tmp_path / "audit"
    audit.rename(tmp_path / "moved")
    audit.write_text("in the way")
    before = (tmp_path / "policy.yaml").read_text()
    assert typed("approver", "add", "Lee", "--key", LEE) == 1
    assert (tmp_path / "policy.yaml").read_text() == before  # what cannot be recorded does not come to hold
    assert typed("approver", "remove", "Kim") == 1
    assert read_policy((tmp_path / "policy.yaml").read_text()).approvers == []


def test_check_and_show(tmp_path: Path, typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("check") == 2
    typed("init", "--site", "s")
    typed("approver", "add", "Kim", "--key", KIM)
    capsys.readouterr()
    assert typed("check") == 0
    told = capsys.readouterr()
    assert "1 people may approve" in told.out
    assert "high risk" in told.err
    assert typed("show") == 0
    assert "approver: Kim, for *, risks low, medium" in capsys.readouterr().out
    assert typed("show", "--json") == 0
    assert json.loads(capsys.readouterr().out)["approvers"][0]["keys"] == [KIM]


def test_check_refuses_what_the_executor_would_not_take(
    tmp_path: Path, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    typed("init", "--site", "s")
    path = tmp_path / "policy.yaml"
    path.chmod(0o666)
    assert typed("check") == 1
    path.chmod(0o600)
    save_place(tmp_path, PlaceFile(site="busan", host="h1", host_key=KIM, receipt_key=LEE))
    assert typed("check") == 1
    path.write_text("version: 1\nsite: s\nsurprise: 1\n")
    capsys.readouterr()
    assert typed("check") == 2
    assert f"{path}:3:1: surprise is not known here" in capsys.readouterr().err
