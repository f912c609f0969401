"""`user ...` and `ticket ...` as a person types them, on a database of their own."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collector.__main__ import main
from collector.app import now
from collector.auth import service
from collector.store.opening import open_store_in
from tests.fakes.seeded_console import Seeds

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    settings = tmp_path / "collector.yaml"
    settings.write_text("state: state\nconsole_address: https://console.example/\n")
    monkeypatch.setenv("LANGUAGE", "en")

    def go(*words: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["sitewarden-collector", *words, "--settings", str(settings)])
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        try:
            code = main()
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return go


@pytest.fixture
def seeds(tmp_path: Path) -> Seeds:
    store = open_store_in(tmp_path / "state")
    seeds = Seeds(store, now)
    seeds.site()
    return seeds


def answer(run: Run, *words: str, stdin: str = "") -> Any:
    code, out, err = run(*words, "--json", stdin=stdin)
    assert (code, err) == (0, "")
    return json.loads(out)


def test_the_first_user_is_made_and_enters(run: Run, seeds: Seeds) -> None:
    made = answer(
        run,
        "user",
        "add",
        "jh",
        "--password-stdin",
        "--language",
        "ko",
        "--login-link",
        "--api-token",
        stdin="long enough pw\n",
    )
    assert (made["name"], made["language"], made["has_password"]) == ("jh", "ko", True)
    link = made["login_link"].removeprefix("https://console.example/login/")
    assert made["login_link"] != link
    assert service.by_token(seeds.store, made["api_token"], now=now()) is not None
    given: dict[str, Any] = {"new_secret": lambda: "f" * 32, "now": now()}
    assert service.log_in_by_link(seeds.store, link, **given)
    given["new_secret"] = lambda: "e" * 32
    assert service.log_in(seeds.store, "jh", "long enough pw", address="a", **given)


def test_a_user_without_any_way_in_is_not_made(run: Run) -> None:
    code, _, err = run("user", "add", "jh")
    assert code == 2
    assert "--login-link" in err
    assert run("user", "list", "--json")[1] == ""


@pytest.mark.parametrize(
    ("words", "stdin", "part"),
    [
        (("add", "jh", "--password-stdin"), "short\n", "at least 10"),
        (("add", "rule", "--login-link"), "", "machine's own"),
        (("add", "a b", "--login-link"), "", "letters, digits"),
        (("link", "nobody"), "", "no user nobody"),
        (("token", "nobody"), "", "no user nobody"),
        (("disable", "nobody"), "", "no user nobody"),
    ],
)
def test_refusals_say_why(run: Run, words: tuple[str, ...], stdin: str, part: str) -> None:
    code, out, err = run("user", *words, stdin=stdin)
    assert (code, out) == (1, "")
    assert part in err


def test_users_are_disabled_enabled_and_listed(run: Run) -> None:
    answer(run, "user", "add", "jh", "--login-link")
    assert run("user", "add", "jh", "--login-link")[0] == 1
    assert answer(run, "user", "disable", "jh")["disabled_at"]
    code, _, err = run("user", "link", "jh")
    assert code == 1
    assert "disabled" in err
    assert answer(run, "user", "list")["disabled_at"]
    assert answer(run, "user", "enable", "jh")["disabled_at"] is None
    assert answer(run, "user", "link", "jh")["login_link"].startswith("https://console.example/login/")
    assert answer(run, "user", "token", "jh")["api_token"].startswith("sitewarden_")
    assert "jh" in run("user", "list")[1]


def test_a_ticket_goes_through_its_acts(run: Run, seeds: Seeds) -> None:
    number = seeds.ticket(level=1, code="HIS-1")
    seeds.ticket(level=4)
    answer(run, "user", "add", "jh", "--login-link")
    assert [ticket["number"] for ticket in answer(run, "ticket", "list", "--level", "1")["tickets"]] == [number]
    taken = answer(run, "ticket", "acknowledge", number, "--actor", "jh")
    assert (taken["status"], taken["acknowledged_by"]) == ("acknowledged", "jh")
    assert answer(run, "ticket", "assign", number, "jh", "--actor", "sy")["assignee"] == "jh"
    commented = answer(run, "ticket", "comment", number, "called the ward", "--actor", "jh")
    assert commented["timeline"][0]["detail"]["text"] == "called the ward"
    lowered = answer(run, "ticket", "level", number, "2", "--note", "one of twelve", "--actor", "jh")
    assert (lowered["level"], lowered["timeline"][0]["kind"]) == (2, "level_lowered")
    waits = ("--reason", "waiting_customer_info", "--message", "which one?", "--actor", "jh")
    assert answer(run, "ticket", "pause", number, *waits)["status"] == "pending"
    assert answer(run, "ticket", "resume", number, "--actor", "jh")["status"] == "in_progress"
    code, _, err = run("ticket", "excuse", number, "--metric", "resolve", "--reason", "flood", "--actor", "jh")
    assert code == 1
    assert "no such breach" in err
    assert answer(run, "ticket", "resolve", number, "--note", "restarted", "--actor", "jh")["status"] == "resolved"
    assert len(answer(run, "ticket", "list", "--open")["tickets"]) == 1
    assert answer(run, "ticket", "show", number)["status"] == "resolved"


def test_the_shape_is_that_of_the_api(run: Run, seeds: Seeds) -> None:
    number = seeds.ticket()
    shown = answer(run, "ticket", "show", number)
    listed = answer(run, "ticket", "list")["tickets"][0]
    assert {name: value for name, value in shown.items() if name not in {"timeline", "events"}} == listed
    assert shown["opened_at"].endswith("Z")


def test_people_read_the_same_without_being_tricked(run: Run, seeds: Seeds) -> None:
    number = seeds.ticket(title={"en": "Bad \x1b[2J title \u202e"}, event={"text": "line \x1b]0;x\x07"})
    for words in (("list",), ("show", number)):
        code, out, _ = run("ticket", *words)
        assert code == 0
        assert number in out
        assert not {"\x1b", "\u202e", "\x07"} & set(out)


def test_what_cannot_be_done_is_told(run: Run, seeds: Seeds) -> None:
    number = seeds.ticket()
    assert run("ticket", "show", "2020-000001")[0] == 1
    assert run("ticket", "acknowledge", number, "--actor", "rule")[0] == 2
    assert run("ticket", "resolve", number, "--note", "x", "--actor", "jh")[0] == 0
    code, _, err = run("ticket", "acknowledge", number, "--actor", "jh")
    assert code == 1
    assert number in err
    assert run("ticket", "list", "--limit", "0")[0] == 2


def test_tokens_are_listed_and_revoked(run: Run, seeds: Seeds) -> None:
    answer(run, "user", "add", "robot", "--api-token")
    answer(run, "user", "token", "robot", "--days", "7", "--label", "nightly")
    newest, first = answer(run, "user", "tokens", "robot")
    assert (newest["label"], first["label"]) == ("nightly", "")
    assert newest["id"] in run("user", "tokens", "robot")[1]
    assert run("user", "token-revoke", "robot", newest["id"])[0] == 0
    assert run("user", "token-revoke", "robot", newest["id"])[0] != 0
    assert [each["id"] for each in answer(run, "user", "tokens", "robot")] == [first["id"]]
    for days in ("0", "367"):
        assert run("user", "token", "robot", "--days", days)[0] == 2
