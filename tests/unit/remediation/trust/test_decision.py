"""The decision: one permitted case, and for every condition the case in which it alone refuses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from remediation.trust.decision import IN_ADVANCE, Obstacle, Permit, Place, Refusal, Use
from tests.fakes.customer import HOST, NOW, SITE, a_policy, an_approver, approve
from tests.fakes.scene import (
    ACTIONS_YAML,
    ENGINEER,
    KIM,
    LEE,
    PASSKEY,
    Scene,
    a_scene,
    a_vendor,
    an_engineer,
    payload_with,
    signed_raw,
    signed_request,
    the_actions,
    the_policy,
)
from wire.documents.envelope import Envelope, add_signature
from wire.documents.model import Kind, payload_type
from wire.keys import generate_key

STRANGER = generate_key()
REQUEST_TYPE = payload_type(Kind.REQUEST)
HOUR = timedelta(hours=1)


def _obstacle(answer: Permit | Refusal) -> Obstacle | None:
    return answer.obstacle if isinstance(answer, Refusal) else None


def test_what_both_sides_signed_is_permitted() -> None:
    scene = a_scene()
    permit = scene.judged()
    assert isinstance(permit, Permit)
    assert permit.digest == scene.envelope.digest
    assert (permit.engineer, permit.approvers, permit.action.name) == ("Park", ("Kim",), "restart-service")
    assert permit.request.parameters == {"service": "web"}
    assert permit.used == (Use("1" * 32, 1), Use("a" * 32, 1))


def _case(request: Callable[[], Envelope], **change: Any) -> Callable[[], Permit | Refusal]:
    """Judge a scene whose request is changed and approved as it then is, so that nothing else is wrong with it."""

    def judged() -> Permit | Refusal:
        envelope = request()
        return Scene(envelope, (approve(envelope, "Kim", KIM),)).judged(**change)

    return judged


def _written(**change: Any) -> Callable[[], Envelope]:
    """A request with members that the struct would not hold, signed by the engineer."""
    return lambda: signed_raw(payload_with(signed_request(), **change), REQUEST_TYPE)


def _other_product(name: str) -> Any:
    return the_actions(ACTIONS_YAML.replace("product: shop", f"product: {name}"))[1]


def _twice() -> str:
    """Two actions of one name: which of them was approved?"""
    return ACTIONS_YAML.replace("name: rebuild", "name: restart-service")


COLLECTS = ACTIONS_YAML.replace(
    'run: {argv: [/usr/bin/systemctl, restart, "{service}"]}',
    'collect: {files: [/var/log/shop/*.log], outputs: [{name: is, argv: [is, "{service}"]}]}',
)


def collecting() -> Envelope:
    return signed_request(actions_digest=the_actions(COLLECTS)[0])


# What is looked at on the host itself, after the permit: see test_plan of remediation.patch.
OF_PATCHES = {
    Obstacle.NOT_APPLICABLE,
    Obstacle.PATCH_ROOT,
    Obstacle.IRREVERSIBLE,
    Obstacle.PAYLOAD_MISSING,
    Obstacle.REFUSED_BEFORE,
    Obstacle.DRIFT,
    Obstacle.NOT_READY,
    Obstacle.WINDOW_TOO_SHORT,
    Obstacle.OTHER_PATCH_RUNS,
    Obstacle.IN_PROGRESS,
}
MANIFEST = b"{}"
PATCHES = (
    ACTIONS_YAML
    + """- name: apply-patch
  title: {en: Apply a patch}
  risk: low
  parameters: {patch: {kind: name}, digest: {kind: name}}
  patch: {}
