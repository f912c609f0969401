"""The exchange listener serves the vendor's files by strict names, and nothing else of its state folder."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import httpx
import pytest

from remediation.trust.copying import copy_published
from remediation.trust.vendor import VendorRepository
from tests.builders import NOW
from tests.fakes.exchange_desk import Desk, play
from tests.fakes.running_collector import Running, add_site, command, enrol, running_collector, settings_in
from tests.fakes.signing_agent import Sent, SigningAgent
from tests.fakes.vendor import FakeVendor
from wire import enrolment


@pytest.fixture
def vendor(tmp_path: Path) -> FakeVendor:
    made = FakeVendor(tmp_path / "vendor")
    made.publish()
    return made


def _ask(running: Running, agent: SigningAgent, name: str) -> httpx.Response:
    sent = agent.question(name)
    return httpx.get(f"{running.exchange}{sent.path}", headers=sent.headers)


def _raw(port: int, target: str, fields: dict[str, str]) -> bytes:
    """A request target that a library would tidy up first."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "x", "Connection": "close", **fields}.items())
        connection.sendall(f"GET {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1"))
        parts = []
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def test_a_host_is_served(tmp_path: Path, vendor: FakeVendor) -> None:
    settings_in(tmp_path)
    with running_collector(tmp_path) as running:
        agent = enrol(running, add_site(tmp_path))
        assert _ask(running, agent, "metadata/timestamp.json").status_code == 404
        ran = command(tmp_path, "vendor", "load", str(vendor.out))
        assert (ran.returncode, "timestamp version 1" in ran.stdout) == (0, True), ran.stderr

        def fetch(name: str, most: int) -> bytes:
            answer = _ask(running, agent, name)
            if answer.status_code == 404:
                raise FileNotFoundError(name)
            assert len(answer.content) <= most
            return answer.content

        host = VendorRepository(tmp_path / "host", fetch)
        host.install_root(vendor.root())
        host.refresh(NOW)
        assert host.load(NOW).actions["his"][1].version == "1.0"

        for target in (
            "/v1/vendor/",
            "/v1/vendor/metadata/",
            "/v1/vendor/../receipt-key.pem",
            "/v1/vendor/metadata/../../receipt-key.pem",
            "/v1/vendor/metadata/%2e%2e/%2e%2e/receipt-key.pem",
            "/v1/vendor/metadata/1.root.json/",
            "/v1/vendor/metadata/9.root.json",
            "/v1/vendor//metadata/1.root.json",
            "/v1/vendor/targets/x",
        ):
            sent = agent.question(target.removeprefix("/v1/vendor/"))
            assert _raw(running.port, target, sent.headers).startswith(b"HTTP/1.1 404"), target
        assert httpx.post(f"{running.exchange}/v1/vendor/metadata/1.root.json").status_code == 404


def test_loading_is_refused_with_a_reason(tmp_path: Path, vendor: FakeVendor) -> None:
    settings_in(tmp_path)
    ran = command(tmp_path, "vendor", "load", str(tmp_path))
    assert (ran.returncode, "no published repository" in ran.stderr) == (1, True)
    copy_published(vendor.out, tmp_path / "elsewhere")
    assert (
        command(tmp_path, "vendor", "load", str(tmp_path / "elsewhere"), "--json").stdout
        == '{"timestamp":1,"patches":0}\n'
    )


def test_many_ask_at_once(tmp_path: Path, vendor: FakeVendor) -> None:
    settings_in(tmp_path)
    copy_published(vendor.out, tmp_path / "state/vendor")

    async def ask(running: Running, agent: SigningAgent) -> set[int]:
        sent = [agent.question("metadata/timestamp.json") for _ in range(50)]
        async with httpx.AsyncClient(base_url=running.exchange) as client:
            answers = await asyncio.gather(*(client.get(each.path, headers=each.headers) for each in sent))
        return {answer.status_code for answer in answers}

    with running_collector(tmp_path) as running:
        agent = enrol(running, add_site(tmp_path))
        assert asyncio.run(ask(running, agent)) == {200}


def test_nobody_but_an_enrolled_agent_is_told_anything(tmp_path: Path, vendor: FakeVendor) -> None:
    copy_published(vendor.out, tmp_path / "vendor")

    async def story(desk: Desk, agent: SigningAgent) -> None:
        async def status(sent: Sent, path: str = "") -> tuple[int, str]:
            answer = await desk.client.get(path or sent.path, headers=sent.headers)
            return answer.status_code, "" if answer.status_code == 200 else answer.json()["error"]

        name, wrong = "metadata/timestamp.json", enrolment.exchange_tag(desk.receipt_key_id)
        assert await status(agent.question(name)) == (200, "")
        assert await status(Sent(f"/v1/vendor/{name}", {}, b"")) == (401, "signature_absent")
        for file in (name, "metadata/99.root.json"):
            assert await status(desk.stranger().question(file)) == (401, "key_unknown")
        assert (await status(agent.question(name, tag=wrong)))[0] == 401
        assert (await status(agent.question(name), "/v1/vendor/metadata/1.root.json"))[0] == 401
        assert (await status(agent.question(name), f"/v1/vendor/{name}?x=1"))[0] == 401
        stale = agent.question(name)
        desk.clock.move(minutes=11)
        answer = await desk.client.get(stale.path, headers=stale.headers)
        desk.check_signature(answer, enrolment.ack_tag(agent.id), "vendor")
        assert answer.json()["error"] == "clock_skew"

    play(tmp_path, story)
