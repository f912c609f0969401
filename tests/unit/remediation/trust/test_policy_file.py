"""The policy file: what it takes, and where each fault is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from remediation.trust.policy_file import Policy, has_hidden_characters, read_placed_policy, read_policy
from tests.fakes.authenticator import Authenticator
from tests.fakes.customer import a_passkey, a_policy, an_approver, new_key, policy_text
from wire.errors import TextRefused

KEY = new_key()
PASSKEY = Authenticator.eddsa()
NIGHT = {"name": "night", "days": ["mon"], "from": "22:00", "to": "04:00", "zone": "Asia/Seoul"}


def _refused(text: str, why: str) -> list[int]:
    with pytest.raises(TextRefused, match=why) as refused:
        read_policy(text)
    assert all(fault.line for fault in refused.value.faults)
    return [fault.line for fault in refused.value.faults]


def test_a_whole_policy_is_read() -> None:
    rule = {"product": "shop", "action": "restart-service", "parameters": {"service": "web"}, "per_day": 3}
    both = an_approver("Lee", new_key(), passkey=PASSKEY, actions=["shop/*", "shop/restart-service"])
    policy = a_policy(an_approver("Kim", KEY), both, windows=[NIGHT], only_in=["night"], in_advance=[rule])
    assert [approver.name for approver in policy.approvers] == ["Kim", "Lee"]
    assert (policy.needed.low, policy.needed.high) == (1, 2)
    assert policy.windows[0].start == "22:00"
    assert policy.in_advance[0].up_to_risk == "low"
    assert not policy.passkey_may_approve_actions


def test_times_and_days_need_no_quotes() -> None:
    text = "version: 1\nsite: s\nwindows:\n- {name: n, days: [mon, sun], from: 22:00, to: 24:00, zone: UTC}\n"
    assert read_policy(text).windows[0].start == "22:00"


def test_without_approvers_it_is_a_policy_that_allows_nothing() -> None:
    assert read_policy("version: 1\nsite: s\n") == Policy(version=1, site="s")


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        (lambda: [an_approver("Kim", KEY), an_approver("kim", new_key())], "stands twice; give one all the keys"),
        (lambda: [an_approver("Kim", KEY), an_approver("\uff2bim", new_key())], "stands twice; give one all the keys"),
        (lambda: [an_approver("Kim", KEY), an_approver("Lee", KEY)], "this key stands twice"),
        (
            lambda: [an_approver("Kim", KEY), an_approver("Lee", passkey=Authenticator.eddsa()) | _same(KEY)],
            "key stands",
        ),
        (lambda: [an_approver("Kim")], "neither a key nor a passkey"),
        (lambda: [an_approver("Kim\u202eLee", KEY)], "cannot be seen"),
        (lambda: [an_approver("Kim", keys=["A" * 44])], "not a public key"),
        (lambda: [an_approver("Kim", KEY, risks=["tiny"])], "risks"),
        (lambda: [an_approver("Kim", KEY, actions=["restart"])], "actions"),
        (lambda: [an_approver("Kim", KEY, actions=["shop/re*"])], "actions"),
        (lambda: [an_approver("Kim", KEY, kinds=["everything"])], "kinds"),
        (lambda: [an_approver("Kim", KEY, may_all=True)], "may_all is not known here"),
    ],
)
def test_faults_of_approvers(entries: Callable[[], list[dict[str, Any]]], why: str) -> None:
    _refused(policy_text(*entries()), why)


def _same(key: Any) -> dict[str, Any]:
    """A passkey whose key is that of a key file: one person must not count as two."""
    return {"passkeys": [a_passkey(Authenticator(key=key))]}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"public_key": "AAAA"}, "not a public key: not a COSE key"),
        ({"public_key": "A"}, "not a public key: broken base64"),
        ({"credential_id": "A"}, "not base64"),
        ({"credential_id": "A" * 1_368}, "too long"),
        ({"origin": "http://portal.example"}, "not an https address"),
        ({"origin": "https://portal.example/"}, "not an https address"),
        ({"origin": "https://evil.example"}, "not an https address"),
        ({"origin": "https://evilportal.example"}, "not an https address"),
        ({"origin": "https://a:b@portal.example"}, "not an https address"),
        ({"origin": "https://[portal.example"}, "not an https address"),
    ],
)
def test_faults_of_passkeys(change: dict[str, str], why: str) -> None:
    _refused(
        policy_text({"name": "Kim", "actions": ["*"], "risks": [], "passkeys": [a_passkey(PASSKEY) | change]}), why
    )


@pytest.mark.parametrize("origin", ["https://portal.example", "https://eu.portal.example:8443"])
def test_origins_that_a_browser_would_let_in(origin: str) -> None:
    passkey = a_passkey(PASSKEY) | {"origin": origin}
    assert a_policy({"name": "Kim", "actions": [], "risks": [], "passkeys": [passkey]})


def test_a_credential_of_two_persons_is_refused() -> None:
    text = policy_text(an_approver("Kim", passkey=PASSKEY), an_approver("Lee", passkey=Authenticator()))
    _refused(text, "credential id is too long or stands twice")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"windows": [NIGHT, NIGHT]}, "the window night stands twice"),
        ({"windows": [NIGHT | {"zone": "Seoul"}]}, "not a time zone"),
        ({"windows": [NIGHT | {"zone": "../../etc/passwd"}]}, "not a time zone"),
        ({"windows": [NIGHT | {"to": "22:00"}]}, "has to end after it begins"),
        ({"windows": [NIGHT | {"from": "24:00"}]}, "has to end after it begins"),
        ({"windows": [NIGHT | {"from": "7:00"}]}, "from"),
        ({"windows": [NIGHT | {"to": "24:01"}]}, "to"),
        ({"windows": [NIGHT | {"days": []}]}, "days"),
        ({"only_in": ["day"]}, "no window day"),
        ({"in_advance": [{"product": "p", "action": "a", "per_day": 1, "only_in": ["day"]}]}, "no window day"),
        ({"in_advance": [{"product": "p", "action": "a", "per_day": 0}]}, "per_day"),
        ({"zone": "Nowhere"}, "not a time zone"),
        ({"version": 2}, "version"),
        ({"needed": {"low": 0}}, "low"),
    ],
)
def test_faults_of_the_rest(change: dict[str, Any], why: str) -> None:
    _refused(policy_text(**change), why)


def test_a_fault_is_told_where_it_stands() -> None:
    text = policy_text(an_approver("Kim", KEY), an_approver("Lee", KEY))
    lines = text.splitlines()
    assert _refused(text, "this key") == [len(lines) - lines[::-1].index(next(x for x in lines[::-1] if "=" in x))]
    assert read_placed_policy(policy_text())[1]["$.site"] == (2, 7)


def test_characters_that_cannot_be_seen() -> None:
    assert not has_hidden_characters("Kim 김민수 王-(2)")
    assert all(has_hidden_characters(f"a{char}b") for char in "\n\0\u200b\u202e\u2066\ue000\u2028\x7f")
