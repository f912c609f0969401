from __future__ import annotations

import msgspec

from collector.relay.requests.model import Asked, Choice, HostStanding, RequestRecord
from collector.relay.requests.state import RequestState
from collector.relay.requests.view import choice_view, request_view
from deploy.desk.asking.progress import read_progress
from tests.fakes.seeded_console import NOW
from wire.proofs import Outcome, Result


def test_the_desk_reads_what_the_collector_shows() -> None:
    result = Result(digest="0" * 64, outcome=Outcome.DONE, exit_code=0, output="ok", ended_at=NOW)
    host = HostStanding("a1", "his-1", RequestState.DONE, "", NOW, result)
    record = RequestRecord(
        id="b" * 32, site="seoul", ticket_id=1, ticket="2026-000001",
        asked=Asked(product="his", action="a", parameters={"p": "1"}, reason="r", hosts=["a1"]),
        made_by="jh", made_at=NOW, not_after=NOW, digest="0" * 64, hosts=[host],
    )  # fmt: skip
    shown = msgspec.json.decode(msgspec.json.encode(request_view(record)))
    progress = read_progress(shown)
    assert (progress.is_over, progress.is_draft, progress.parameters) == (True, False, {"p": "1"})
    assert progress.hosts[0].result is not None
    assert (progress.hosts[0].result.exit_code, progress.hosts[0].result.output) == (0, "ok")


def test_a_choice_without_actions_is_an_empty_list() -> None:
    choice = Choice("seoul", "his", {"a1": "his-1"}, frozenset({"a1"}), None)
    shown = choice_view(choice, "2026-000001")
    assert shown["actions"] == []
    assert shown["hosts"] == [{"agent": "a1", "hostname": "his-1", "named": True}]
