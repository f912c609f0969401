from __future__ import annotations

from pathlib import Path

import pytest

from collector.relay.reading import read_incoming
from remediation.trust.assertion import encode_approval
from tests.fakes.authenticator import Authenticator
from tests.fakes.customer import HOST, SITE, approve
from tests.fakes.maintained_host import MaintainedHost
from wire.documents.envelope import Envelope, encode_envelope
from wire.documents.heads import HEAD_TYPE
from wire.errors import Malformed
from wire.keys import generate_key


def test_approvals_of_both_sorts_belong_to_their_request(tmp_path: Path) -> None:
    request = MaintainedHost(tmp_path).request()
    found = read_incoming(encode_envelope(request))
    assert (found.kind, found.site, found.hosts, found.about) == ("request", SITE, [HOST], request.digest)
    for by in (generate_key(), Authenticator()):
        approval = read_incoming(encode_approval(approve(request, "Kim", by)))
        assert (approval.kind, approval.about) == ("approval", request.digest)


@pytest.mark.parametrize("raw", [b"", b"{}", b"\xff", encode_envelope(Envelope(HEAD_TYPE, b"{}", []))])
def test_what_is_not_relayed_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read_incoming(raw)
