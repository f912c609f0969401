"""A thief with the receipt key answers an agent that waits. All that can follow is reports, and not many."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from agent.uplink.patience import COIN_S, COINS
from agent.uplink.port import Answer
from tests.fakes.agent_process import wait_until
from tests.fakes.collector import Collector, HttpCollector
from tests.fakes.signed_site import SignedSite
from wire import waiting
from wire.documents.envelope import encode_envelope
from wire.envelope import Document

pytestmark = pytest.mark.e2e
WATCHED_S = 6.0


class Thief(Collector):
    """Answers every wait at once with these bytes, under the real receipt key; exchanges stay honest."""

    def __init__(self, says: Callable[[], bytes]) -> None:
        super().__init__()
        self.says = says
        self.waits = 0

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if path != waiting.PATH:
            return super().answer(method, path, headers, body)
        with self.lock:
            self.waits += 1
            return self._signed(headers, 200, waiting.WAIT_TYPE, self.says())


@pytest.fixture
def thief(tmp_path: Path, repository: Path) -> Iterator[tuple[Thief, SignedSite]]:
    """A site that has enrolled with the collector before it was stolen."""
    with HttpCollector(Thief(lambda: waiting.encode(waiting.WaitAnswer(due=True, wait_s=0)))) as server:
        site = SignedSite(tmp_path, repository, server)
        site.start()
        assert isinstance(server.collector, Thief)
        yield server.collector, site
        site.end()


def test_waking_for_ever_causes_few_reports_and_no_listening_port(thief: tuple[Thief, SignedSite]) -> None:
    collector, site = thief
    wait_until(lambda: collector.waits > 1, "the agent waits")  # the control: it does ask again
    began, waits, reports = time.monotonic(), collector.waits, collector.requests
    wait_until(lambda: time.monotonic() - began > WATCHED_S, "time passes")
    most = COINS + (time.monotonic() - began) / COIN_S + 1
    assert collector.waits - waits <= most
    assert collector.requests - reports <= 2 * most  # each may be followed by what the executor's head says
    assert site.agent.process is not None
    assert listening(site.agent.process.pid) == []


def test_a_wait_carries_nothing_to_the_executor(thief: tuple[Thief, SignedSite]) -> None:
    collector, site = thief
    request = site.request("by-wait")
    approval = site.approval(request)
    pair = {"request": request, "approval": approval}
    documents = [
        msgspec.json.encode(Document(kind=k, media_type="x", content=encode_envelope(e))) for k, e in pair.items()
    ]
    answer = {"due": True, "wait_s": 50, "documents": [msgspec.Raw(raw) for raw in documents], "interval_s": 0.1}
    collector.says = lambda: msgspec.json.encode(answer)
    began = collector.waits
    wait_until(lambda: collector.waits > began + 2, "the agent has taken some of these answers")
    assert site.left("by-wait") == 0
    assert "refused" not in site.kinds()
    site.send("approval", approval)  # the control: the same documents by the way there is
    site.send("request", request)
    wait_until(lambda: site.left("by-wait") == 1, "it runs")


def listening(pid: int) -> list[str]:
    """The listening TCP sockets that this process holds."""
    held = set[str]()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            held.add(path.readlink().name)
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in held:
                found.append(fields[1])
    return found
