"""Tokens, headers and private keys."""

from __future__ import annotations

import pytest

from agent.redaction.credentials import Credential, PrivateKey
from tests.fakes.personal_lines import Writer


def hidden(text: str) -> list[str]:
    return [text[found.start : found.end] for found in Credential().find(text)]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Basic a2ltOnB3ZA==", "a2ltOnB3ZA=="),
        ('"authorization":"Bearer abc.d-e"', "abc.d-e"),
        ("proxy-authorization: token 0123abcd", "0123abcd"),
        ("Authorization: 0123456789", "0123456789"),
        ("bearer abcdefghijklmnop01", "abcdefghijklmnop01"),
        ("Set-Cookie: JSESSIONID=4F2A; Path=/", "JSESSIONID=4F2A; Path=/"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("token ghp_0123456789abcdefghijABCDEFGHIJ012345", "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
        ("postgres://his:pw%40@db/his", "pw%40"),
    ],
)
def test_shapes(text: str, secret: str) -> None:
    assert secret in hidden(text)


def test_a_digest_header_is_hidden_to_its_end() -> None:
    assert hidden('Authorization: Digest username="kim", response="6629"') == ['username="kim", response="6629"']


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: failed",
        "basic authentication",
        "bearer token",
        "http://host:8080/path@x",
        "sk-1",
        "no cookie: none",
    ],
)
def test_look_alikes(text: str) -> None:
    assert hidden(text) == []


def keys(text: str) -> list[str]:
    return [text[found.start : found.end] for found in PrivateKey().find(text)]


def test_a_private_key_is_one_finding() -> None:
    pem = Writer(1).pem()
    assert keys(f"before\n{pem}\nafter")[0] == pem


@pytest.mark.parametrize("seed", range(20))
def test_no_line_of_a_cut_private_key_stays(seed: int) -> None:
    rows = Writer(seed).pem().split("\n")
    log = [f"2026-11-24T01:00:00 app: {row}" for row in rows]
    for cut in (rows, log):
        for window in (cut[:-1], cut[1:], cut[1:-2], cut[: len(cut) // 2], cut[len(cut) // 2 :]):
            text = "\n".join(window)
            shown = text
            for key in keys(text):
                shown = shown.replace(key, "")
            bodies = [row.rsplit(" ", 1)[-1] for row in window if "-----" not in row]
            assert [body for body in bodies if len(body) > 24 and body in shown] == []


@pytest.mark.parametrize(
    "text",
    [
        "PRIVATE KEY missing",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "a" * 64,
        "f0" * 32,
        "=" * 80,
    ],
)
def test_what_is_no_private_key(text: str) -> None:
    assert keys(text) == []


def test_what_follows_a_begin_without_a_key_stays() -> None:
    text = "-----BEGIN PRIVATE KEY----- expected\nERROR no key\nERROR stopped"
    assert keys(text) == ["-----BEGIN PRIVATE KEY----- expected\nERROR no key"]  # one line more than needed, no further
