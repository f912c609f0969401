from __future__ import annotations

from datetime import timedelta

import pytest

from agent.courier.sorting import Way, approvals_for, is_final, sort_document
from remediation.trust.assertion import encode_approval
from remediation.trust.curable import CURABLE
from remediation.trust.decision import Obstacle
from tests.fakes.authenticator import Authenticator
from tests.fakes.customer import NOW, approve
from tests.fakes.maintained_host import MaintainedHost
from wire.documents.envelope import Envelope, encode_envelope
from wire.errors import Malformed
from wire.keys import generate_key
from wire.proofs import Outcome, Result


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> MaintainedHost:
    return MaintainedHost(tmp_path_factory.mktemp("host"))


def test_approvals_of_both_sorts_find_their_request(host: MaintainedHost) -> None:
    request = host.request()
    other = host.request(reason="another")
    by_key = encode_approval(approve(request, "Kim", generate_key()))
    by_passkey = encode_approval(approve(request, "Kim", Authenticator()))
    elsewhere = encode_approval(approve(other, "Kim", generate_key()))
    sorted_ones = [sort_document(raw) for raw in (encode_envelope(request), by_key, by_passkey, elsewhere)]
    assert [each.way for each in sorted_ones] == [Way.REQUEST, Way.APPROVAL, Way.APPROVAL, Way.APPROVAL]
    assert approvals_for(sorted_ones[0], sorted_ones) == [by_key, by_passkey]
    assert sorted_ones[0].digest == request.digest


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"\xff", encode_envelope(Envelope("text/plain", b"{}", []))])
def test_what_is_unknown_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        sort_document(raw)


def test_the_claimed_kind_must_be_the_kind(host: MaintainedHost) -> None:
    raw = encode_envelope(host.request())
    assert sort_document(raw, claimed="request").way is Way.REQUEST
    with pytest.raises(Malformed):
        sort_document(raw, claimed="approval")


@pytest.mark.parametrize("obstacle", list(Obstacle))
def test_what_time_may_cure_waits_until_the_request_is_over(host: MaintainedHost, obstacle: Obstacle) -> None:
    request = sort_document(encode_envelope(host.request()))
    refused = Result(digest=request.digest, outcome=Outcome.REFUSED, obstacle=obstacle.value, ended_at=NOW)
    assert is_final(refused, request, NOW) == (obstacle not in CURABLE)
    assert is_final(refused, request, NOW + timedelta(hours=2)) == (obstacle is not Obstacle.IN_PROGRESS)


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.FAILED, Outcome.UNKNOWN])
def test_what_ran_is_final(host: MaintainedHost, outcome: Outcome) -> None:
    request = sort_document(encode_envelope(host.request()))
    assert is_final(Result(digest=request.digest, outcome=outcome, ended_at=NOW), request, NOW)
