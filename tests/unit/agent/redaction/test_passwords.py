"""Secrets by their name: every shape hides the value and nothing else."""

from __future__ import annotations

import pytest

from agent.redaction.passwords import Password, names_secret


def hidden(text: str) -> list[str]:
    return sorted({text[found.start : found.end] for found in Password().find(text)})


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password=hunter2", "hunter2"),
        ("PASSWORD = hunter2, user=kim", "hunter2"),
        ("passwd=a,b;user=kim", "a,b"),
        ("pwd=a&b=c", "a"),
        ('"password": "two words"', "two words"),
        ("'passwd':'it''s'", "it"),
        (r'"password":"pa\"ss","x":1', r"pa\"ss"),
        (r"{\"password\":\"hun\\\"ter\",\"x\":1}", r"hun\\\"ter"),
        ('password="never closed, to the end', "never closed, to the end"),
        ("비밀번호: 바보1!", "바보1!"),
        ("비밀번호는 abc123 입니다", "abc123"),
        ("密码:秘密", "秘密"),
        ("--db-password s3cret --x", "s3cret"),
        ("<ns:password type='x'>s3 cret</ns:password>", "s3 cret"),
        ("ALTER USER x IDENTIFIED BY 'pw'", "pw"),
        ("password 'pw'", "pw"),
        ("api_key: abc", "abc"),
        ("client_secret=>abc", "abc"),
        ("token=abcdefg8", "abcdefg8"),
        ("password_old=abc", "abc"),
    ],
)
def test_shapes(text: str, secret: str) -> None:
    assert hidden(text) == [secret]


@pytest.mark.parametrize(
    "text",
    [
        "Failed password for root from 10.0.0.1",
        "(using password: YES)",
        "password: incorrect.",
        "password=****",
        "password=",
        "unexpected token: ;",
        "token=abc",
        "암호화: AES",
        "compass=12345678",
        "비밀번호가 일치하지 않습니다",
        "password=[SECRET#abcdefghij]",
        "password=[SECRET#abcdefghij])",
    ],
)
def test_what_is_no_secret(text: str) -> None:
    assert hidden(text) == []


def test_a_value_does_not_reach_into_the_next_line() -> None:
    assert hidden("Invalid password:\nERROR next") == []


@pytest.mark.parametrize("name", ["password", "db_password", "PWD", "user_token", "비밀번호", "passwd_new"])
def test_field_names_of_secrets(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize("name", ["user", "what", "passenger_count2_and_a_very_long_rest_of_it", "path"])
def test_other_field_names(name: str) -> None:
    assert not names_secret(name)
