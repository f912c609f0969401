from __future__ import annotations

from pathlib import Path

import pytest

from agent.health.probe import ProbeFailed
from agent.health.probes.databases import Answers, Database, Login, Unanswered, read_login
from agent.settings.probes import DatabaseCheck
from tests.builders import NOW
from tests.fakes.probes import bad, readings

CHECK = DatabaseCheck(name="his", lag_s=60, transaction_s=600, size_bytes=1_000)


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        (Answers(5, 100), []),
        (Answers(95, 100), ["HOST-DBS-0004"]),
        (Answers(5, 100, lag_s=61), ["HOST-DBS-0002"]),
        (Answers(5, 100, lag_s=59, transaction_s=599, size_bytes=999), []),
        (Answers(5, 100, transaction_s=600), ["HOST-DBS-0003"]),
        (Answers(5, 100, size_bytes=1_000), ["HOST-DBS-0005"]),
        (Answers(5, 100, replication="the link is down"), ["HOST-DBS-0002"]),
        (Answers(0, 0), []),
    ],
)
def test_what_answers_mean(answers: Answers, codes: list[str]) -> None:
    probe = Database("postgresql", CHECK, lambda *_: answers)
    assert bad(probe, NOW) == [(code, "his") for code in codes]


def test_connections_are_forecast_too() -> None:
    found = readings(Database("redis", CHECK, lambda *_: Answers(50, 100)), NOW)
    assert [(item.value, item.forecast) for item in found if item.forecast] == [(50, "HOST-DBS-FORECAST")]


def test_a_server_that_does_not_answer() -> None:
    def ask(check: DatabaseCheck, login: Login) -> Answers:
        raise Unanswered("no route")

    found = readings(Database("mariadb", CHECK, ask), NOW)
    assert [(item.code, item.value, item.text) for item in found] == [("HOST-DBS-0001", 1, "mariadb his: no route")]


def test_credentials(tmp_path: Path) -> None:
    path = tmp_path / "login"
    path.write_text("watcher\np4ss: 한글\n")
    path.chmod(0o600)
    assert read_login(str(path)) == Login("watcher", "p4ss: 한글")
    assert read_login(None) == Login()
    path.write_text("watcher")
    assert read_login(str(path)) == Login("watcher", "")
    path.write_text("\n\n")
    with pytest.raises(ProbeFailed, match="line 1"):
        read_login(str(path))
    with pytest.raises(FileNotFoundError):
        read_login(str(tmp_path / "missing"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_credentials_that_others_may_read_are_not_used(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "login"
    path.write_text("watcher\nsecret\n")
    path.chmod(mode)
    with pytest.raises(ProbeFailed, match="chmod 600") as refused:
        read_login(str(path))
    assert "secret" not in str(refused.value)