"""
)


def patching() -> Envelope:
    parameters = {"patch": "fix-1", "digest": hashlib.sha256(MANIFEST).hexdigest()}
    return signed_request(action="apply-patch", actions_digest=the_actions(PATCHES)[0], parameters=parameters)


def rooted(*roots: str) -> Any:
    return the_policy(collect={"roots": list(roots)})


# obstacle -> cases in which only this condition fails
REFUSED: dict[Obstacle, list[Callable[[], Permit | Refusal]]] = {
    Obstacle.UNKNOWN_KIND: [
        _case(lambda: signed_raw(signed_request().payload, payload_type(Kind.REQUEST, 2))),
        _case(lambda: signed_raw(signed_request().payload, "application/json")),
        _case(lambda: signed_raw(signed_request().payload, payload_type(Kind.APPROVAL))),
        _case(lambda: Envelope("\ud800", b"", []), approvals=()),
    ],
    Obstacle.NO_VENDOR_ROOT: [_case(signed_request, vendor=None)],
    Obstacle.NO_ENGINEER: [
        _case(lambda: replace(signed_request(), signatures=[])),
        _case(lambda: signed_request(STRANGER)),
        _case(lambda: signed_request(KIM)),
        _case(signed_request, vendor=a_vendor(an_engineer(STRANGER))),
        _case(signed_request, vendor=a_vendor(structs.replace(an_engineer(), key="A" * 44))),
        _case(lambda: replace(signed_request(), payload=signed_request(reason="other").payload)),
    ],
    Obstacle.MALFORMED: [
        _case(_written(unknown=1)),
        _case(_written(action="Restart")),
        _case(_written(id="1")),
        _case(_written(not_after=(NOW - HOUR).isoformat(), not_before=(NOW + HOUR).isoformat())),
        _case(lambda: signed_raw(b"", REQUEST_TYPE)),
        _case(lambda: signed_raw(b"[" * 100_000, REQUEST_TYPE)),
        _case(lambda: signed_raw(b'{"product":"a",' + signed_request().payload[1:], REQUEST_TYPE)),
    ],
    Obstacle.OTHER_AUDIENCE: [
        _case(lambda: signed_request(site="other-hospital")),
        _case(lambda: signed_request(hosts=["host-2", "host-1x", "HOST-1"])),
        _case(signed_request, place=Place(SITE, "host-2", NOW)),
        _case(signed_request, place=Place("other-hospital", HOST, NOW)),
        _case(signed_request, policy=the_policy(site="other-hospital")),
    ],
    Obstacle.NOT_YET: [_case(lambda: signed_request(not_before=NOW + timedelta(seconds=1)))],
    Obstacle.EXPIRED: [_case(lambda: signed_request(not_after=NOW))],
    Obstacle.TIME_NOT_TRUSTED: [_case(signed_request, vendor=a_vendor(time_floor=NOW + timedelta(seconds=1)))],
    Obstacle.VENDOR_EXPIRED: [_case(signed_request, vendor=a_vendor(is_expired=True))],
    Obstacle.ENGINEER_EXPIRED: [
        _case(signed_request, vendor=a_vendor(an_engineer(not_after="2026-11-24T03:00:00Z"))),
        _case(signed_request, vendor=a_vendor(an_engineer(not_after="2027-02-31T00:00:00Z"))),
        _case(signed_request, vendor=a_vendor(an_engineer(), an_engineer(not_after="2026-01-01T00:00:00Z"))),
    ],
    Obstacle.ENGINEER_CLASS: [
        _case(signed_request, vendor=a_vendor(an_engineer(classes=["read", "transfer", "shell"]))),
        _case(signed_request, vendor=a_vendor(an_engineer(), an_engineer(classes=["read"]))),
    ],
    Obstacle.UNKNOWN_ACTION: [
        _case(lambda: signed_request(product="other")),
        _case(lambda: signed_request(action="format-disk")),
        _case(signed_request, vendor=a_vendor(actions={"shop": (the_actions()[0], _other_product("other"))})),
        _case(lambda: signed_request(actions_digest=the_actions(_twice())[0]), vendor=a_vendor(text=_twice())),
    ],
    Obstacle.OTHER_ACTIONS: [
        _case(lambda: signed_request(actions_digest="0" * 64)),
        _case(signed_request, vendor=a_vendor(text=ACTIONS_YAML + "\n# newer\n")),
    ],
    Obstacle.PARAMETERS: [
        _case(lambda: signed_request(parameters={"service": "db"})),
        _case(lambda: signed_request(parameters={})),
        _case(lambda: signed_request(parameters={"service": "web", "more": "1"})),
    ],
    Obstacle.NOT_COLLECTABLE: [
        _case(collecting, vendor=a_vendor(text=COLLECTS)),
        _case(collecting, vendor=a_vendor(text=COLLECTS), policy=rooted("/var/log/shop-2", "/var/log/shop/a")),
    ],
    Obstacle.UNKNOWN_PATCH: [
        _case(patching, vendor=a_vendor(text=PATCHES)),
        _case(patching, vendor=a_vendor(text=PATCHES, patches={"other/patches/fix-1.json": MANIFEST})),
    ],
    Obstacle.OTHER_PATCH: [
        _case(patching, vendor=a_vendor(text=PATCHES, patches={"shop/patches/fix-1.json": MANIFEST + b" "})),
    ],
    Obstacle.DECLINED: [
        _case(signed_request, declined=frozenset({signed_request().digest})),
    ],
    Obstacle.REVOKED: [
        _case(signed_request, revoked=frozenset({"1" * 32})),
        _case(signed_request, revoked=frozenset({"a" * 32})),
    ],
    Obstacle.USED_UP: [
        _case(signed_request, uses={"a" * 32: 1}),
        _case(signed_request, uses={"1" * 32: 1}),
    ],
    Obstacle.NO_APPROVAL: [
        _case(signed_request, approvals=()),
        _case(signed_request, policy=a_policy()),
    ],
    Obstacle.NOT_ENOUGH_APPROVALS: [
        _case(signed_request, policy=the_policy(needed={"low": 2})),
    ],
    Obstacle.OUTSIDE_WINDOW: [
        _case(
            signed_request,
            policy=the_policy(
                windows=[{"name": "night", "days": ["tue"], "from": "13:00", "to": "12:00", "zone": "Asia/Seoul"}],
                only_in=["night"],
            ),
        ),
    ],
}


CASES = [(obstacle, case) for obstacle, cases in REFUSED.items() for case in cases]


@pytest.mark.parametrize(
    ("obstacle", "case"), CASES, ids=lambda value: str(value) if isinstance(value, Obstacle) else ""
)
def test_each_condition_refuses_alone(obstacle: Obstacle, case: Callable[[], Permit | Refusal]) -> None:
    assert _obstacle(case()) is obstacle


def test_every_obstacle_has_its_case() -> None:
    assert set(REFUSED) == set(Obstacle) - OF_PATCHES


def test_a_patch_is_permitted_by_the_digest_of_its_manifest_and_comes_with_it() -> None:
    permit = _case(patching, vendor=a_vendor(text=PATCHES, patches={"shop/patches/fix-1.json": MANIFEST}))()
    assert isinstance(permit, Permit)
    assert permit.manifest == MANIFEST


def test_what_is_around_the_cases_is_permitted() -> None:
    """The negative control: the cases above differ from these by one thing each."""
    assert isinstance(_case(signed_request)(), Permit)
    for root in ("/var/log/shop", "/var"):
        assert isinstance(_case(collecting, vendor=a_vendor(text=COLLECTS), policy=rooted(root))(), Permit)
    assert isinstance(_case(_written(reason="another"))(), Permit)
    assert isinstance(_case(signed_request, vendor=a_vendor(time_floor=NOW))(), Permit)
    assert isinstance(_case(lambda: signed_request(not_before=NOW, not_after=NOW + HOUR))(), Permit)
    assert isinstance(_case(signed_request, vendor=a_vendor(an_engineer(STRANGER), an_engineer()))(), Permit)
    assert isinstance(_case(signed_request, uses={"a" * 31 + "b": 9}, revoked=frozenset({"b"}))(), Permit)


def test_nothing_is_read_before_an_engineers_signature_holds() -> None:
    """A stranger's broken payload is refused for its signature, not for what stands in it."""
    assert _obstacle(_case(lambda: signed_raw(b"not json", REQUEST_TYPE, STRANGER))()) is Obstacle.NO_ENGINEER
    assert _obstacle(_case(lambda: signed_raw(b"not json", REQUEST_TYPE))()) is Obstacle.MALFORMED


