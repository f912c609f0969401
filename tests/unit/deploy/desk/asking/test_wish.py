from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.desk.asking.wish import Wish, WishRefused, as_parameters, as_request, as_span, checked_action, hosts_named
from remediation.trust.targets import read_actions
from tests.fakes.asking_site import ACTIONS

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
OFFERED = {"his": ("0" * 64, read_actions(ACTIONS.encode()))}
FITTING = {"service": "his-lis.service", "lines": "5", "unit": "a"}


def a_wish(**change: Any) -> Wish:
    values: dict[str, Any] = {
        "site": "seoul", "hosts": ["a1"], "product": "his", "action": "restart-service", "parameters": FITTING,
        "reason": "r",
    }  # fmt: skip
    return Wish(**values | change)


@pytest.mark.parametrize(("text", "span"), [("30m", 0.5), ("2h", 2), ("3d", 72), ("30d", 720), ("1m", 1 / 60)])
def test_lengths_of_time(text: str, span: float) -> None:
    assert as_span(text) == timedelta(hours=span)


@pytest.mark.parametrize("text", ["", "2", "0h", "-1h", "31d", "1w", "2 h", "99999h", "2h\n"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(WishRefused):
        as_span(text)


def test_parameters_as_typed() -> None:
    assert as_parameters(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    for wrong in (["a"], ["=1"], ["a=1", "a=2"]):
        with pytest.raises(WishRefused):
            as_parameters(wrong)


def test_hosts_by_name_or_id() -> None:
    known = {"a1": "his-1", "a2": "his-2", "a3": "his-2"}
    assert hosts_named(["his-1", "a2"], known, []) == ["a1", "a2"]
    assert hosts_named([], known, ["a2"]) == ["a2"]
    assert hosts_named([], {"a1": "his-1"}, []) == ["a1"]
    for names in (["his-2"], ["elsewhere"], []):
        with pytest.raises(WishRefused):
            hosts_named(names, known, [])


def test_what_fits_the_signed_actions_becomes_a_request() -> None:
    wish = a_wish()
    digest, action = checked_action(wish, OFFERED)
    request = as_request(wish, digest, id_="b" * 32, now=NOW, span=timedelta(hours=2))
    assert action.run is not None
    assert action.run.argv == ["systemctl", "restart", "{service}"]
    assert (request.actions_digest, request.parameters) == ("0" * 64, FITTING)
    assert request.not_after - request.not_before == timedelta(hours=2)


@pytest.mark.parametrize(
    "change",
    [
        {"product": "other"},
        {"action": "format-disk"},
        {"parameters": {}},
        {"parameters": FITTING | {"more": "1"}},
        {"parameters": FITTING | {"service": "sshd.service"}},
        {"parameters": FITTING | {"lines": "201"}},
        {"parameters": FITTING | {"unit": "--now"}},
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(WishRefused):
        checked_action(a_wish(**change), OFFERED)


@pytest.mark.parametrize("change", [{"hosts": []}, {"reason": ""}, {"reason": "r" * 501}, {"ticket": "t" * 33}])
def test_what_no_host_would_read_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(WishRefused):
        as_request(a_wish(**change), "0" * 64, id_="b" * 32, now=NOW, span=timedelta(hours=2))
