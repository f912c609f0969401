"""Two routes for agents, one for health, nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from collector.ingest import exchange
from tests.builders import an_event
from tests.fakes.exchange_desk import Desk, play
from tests.fakes.signing_agent import SigningAgent
from wire import envelope


def test_other_methods(tmp_path: Path) -> None:
    async def story(desk: Desk, _: SigningAgent) -> None:
        for method, path in (("GET", "/v1/exchange"), ("PUT", "/v1/enrol"), ("DELETE", "/v1/enrol")):
            assert (await desk.client.request(method, path)).status_code == 405

    play(tmp_path, story)


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/exchange/", "/v1/%65xchange", "//v1/exchange", "/docs", "/v1/EXCHANGE"]
)
def test_nothing_else_is_there(path: str, tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        sent = agent.exchange(agent.batch(an_event()))
        response = await desk.client.post(path, headers=sent.headers, content=sent.body)
        assert response.status_code == 404

    play(tmp_path, story)


def test_health_is_503_when_a_part_is_dead(tmp_path: Path) -> None:
    async def story(desk: Desk, _: SigningAgent) -> None:
        answer = await desk.client.get("/healthz")
        assert (answer.status_code, answer.json()["writer"], answer.json()["jobs"]) == (503, True, False)
        desk.engine.jobs.start()
        assert (await desk.client.get("/healthz")).status_code == 503, "the history is not folded"
        desk.engine.history.start()
        try:
            assert (await desk.client.get("/healthz")).status_code == 200
            assert (await desk.client.head("/healthz")).content == b""
        finally:
            desk.engine.history.stop()
            desk.engine.jobs.stop()

    play(tmp_path, story)


def test_a_request_that_the_end_of_the_process_cuts_off_is_told_so(tmp_path: Path) -> None:
    """The server cancels what has not ended when its patience has; a bare 500 would call it a defect."""

    async def story(desk: Desk, agent: SigningAgent) -> None:
        sent = agent.exchange(agent.batch(an_event()))
        headers = [(name.encode(), value.encode()) for name, value in sent.headers.items()]
        scope = {
            "type": "http",
            "method": "POST",
            "path": sent.path,
            "raw_path": sent.path.encode(),
            "headers": headers,
        }
        asked = asyncio.Event()
        said: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            asked.set()
            return await asyncio.Future()

        async def send(message: MutableMapping[str, Any]) -> None:
            said.append(message)

        request = asyncio.create_task(desk.app(scope, receive, send))
        await asked.wait()
        request.cancel()
        await request
        assert said[0]["status"] == 503
        assert envelope.decode_refusal(said[1]["body"]).error == "stopping"
        assert {b"retry-after", b"connection"} <= {name for name, _ in said[0]["headers"]}

    play(tmp_path, story)


def test_a_defect_of_ours_is_logged_and_told_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_plain: bytes) -> None:
        raise KeyError("a secret of ours")

    async def story(desk: Desk, agent: SigningAgent) -> None:
        monkeypatch.setattr(exchange, "read_batch", broken)
        answer = await desk.send(agent.exchange(agent.batch(an_event())))
        assert (answer.status_code, envelope.decode_refusal(answer.content).error) == (500, "internal")
        assert answer.headers["connection"] == "close"
        assert "secret" not in answer.text
        assert "a secret of ours" in caplog.text

    play(tmp_path, story)
