from __future__ import annotations

import pytest

from collector.metrics.policy import PASSED_ON, Answer, Asker, may_read
from collector.serving.listeners import is_loopback

HERE = "http://127.0.0.1:8080"
TOKEN = "t" * 32


def asked(
    peer: str = "127.0.0.1", *, token: str = "", address: str = HERE, host: str = "127.0.0.1:8080", **fields: str
) -> Answer:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    asker = Asker(peer, {"host": host, **named})
    return may_read(asker, token=token, console_address=address, is_here=is_loopback)


@pytest.mark.parametrize(("peer", "host"), [("127.0.0.1", "localhost:8080"), ("::1", "[::1]:8080")])
def test_this_machine_may_read_without_a_token(peer: str, host: str) -> None:
    assert asked(peer, host=host) is Answer.YES


@pytest.mark.parametrize("peer", ["192.0.2.7", "::ffff:192.0.2.7", "", "localhost.evil.example"])
def test_nobody_else_may(peer: str) -> None:
    assert asked(peer) is Answer.NO


@pytest.mark.parametrize("field", PASSED_ON)
def test_what_a_proxy_passes_on_is_not_from_here(field: str) -> None:
    assert asked(**{field.replace("-", "_"): "192.0.2.7"}) is Answer.NO


def test_a_console_that_people_reach_from_elsewhere_has_a_proxy_in_front() -> None:
    assert asked(address="https://desk.example") is Answer.NO
    assert asked(host="desk.example") is Answer.NO
    assert asked(host="") is Answer.NO
    assert asked(host="[broken") is Answer.NO


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (f"Bearer {TOKEN}", Answer.YES),
        (f"Bearer {TOKEN[:-1]}", Answer.TOKEN),
        (TOKEN, Answer.TOKEN),
        ("Bearer ", Answer.TOKEN),
        ("", Answer.TOKEN),
        ("Bearer \u00fc", Answer.TOKEN),
    ],
)
def test_with_a_token_only_the_token_counts(said: str, answer: Answer) -> None:
    assert asked(token=TOKEN, authorization=said) is answer
    assert asked("192.0.2.7", token=TOKEN, address="https://desk.example", authorization=said) is answer