def test_an_engineer_who_may_answers_for_one_who_may_not() -> None:
    vendor = a_vendor(an_engineer(STRANGER, name="Old", not_after="2026-01-01T00:00:00Z"), an_engineer())
    permit = _case(lambda: signed_request(STRANGER, ENGINEER), vendor=vendor)()
    assert isinstance(permit, Permit)
    assert permit.engineer == "Park"


def test_two_of_two() -> None:
    envelope = signed_request(action="rebuild", parameters={})
    both = (approve(envelope, "Kim", KIM), approve(envelope, "Lee", LEE, id="b" * 32))
    permit = Scene(envelope, both).judged()
    assert isinstance(permit, Permit)
    assert permit.approvers == ("Kim", "Lee")
    assert permit.used == (Use("1" * 32, 1), Use("a" * 32, 1), Use("b" * 32, 1))
    for one in both:
        assert _obstacle(Scene(envelope, (one,)).judged()) is Obstacle.NOT_ENOUGH_APPROVALS


def test_one_key_twice_and_one_person_with_two_keys_count_once() -> None:
    second = generate_key()
    policy = a_policy(
        an_approver("Kim", KIM, second, passkey=PASSKEY), an_approver("Lee", LEE), passkey_may_approve_actions=True
    )
    envelope = signed_request(action="rebuild", parameters={})
    mine = (
        approve(envelope, "Kim", KIM),
        approve(envelope, "Kim", KIM, id="b" * 32),
        approve(envelope, "Kim", second, id="c" * 32),
        approve(envelope, "Kim", PASSKEY, id="d" * 32),
    )
    assert _obstacle(Scene(envelope, mine, policy=policy).judged()) is Obstacle.NOT_ENOUGH_APPROVALS
    with_lee = (*mine, approve(envelope, "Lee", LEE, id="e" * 32))
    assert isinstance(Scene(envelope, with_lee, policy=policy).judged(), Permit)


