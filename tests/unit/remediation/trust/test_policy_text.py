"""Editing the policy's text: the values are always those that were meant, the comments nearly always kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediation.trust.policy_file import Approver, Passkey, read_policy
from remediation.trust.policy_text import new_policy, with_approver, without_approver
from tests.fakes.authenticator import Authenticator
from tests.fakes.customer import a_passkey, new_key
from wire.errors import TextRefused
from wire.keys import public_text

KEYS = [new_key() for _ in range(4)]


def _person(name: str, at: int = 0) -> Approver:
    return Approver(name=name, keys=[public_text(KEYS[at])], actions=["shop/*"], risks=["low", "medium"])


def _comments(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip().startswith("#")]


def test_the_first_policy_allows_nothing() -> None:
    policy = read_policy(new_policy("seoul-hospital", "Asia/Seoul"))
    assert (policy.site, policy.zone, policy.approvers, policy.in_advance) == ("seoul-hospital", "Asia/Seoul", [], [])
    assert not policy.passkey_may_approve_actions


def test_a_site_may_have_any_name_and_a_zone_must_be_one() -> None:
    for site in ("a: b", "# x", "'", "서울", "yes", "08", "{a}", "-"):
        assert read_policy(new_policy(site, "UTC")).site == site
    with pytest.raises(TextRefused):
        new_policy("a", "Nowhere")


def test_people_come_and_go_and_the_comments_stay() -> None:
    first = new_policy("s", "UTC")
    text = first
    for at, name in enumerate(["Kim", "Lee", "김민수"]):
        edited = with_approver(text, _person(name, at))
        assert edited.keeps_comments
        text = edited.text
    assert [approver.name for approver in read_policy(text).approvers] == ["Kim", "Lee", "김민수"]
    for name in ("Lee", "김민수", "Kim"):
        removed = without_approver(text, name)
        assert removed is not None
        assert removed.keeps_comments
        text = removed.text
    assert text == first


def test_a_passkey_is_written_too() -> None:
    passkey = Passkey(**a_passkey(Authenticator()))
    person = Approver(name="Kim", passkeys=[passkey], actions=["*"], risks=["low"])
    assert read_policy(with_approver(new_policy("s", "UTC"), person).text).approvers == [person]


WRITTEN = f"""\
version: 1
site: s
approvers:   # the people
  # Kim is on nights
  - name: Kim
    actions: ["*"]
    risks: [low]
    keys:
      - {public_text(KEYS[0])}

  # Lee left in spring
  - name: Lee
    keys: [{public_text(KEYS[1])}]   # from the safe
    actions: ["*"]
    risks: [low]
# windows follow
zone: UTC
"""


def test_only_the_lines_of_the_person_go() -> None:
    removed = without_approver(WRITTEN, "Kim")
    assert removed is not None
    assert removed.keeps_comments
    assert "# Lee left in spring" in removed.text
    assert "# windows follow" in removed.text
    assert public_text(KEYS[0]) not in removed.text
    added = with_approver(WRITTEN, _person("Choi", 2))
    assert added.keeps_comments
    assert _comments(added.text) == _comments(WRITTEN)


def test_an_unusual_layout_is_written_anew() -> None:
    person = f'{{name: Kim, keys: [{public_text(KEYS[0])}], actions: ["*"], risks: []}}'
    flow = f"{{version: 1, site: s, approvers: [{person}]}}\n"
    for text in (flow, "# mine\n" + flow, "version: 1\nsite: s\n# nobody yet\n"):
        edited = with_approver(text, _person("Lee", 1))
        assert not edited.keeps_comments
        assert [one.name for one in read_policy(edited.text).approvers][-1] == "Lee"
    removed = without_approver(flow, "Kim")
    assert removed is not None
    assert read_policy(removed.text).approvers == []


def test_nobody_of_that_name() -> None:
    assert without_approver(WRITTEN, "kim") is None


def test_a_person_who_cannot_be_added_is_not() -> None:
    for person in (_person("Kim", 2), _person("Choi", 0), Approver(name="Choi", actions=[], risks=[])):
        with pytest.raises(TextRefused):
            with_approver(WRITTEN, person)


@given(
    st.lists(st.sampled_from(["Kim", "Lee", "Choi"]), max_size=8), st.sampled_from([WRITTEN, new_policy("s", "UTC")])
)
def test_any_row_of_edits_means_what_was_meant(names: list[str], text: str) -> None:
    expected = [approver.name for approver in read_policy(text).approvers]
    for name in names:
        if name in expected:
            removed = without_approver(text, name)
            assert removed is not None
            text = removed.text
            expected.remove(name)
        else:
            text = with_approver(text, _person(name, ["Kim", "Lee", "Choi"].index(name))).text
            expected.append(name)
        assert [approver.name for approver in read_policy(text).approvers] == expected
