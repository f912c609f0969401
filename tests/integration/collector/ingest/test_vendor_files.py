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
from tests.fakes.running_collector import command, running_collector, settings_in
from tests.fakes.vendor import FakeVendor


@pytest.fixture
def vendor(tmp_path: Path) -> FakeVendor:
    made = FakeVendor(tmp_path / "vendor")
    made.publish()
    return made


def _raw(port: int, target: str) -> bytes:
    """A request target that a library would tidy up first."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1"))
        parts = []
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def test_a_host_is_served(tmp_path: Path, vendor: FakeVendor) -> None:
    settings_in(tmp_path)
    with running_collector(tmp_path) as running:
        assert httpx.get(f"{running.exchange}/v1/vendor/metadata/timestamp.json").status_code == 404
        ran = command(tmp_path, "vendor", "load", str(vendor.out))
        assert (ran.returncode, "timestamp version 1" in ran.stdout) == (0, True), ran.stderr

        def fetch(name: str, most: int) -> bytes:
            answer = httpx.get(f"{running.exchange}/v1/vendor/{name}")
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
            assert _raw(running.port, target).startswith(b"HTTP/1.1 404"), target
        assert httpx.post(f"{running.exchange}/v1/vendor/metadata/1.root.json").status_code == 404


def test_loading_is_refused_with_a_reason(tmp_path: Path, vendor: FakeVendor) -> None:
    settings_in(tmp_path)
    ran = command(tmp_path, "vendor", "load", str(tmp_path))
    assert (ran.returncode, "no published repository" in ran.stderr) == (1, True)
    copy_published(vendor.out, tmp_path / "elsewhere")
    assert command(tmp_path, "vendor", "load", str(tmp_path / "elsewhere"), "--json").stdout == '{"timestamp":1}\n'


def test_many_ask_at_once(tmp_path: Path, vendor: FakeVendor) -> None:
    settings_in(tmp_path)
    copy_published(vendor.out, tmp_path / "state/vendor")

    async def ask(address: str) -> set[int]:
        async with httpx.AsyncClient() as client:
            answers = await asyncio.gather(*(client.get(address) for _ in range(50)))
        return {answer.status_code for answer in answers}

    with running_collector(tmp_path) as running:
        assert asyncio.run(ask(f"{running.exchange}/v1/vendor/metadata/timestamp.json")) == {200}