def test_one_document_signed_by_two_persons_is_one_approval() -> None:
    envelope = signed_request(action="rebuild", parameters={})
    first = approve(envelope, "Kim", KIM)
    assert isinstance(first, Envelope)
    assert _obstacle(Scene(envelope, (add_signature(first, LEE),)).judged()) is Obstacle.NOT_ENOUGH_APPROVALS


def test_a_passkey_reaches_actions_only_by_the_policy() -> None:
    envelope = signed_request()
    scene = Scene(envelope, (approve(envelope, "Kim", PASSKEY),))
    assert _obstacle(scene.judged()) is Obstacle.NO_APPROVAL
    assert isinstance(scene.judged(policy=the_policy(passkey_may_approve_actions=True)), Permit)


def test_a_request_runs_no_more_often_than_it_was_approved() -> None:
    """A second person's approval that comes late does not run it again."""
    envelope = signed_request()
    both = (approve(envelope, "Kim", KIM), approve(envelope, "Lee", LEE, id="b" * 32))
    ran_by_kim = {"1" * 32: 1, "a" * 32: 1}
    assert _obstacle(Scene(envelope, both).judged(uses=ran_by_kim)) is Obstacle.USED_UP
    three = (approve(envelope, "Kim", KIM, uses=3),)
    assert isinstance(Scene(envelope, three).judged(uses={"1" * 32: 2, "a" * 32: 2}), Permit)
    assert _obstacle(Scene(envelope, three).judged(uses={"1" * 32: 3})) is Obstacle.USED_UP


RULE = {"product": "shop", "action": "restart-service", "parameters": {"service": "web"}, "per_day": 2}
NIGHT = {"name": "night", "days": ["mon"], "from": "22:00", "to": "04:00", "zone": "Asia/Seoul"}


def test_in_advance() -> None:
    scene = Scene(signed_request(), (), policy=the_policy(in_advance=[RULE]))
    permit = scene.judged()
    assert isinstance(permit, Permit)
    assert permit.approvers == (IN_ADVANCE,)
    request, rule = permit.used
    assert request == Use("1" * 32, 1)
    assert rule.limit == 2
    assert isinstance(scene.judged(uses={rule.id: 1}), Permit)
    assert _obstacle(scene.judged(uses={rule.id: 2})) is Obstacle.USED_UP
    assert _obstacle(scene.judged(uses={"1" * 32: 1})) is Obstacle.USED_UP
    assert _obstacle(scene.judged(declined=frozenset({scene.envelope.digest}))) is Obstacle.DECLINED
    other = replace(scene, envelope=signed_request(parameters={"service": "worker"}))
    assert _obstacle(other.judged()) is Obstacle.NO_APPROVAL


def test_in_advance_only_in_its_window() -> None:
    policy = the_policy(in_advance=[RULE | {"only_in": ["night"]}], windows=[NIGHT])
    assert _obstacle(Scene(signed_request(), (), policy=policy).judged()) is Obstacle.OUTSIDE_WINDOW
    at_night = the_policy(
        in_advance=[RULE | {"only_in": ["night"]}], windows=[NIGHT | {"days": ["tue"], "from": "11:00"}]
    )
    assert isinstance(Scene(signed_request(), (), policy=at_night).judged(), Permit)


def test_in_advance_never_reaches_a_risk_that_rose() -> None:
    risen = ACTIONS_YAML.replace("risk: low", "risk: high")
    envelope = signed_request(actions_digest=the_actions(risen)[0])
    scene = Scene(envelope, (), vendor=a_vendor(text=risen), policy=the_policy(in_advance=[RULE]))
    assert _obstacle(scene.judged()) is Obstacle.NO_APPROVAL


def test_the_window_of_a_request_ends_with_its_last_instant() -> None:
    scene = a_scene()
    assert isinstance(scene.at(NOW + HOUR - timedelta(microseconds=1)), Permit)
    assert _obstacle(scene.at(NOW + HOUR)) is Obstacle.EXPIRED
    assert _obstacle(scene.at(NOW - HOUR - timedelta(microseconds=1))) is Obstacle.NOT_YET
