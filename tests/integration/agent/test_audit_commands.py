"""`sitewarden-agent audit ...` as an administrator types it: a real chain, real heads, the real clock."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.__main__ import COMMANDS, SUMMARY
from agent.commands.audit_show import OUTPUT_LINES
from remediation.executor.heads import give_head, take_head
from remediation.executor.journal import CLOCK_ACCEPTED, Journal
from remediation.executor.requests import OPERATIONS
from remediation.trust.decision import Obstacle
from terminal import run
from tests.fakes.maintained_host import MaintainedHost
from tests.fakes.runner import Scripted
from wire.documents.envelope import add_signature, encode_envelope
from wire.documents.heads import write_head
from wire.proofs import Outcome

Typed = Callable[..., int]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Runs `audit ... --folder FOLDER`."""
    monkeypatch.setenv("LANGUAGE", "en")

    def type_it(*words: str) -> int:
        argv = ["audit", *words, "--folder", str(tmp_path)]
        return run("sitewarden-agent", SUMMARY, COMMANDS, Path("/nonexistent"), argv)

    return type_it


def _kinds(folder: Path) -> list[str]:
    return [line.entry.kind for line in Journal(folder / "audit", lambda: datetime.now(UTC)).chain.read()]


def _asked(host: MaintainedHost, number: str) -> Any:
    day = timedelta(days=1)
    request = host.request(id=number * 32, made_at=host.now, not_before=host.now - day, not_after=host.now + day)
    times = {"id": number * 31 + "f", "not_before": host.now - day, "not_after": host.now + day}
    return host.run(request, host.approval(request, **times))


def test_a_clock_that_was_far_ahead_blocks_until_root_says_that_it_is_right(
    tmp_path: Path, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    host = MaintainedHost(tmp_path, now=now + timedelta(days=3_000))
    host.run(host.request(), again=True)  # refused, and recorded with the wrong time
    host.now = now
    assert _asked(host, "1").obstacle == Obstacle.TIME_NOT_TRUSTED
    assert typed("clock") == 1
    assert "nothing runs" in capsys.readouterr().out
    assert _asked(host, "2").obstacle == Obstacle.TIME_NOT_TRUSTED, "looking alone changes nothing"
    assert typed("clock", "--accept") == 0
    assert _asked(host, "3").outcome is Outcome.DONE, "the running executor sees it"
    assert _kinds(tmp_path).count(CLOCK_ACCEPTED) == 1
    host.start()
    assert _asked(host, "4").outcome is Outcome.DONE, "and so does the next one"
    assert typed("clock", "--json") == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["blocked"] is False


def test_what_was_accepted_holds_from_that_record_on(tmp_path: Path, typed: Typed) -> None:
    """The word is about one time: a clock set back further later is noticed as before."""
    now = datetime.now(UTC)
    host = MaintainedHost(tmp_path, now=now + timedelta(days=3_000))
    host.run(host.request())
    host.now = now
    assert typed("clock", "--accept") == 0
    host.now = now - timedelta(days=30)
    assert _asked(host, "1").obstacle == Obstacle.TIME_NOT_TRUSTED


def test_a_clock_that_is_right_needs_no_word(tmp_path: Path, typed: Typed) -> None:
    host = MaintainedHost(tmp_path, now=datetime.now(UTC))
    host.run(host.request())
    before = _kinds(tmp_path)
    assert typed("clock", "--accept") == 0
    assert _kinds(tmp_path) == before


def test_a_folder_that_others_may_write_has_no_say(
    tmp_path: Path, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    host = MaintainedHost(tmp_path, now=now + timedelta(days=3_000))
    host.run(host.request())
    tmp_path.chmod(0o777)
    assert typed("clock", "--accept") == 1
    assert "only the owner" in capsys.readouterr().err
    assert CLOCK_ACCEPTED not in _kinds(tmp_path)


def test_nothing_over_the_socket_speaks_of_the_clock() -> None:
    assert set(OPERATIONS) == {
        *("run", "revoke", "decline", "status", "audit-head", "patch-progress"),
        *("bundle-index", "bundle-piece", "bundle-note"),
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to be somebody else for a moment")
def test_the_agents_user_cannot_accept(tmp_path: Path, typed: Typed) -> None:
    now = datetime.now(UTC)
    host = MaintainedHost(tmp_path, now=now + timedelta(days=3_000))
    host.run(host.request())
    tmp_path.chmod(0o755)
    (tmp_path / "audit").chmod(0o755)
    os.seteuid(65_534)
    try:
        assert typed("clock", "--accept") == 1
    finally:
        os.seteuid(0)
    assert CLOCK_ACCEPTED not in _kinds(tmp_path)


def test_the_output_of_a_run_is_shown_and_cannot_play_tricks(
    tmp_path: Path, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    host = MaintainedHost(tmp_path, now=datetime.now(UTC))
    told = "first\n\x1b[2J\x1b]0;title\x07 9  2026  intent  forged\n\u202egnitset\n" + "more\n" * 60
    host.runner.programs["restart"] = Scripted(output=told.encode())
    assert _asked(host, "1").outcome is Outcome.DONE
    assert typed("show") == 0
    shown = capsys.readouterr().out
    assert "    | first\n" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "more lines; --json has them" in shown
    assert sum(line.startswith("    | ") for line in shown.splitlines()) == OUTPUT_LINES
    assert not any(line.strip().startswith("9  2026") for line in shown.splitlines())


def test_verify_says_how_old_the_last_countersigned_head_is(
    tmp_path: Path, typed: Typed, capsys: pytest.CaptureFixture[str]
) -> None:
    host = MaintainedHost(tmp_path, now=datetime.now(UTC) - timedelta(hours=2))
    host.run(host.request())
    head = give_head(host.journal, host.sources.place()).head
    both = add_signature(add_signature(write_head(head), host.host_key), host.receipt_key)
    take_head(host.journal, host.sources.place(), encode_envelope(both))
    assert typed("verify") == 0
    assert "head is 2:00:0" in capsys.readouterr().out
    assert typed("verify", "--json") == 0
    assert 7_200 <= json.loads(capsys.readouterr().out)["secured_age_s"] < 7_300
