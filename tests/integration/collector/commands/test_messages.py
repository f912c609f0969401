"""`recipient`, `webhook` and `message` as a person types them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from collector.__main__ import main
from collector.app import build_parts, now
from collector.notify.delivery import Courier
from collector.notify.model import Channel
from collector.notify.port import Outcome, Verdict
from collector.parts import Parts
from collector.settings.reading import load_settings
from terminal import Terminal
from tests.fakes.receivers import FakeChannel
from tests.fakes.seeded_console import Seeds

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    (tmp_path / "collector.yaml").write_text("state: state\n")
    built = build_parts(load_settings(tmp_path / "collector.yaml", Terminal()))
    Seeds(built.store, now).site("seoul")
    yield built
    built.store.close()


@pytest.fixture
def run(parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("LANGUAGE", "en")

    def go(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(
            "sys.argv", ["sitewarden-collector", *words, "--settings", str(tmp_path / "collector.yaml")]
        )
        monkeypatch.setattr("sys.stdin", io.StringIO())
        try:
            code = main()
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return go


def answer(run: Run, *words: str) -> Any:
    code, out, _ = run(*words, "--json")
    assert code == 0
    return json.loads(out)


def test_a_recipient(run: Run) -> None:
    made = answer(
        run, "recipient", "add", "ward", "--mail", "it@hospital.example", "--kind", "customer", "--site", "seoul",
        "--language", "ko", "--tz", "Asia/Seoul", "--quiet", "22:00-07:00", "--level", "2",
    )  # fmt: skip
    assert (made["kinds"], made["sites"], made["quiet"], made["level"]) == (["customer"], ["seoul"], "22:00-07:00", 2)
    assert answer(run, "recipient", "list")["recipients"] == [made]
    assert "it@hospital.example" in run("recipient", "list")[1]
    assert answer(run, "recipient", "test", "ward")["message"] == 1
    assert run("recipient", "remove", "ward")[:2] == (0, "recipient ward was removed\n")
    assert answer(run, "recipient", "list") == {"recipients": []}


def test_without_a_mail_server_it_is_said(run: Run) -> None:
    code, out, err = run("recipient", "add", "kim", "--mail", "kim@example.com")
    assert (code, out) == (0, "recipient kim was made\n")
    assert "no mail server yet" in err


def test_a_webhook(run: Run) -> None:
    made = answer(run, "webhook", "add", "chat", "--url", "https://chat.example/", "--event", "ticket.opened")
    assert made.pop("secret").startswith("whsec_")
    assert answer(run, "webhook", "list")["webhooks"] == [made]
    assert "ticket.opened" in run("webhook", "list")[1]
    assert "shown only now" in run("webhook", "add", "other", "--url", "https://other.example/")[1]
    assert "on its way" in run("webhook", "test", "chat")[1]
    assert run("webhook", "remove", "chat")[0] == 0


def test_a_recipient_is_changed_where_something_was_said(run: Run) -> None:
    made = answer(
        run, "recipient", "add", "kim", "--mail", "kim@example.com", "--kind", "page", "--site", "seoul",
        "--tz", "Asia/Seoul", "--quiet", "22:00-07:00", "--level", "2", "--language", "ko",
    )  # fmt: skip
    assert answer(run, "recipient", "change", "kim", "--mail", "k@new.example") == {**made, "address": "k@new.example"}
    changed = answer(
        run, "recipient", "change", "kim", "--all-sites", "--quiet", "", "--kind", "digest", "--level", "4"
    )
    assert changed == {**made, "address": "k@new.example", "sites": [], "quiet": None, "kinds": ["digest"], "level": 4}
    assert answer(run, "recipient", "list")["recipients"] == [changed]
    assert run("recipient", "change", "kim", "--tz", "UTC")[:2] == (0, "recipient kim was changed\n")


def test_a_webhook_is_changed_where_something_was_said(run: Run) -> None:
    made = answer(run, "webhook", "add", "chat", "--url", "https://chat.example/", "--event", "ticket.opened")
    del made["secret"]
    changed = answer(run, "webhook", "change", "chat", "--url", "https://chat.example/new")
    assert changed == {**made, "address": "https://chat.example/new"}
    assert answer(run, "webhook", "change", "chat", "--event", "ticket.closed")["events"] == ["ticket.closed"]
    assert answer(run, "webhook", "change", "chat", "--all-events")["events"] == []
    assert run("webhook", "change", "chat", "--all-events")[1] == "webhook chat was changed\n"


def test_a_dead_letter(run: Run, parts: Parts) -> None:
    run("webhook", "add", "chat", "--url", "https://chat.example/")
    run("webhook", "test", "chat")
    channel = FakeChannel([Outcome(Verdict.REFUSED, "answered 400", 400)])
    courier = Courier(parts.store, Channel.WEBHOOK, channel, parts.now, parts.monotonic, parts.new_secret)
    assert courier.deliver()
    assert "chat" in run("message", "list", "--state", "dead", "--to", "chat")[1]
    assert "answered 400" in run("message", "show", "1")[1]
    assert run("message", "resend", "1", "--actor", "kim")[0] == 0
    assert courier.deliver()
    shown = answer(run, "message", "show", "1")
    assert [each["event"] for each in shown["history"]] == ["deliver", "resend", "refuse"]
    assert answer(run, "message", "list", "--state", "sent")["messages"][0]["id"] == 1
    code, _, err = run("message", "resend", "1", "--actor", "kim")
    assert (code, "not a dead letter" in err) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("recipient", "add", "kim", "--mail", "kim"), "no mail address"),
        (("recipient", "change", "kim"), "nothing to change"),
        (("recipient", "change", "kim", "--level", "1"), "no recipient"),
        (("recipient", "change", "kim", "--site", "seoul", "--all-sites"), "not allowed with"),
        (("webhook", "change", "chat"), "nothing to change"),
        (("webhook", "change", "chat", "--all-events"), "no recipient"),
        (("recipient", "add", "kim", "--mail", "k@e.com", "--site", "nowhere"), "no site nowhere"),
        (("recipient", "remove", "kim"), "no recipient or webhook kim"),
        (("webhook", "add", "chat", "--url", "http://chat.example/"), "begins with https://"),
        (("webhook", "test", "chat"), "no recipient or webhook chat"),
        (("message", "show", "7"), "no message 7"),
        (("message", "resend", "7", "--actor", "kim"), "no message 7"),
    ],
)
def test_what_cannot_be_is_said(run: Run, words: tuple[str, ...], said: str) -> None:
    code, out, err = run(*words)
    assert code != 0
    assert out == ""
    assert said in err
