"""Accounts on a real database: log-in, throttle, links, tokens, disabling."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.auth import service
from collector.auth.errors import AccountRefused, LoginRefused, LoginThrottled
from collector.store.database import Store
from tests.fakes.stores import content_of, made_store

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = made_store(tmp_path / "c.db")
    yield store
    store.close()


@pytest.fixture
def new_secret() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"{next(numbers):032x}"


@pytest.fixture
def jh(store: Store, new_secret: Callable[[], str]) -> str:
    return service.add_user(store, "jh", password=PASSWORD, language="ko", new_secret=new_secret, now=NOW).name


def log_in(
    store: Store, new_secret: Callable[[], str], password: str = PASSWORD, name: str = "jh", **other: object
) -> str:
    given = {"address": "192.0.2.1", "now": NOW, **other}
    return service.log_in(store, name, password, new_secret=new_secret, **given)  # type: ignore[arg-type]


def test_the_right_password_opens_a_session_and_log_out_ends_it(
    store: Store, jh: str, new_secret: Callable[[], str]
) -> None:
    secret = log_in(store, new_secret)
    visitor = service.by_session(store, secret, now=NOW)
    assert visitor is not None
    assert visitor.user.name == jh
    assert service.by_session(store, secret[:-1] + "x", now=NOW) is None
    service.log_out(store, visitor)
    assert service.by_session(store, secret, now=NOW) is None


def test_a_session_ends_by_itself(store: Store, jh: str, new_secret: Callable[[], str]) -> None:
    secret = log_in(store, new_secret)
    assert service.by_session(store, secret, now=NOW + service.SESSION - timedelta(seconds=1)) is not None
    assert service.by_session(store, secret, now=NOW + service.SESSION) is None


def test_composed_and_decomposed_letters_are_one_name_and_one_password(
    store: Store, new_secret: Callable[[], str]
) -> None:
    service.add_user(
        store, "\u1100\u1175\u11b7", password="비밀번호가 아주 깁니다", language="", new_secret=new_secret, now=NOW
    )
    assert log_in(store, new_secret, unicodedata.normalize("NFD", "비밀번호가 아주 깁니다"), "김")


@pytest.mark.parametrize(
    ("name", "password"), [("jh", "wrong"), ("nobody", PASSWORD), ("", ""), ("x" * 5_000, "y"), ("\ud800", "\udfff")]
)
def test_everything_else_is_refused_alike(
    store: Store, jh: str, new_secret: Callable[[], str], name: str, password: str
) -> None:
    with pytest.raises(LoginRefused) as refused:
        log_in(store, new_secret, password, name)
    assert str(refused.value) == ""


@pytest.mark.parametrize("name", ["jh", "nobody"])
def test_failures_cost_waiting_for_any_name_and_time_forgives(
    store: Store, jh: str, new_secret: Callable[[], str], name: str
) -> None:
    for number in range(5):
        with pytest.raises(LoginRefused):
            log_in(store, new_secret, "wrong", name, address=f"192.0.2.{number}")
    with pytest.raises(LoginThrottled) as throttled:
        log_in(store, new_secret, PASSWORD, name, address="192.0.2.99")
    assert throttled.value.wait_s == 1
    later = NOW + timedelta(seconds=1)
    with pytest.raises(LoginRefused):
        log_in(store, new_secret, "wrong", name, now=later)
    with pytest.raises(LoginThrottled) as throttled:
        log_in(store, new_secret, PASSWORD, name, now=later)
    assert throttled.value.wait_s == 2


def test_one_address_with_many_names_waits_too(store: Store, jh: str, new_secret: Callable[[], str]) -> None:
    for number in range(20):
        with pytest.raises(LoginRefused):
            log_in(store, new_secret, "wrong", f"name{number}")
    with pytest.raises(LoginThrottled):
        log_in(store, new_secret)
    assert log_in(store, new_secret, address="198.51.100.7")


def test_tries_at_the_same_time_see_each_other(store: Store, jh: str, new_secret: Callable[[], str]) -> None:
    def attempt(_: int) -> str:
        try:
            return log_in(store, new_secret, "wrong")
        except LoginRefused:
            return "looked at"
        except LoginThrottled:
            return "throttled"

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(attempt, range(10)))
    assert outcomes.count("looked at") == 5
    assert outcomes.count("throttled") == 5


def test_a_success_clears_the_name(store: Store, jh: str, new_secret: Callable[[], str]) -> None:
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(LoginRefused):
                log_in(store, new_secret, "wrong")
        assert log_in(store, new_secret)


def test_a_link_opens_once_and_not_late(store: Store, jh: str, new_secret: Callable[[], str]) -> None:
    link = service.make_login_link(store, jh, new_secret=new_secret, now=NOW)
    late = service.make_login_link(store, jh, new_secret=new_secret, now=NOW)
    assert service.log_in_by_link(store, link, new_secret=new_secret, now=NOW)
    for secret, now in ((link, NOW), (late, NOW + service.LINK), ("0" * 32, NOW)):
        with pytest.raises(LoginRefused):
            service.log_in_by_link(store, secret, new_secret=new_secret, now=now)


def test_disabling_ends_sessions_links_and_tokens_at_once(store: Store, jh: str, new_secret: Callable[[], str]) -> None:
    session = log_in(store, new_secret)
    link = service.make_login_link(store, jh, new_secret=new_secret, now=NOW)
    token = service.make_api_token(store, jh, new_secret=new_secret, now=NOW)
    assert service.by_token(store, token, now=NOW) is not None
    service.disable_user(store, jh, now=NOW)
    assert service.by_session(store, session, now=NOW) is None
    assert service.by_token(store, token, now=NOW) is None
    with pytest.raises(LoginRefused):
        service.log_in_by_link(store, link, new_secret=new_secret, now=NOW)
    with pytest.raises(LoginRefused):
        log_in(store, new_secret)
    with pytest.raises(AccountRefused):
        service.make_api_token(store, jh, new_secret=new_secret, now=NOW)
    service.enable_user(store, jh)
    assert service.by_session(store, session, now=NOW) is None
    assert log_in(store, new_secret)


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "rule", "Rule", "\u202eevil", "x" * 65, "a/b", "<b>"])
def test_names_that_could_mislead_are_refused(store: Store, new_secret: Callable[[], str], name: str) -> None:
    with pytest.raises(AccountRefused):
        service.add_user(store, name, password=None, language="", new_secret=new_secret, now=NOW)


def test_an_account_is_made_once_with_a_language_we_speak(store: Store, jh: str, new_secret: Callable[[], str]) -> None:
    for name, password, language in ((jh, None, ""), ("sy", None, "fr"), ("sy", "short", "")):
        with pytest.raises(AccountRefused):
            service.add_user(store, name, password=password, language=language, new_secret=new_secret, now=NOW)
    assert [user.name for user in service.list_users(store)] == [jh]


def test_no_secret_stands_in_the_database(store: Store, jh: str) -> None:
    secrets = iter(f"5ec2e7{number:026x}" for number in range(20))

    def new_secret() -> str:
        return next(secrets)

    opened = [
        log_in(store, new_secret),
        service.make_login_link(store, jh, new_secret=new_secret, now=NOW),
        service.make_api_token(store, jh, new_secret=new_secret, now=NOW),
    ]
    store.close()
    whole = content_of(store)
    assert [secret for secret in opened if secret.encode() in whole] == []
    assert PASSWORD.encode() not in whole


def test_a_token_ends_by_itself_and_by_its_owner_alone(store: Store, jh: str, new_secret: Callable[[], str]) -> None:
    service.add_user(store, "sy", password=None, language="", new_secret=new_secret, now=NOW)
    token = service.make_api_token(store, jh, new_secret=new_secret, now=NOW, label="nightly")
    (listed,) = service.list_tokens(store, jh, now=NOW)
    assert (listed.label, listed.expires_at) == ("nightly", NOW + service.TOKEN)
    assert service.by_token(store, token, now=NOW + service.TOKEN - timedelta(seconds=1)) is not None
    assert service.by_token(store, token, now=NOW + service.TOKEN) is None
    assert service.list_tokens(store, jh, now=NOW + service.TOKEN) == []
    for name, id_ in (("sy", listed.id), (jh, ""), (jh, listed.id[:5]), (jh, "%" * 12), (jh, "_" * 12)):
        with pytest.raises(AccountRefused):
            service.revoke_token(store, name, id_)
    assert service.by_token(store, token, now=NOW) is not None
    service.revoke_token(store, jh, listed.id)
    assert service.by_token(store, token, now=NOW) is None


def test_a_command_line_logs_in_and_out(store: Store, jh: str, new_secret: Callable[[], str]) -> None:
    user, token = service.log_in_desk(store, jh, PASSWORD, address="10.0.0.1", new_secret=new_secret, now=NOW)
    other = service.make_api_token(store, jh, new_secret=new_secret, now=NOW)
    visitor = service.by_token(store, token, now=NOW)
    assert visitor is not None
    assert (user.name, visitor.until) == (jh, NOW + service.DESK_TOKEN)
    service.end_token(store, visitor)
    assert service.by_token(store, token, now=NOW) is None
    assert service.by_token(store, other, now=NOW) is not None
    with pytest.raises(LoginRefused):
        service.log_in_desk(store, jh, "wrong" * 3, address="10.0.0.1", new_secret=new_secret, now=NOW)


def test_a_token_without_an_end_opens_nothing(store: Store, jh: str, new_secret: Callable[[], str]) -> None:
    token = service.make_api_token(store, jh, new_secret=new_secret, now=NOW)
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE api_token SET expires_at = NULL")
    assert service.by_token(store, token, now=NOW) is None
