"""Files are fetched for what is asked and approved, or what waits for nothing else; bounded, whatever is laid down."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from agent.courier.sorting import Sorted, sort_document
from agent.payloads.wanting import MOST, named_patches, wanted_patches
from remediation.trust.assertion import encode_approval
from tests.fakes.customer import NOW, approve
from tests.fakes.maintained_host import MaintainedHost
from wire.documents.envelope import Envelope, encode_envelope
from wire.keys import generate_key


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> MaintainedHost:
    return MaintainedHost(tmp_path_factory.mktemp("host"))


def _asked(host: MaintainedHost, number: int = 1, **parameters: str) -> Envelope:
    given = {"patch": "his-2", "digest": f"{number:064x}"} | parameters
    return host.request(action="apply-patch", parameters=given)


def _approved(request: Envelope) -> list[Sorted]:
    return [sort_document(encode_envelope(request)), sort_document(encode_approval(approve(request, "Kim", _KEY)))]


_KEY = generate_key()


def test_asked_and_approved(host: MaintainedHost) -> None:
    request = _asked(host)
    assert wanted_patches(_approved(request), (), NOW) == [f"{1:064x}"]
    assert wanted_patches([sort_document(encode_envelope(request))], (), NOW) == []


def test_what_the_executor_waits_for_comes_first(host: MaintainedHost) -> None:
    first, second = _asked(host, 1), _asked(host, 2)
    documents = [*_approved(first), sort_document(encode_envelope(second))]
    assert wanted_patches(documents, {second.digest}, NOW) == [f"{2:064x}", f"{1:064x}"]


def test_the_end_of_a_request(host: MaintainedHost) -> None:
    documents = _approved(_asked(host))
    end = documents[0].not_after
    assert end is not None
    assert wanted_patches(documents, (), end - timedelta(seconds=1))
    assert wanted_patches(documents, (), end) == []


def test_other_actions_want_nothing(host: MaintainedHost) -> None:
    assert wanted_patches(_approved(host.request()), (), NOW) == []
    assert wanted_patches(_approved(_asked(host, digest="short")), (), NOW) == []


def test_a_flood_of_papers_wants_a_few(host: MaintainedHost, tmp_path: Path) -> None:
    documents = [each for number in range(20) for each in _approved(_asked(host, number))]
    assert len(wanted_patches(documents, (), NOW)) == MOST


def test_what_is_asked_for_is_named_before_it_is_approved(host: MaintainedHost) -> None:
    first, second = _asked(host, 1), _asked(host, 2)
    documents = [sort_document(encode_envelope(each)) for each in (first, first, second, host.request())]
    assert named_patches(documents, NOW) == [f"{1:064x}", f"{2:064x}"]
    end = documents[0].not_after
    assert end is not None
    assert named_patches(documents, end) == []
