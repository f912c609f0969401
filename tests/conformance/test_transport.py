"""One suite for both transports: the real one over loopback and the one in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from agent.uplink.client import Client
from agent.uplink.port import Transport, Unreachable
from tests.fakes.agent_parts import an_event, an_identity
from tests.fakes.collector import Collector, FakeTransport, HttpCollector
from wire.enrolment import exchange_tag
from wire.envelope import Batch, encode, raw_records
from wire.frame import CONTENT_TYPE, pack
from wire.messages import EXAMPLE_TIME
from wire.signatures import Message, sign

PATH = "/v1/exchange"
Ask = Callable[[], tuple[dict[str, str], bytes]]


@pytest.fixture(params=["real", "in memory"])
def both(request: pytest.FixtureRequest) -> Iterator[tuple[Transport, Collector]]:
    collector = Collector()
    with ExitStack() as stack:
        if request.param == "real":
            server = stack.enter_context(HttpCollector(collector))
            transport: Transport = Client(server.address, read_s=5)
        else:
            transport = FakeTransport(collector)
        yield transport, collector
        transport.close()


def a_request(collector: Collector) -> tuple[dict[str, str], bytes]:
    identity = an_identity(collector)
    epoch = "00000000000000aa"
    batch = Batch(
        agent="a1", epoch=epoch, sequence=1, session=1, sealed_at=EXAMPLE_TIME, records=raw_records([an_event()])
    )
    body = pack(encode(batch))
    message = Message(content_type=CONTENT_TYPE, body=body, sequence=f"{epoch}/1", path=PATH)
    tag = exchange_tag(collector.key_id)
    headers = sign(message, key=identity.key, key_id=identity.key_id, tag=tag, now=collector.now(), nonce="n" * 22)
    return headers, body


def test_an_answer_comes_back_whole_with_lower_case_names(both: tuple[Transport, Collector]) -> None:
    transport, collector = both
    headers, body = a_request(collector)
    answer = transport.post(PATH, headers, body)
    assert answer.status == 200
    assert {"content-type", "content-digest", "signature", "signature-input", "x-agent-seq"} <= set(answer.headers)
    assert len(collector.events()) == 1


def test_any_status_is_an_answer(both: tuple[Transport, Collector]) -> None:
    transport, collector = both
    headers, body = a_request(collector)
    for status in (429, 500, 503):
        collector.faults.append(str(status))
        assert transport.post(PATH, headers, body).status == status
    collector.faults.append("html")
    assert transport.post(PATH, headers, body).body.startswith(b"<html>")


def test_a_lost_answer_is_unreachable_and_says_that_it_may_have_arrived(both: tuple[Transport, Collector]) -> None:
    transport, collector = both
    headers, body = a_request(collector)
    collector.faults.append("unanswered")
    with pytest.raises(Unreachable) as failure:
        transport.post(PATH, headers, body)
    assert failure.value.maybe_sent


def test_it_can_be_used_again_after_a_failure(both: tuple[Transport, Collector]) -> None:
    transport, collector = both
    headers, body = a_request(collector)
    collector.faults.append("lost")
    with pytest.raises(Unreachable):
        transport.post(PATH, headers, body)
    assert transport.post(PATH, headers, body).status == 200


def test_a_plain_question(both: tuple[Transport, Collector]) -> None:
    assert both[0].get("/healthz").status == 200
