"""The collector as a process: it starts, says where it is, refuses clearly, and ends in order."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.builders import an_event
from tests.fakes.running_collector import Running, command, enrol, running_collector, settings_in
from wire import envelope, frame
from wire.enrolment import parse_token

pytestmark = pytest.mark.e2e

CATALOGUE = """
product: clinic
version: "8"
modules:
  - code: billing
    name: {en: Billing}
    errors:
      - {code: BIL-1001, level: 1, title: {en: Invoices are not sent}, match: [{literal: BIL-1001}]}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("collector")
    settings_in(path)
    return path


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    with running_collector(folder) as found:
        yield found


def test_both_listeners_tell_their_health(running: Running) -> None:
    for name in ("exchange", "console"):
        response = httpx.get(f"{running.facts[name]}/healthz")
        assert response.status_code == 200
        assert response.json()["ok"] is True
        assert response.json()["generation"] == running.facts["generation"]


def test_a_fault_becomes_a_ticket_with_the_level_of_a_catalogue_added_meanwhile(folder: Path, running: Running) -> None:
    with httpx.Client(base_url=running.exchange) as client:
        words = ("--name", "Hospital", "--customer", "Hanbit", "--tz", "Asia/Seoul", "--json")
        added = command(folder, "site", "add", "seoul", *words)
        agent = enrol(running, parse_token(json.loads(added.stdout)["token"]))
        (folder / "clinic.yaml").write_text(CATALOGUE)
        done = command(folder, "catalogue", "add", str(folder / "clinic.yaml"))
        assert done.returncode == 0, done.stderr
        time.sleep(1.0)  # the promise: within a second
        sent = agent.exchange(agent.batch(an_event(level=4, catalogue_version="8")))
        response = client.post(sent.path, headers=sent.headers, content=sent.body)
        assert envelope.decode_reply(frame.unpack(response.content)).mark == 1
        database = sqlite3.connect(folder / "state" / "collector.db")
        [(level, title)] = database.execute("SELECT level, title FROM ticket").fetchall()
        database.close()
        assert (level, json.loads(title)) == (1, {"en": "Invoices are not sent"})
        assert command(folder, "agent", "revoke", agent.id).returncode == 0
        time.sleep(1.0)
        sent = agent.exchange(agent.batch())
        assert client.post(sent.path, headers=sent.headers, content=sent.body).status_code == 403
    listed = command(folder, "agent", "list", "--json")
    assert json.loads(listed.stdout)["state"] == "revoked"
    assert json.loads(command(folder, "site", "list", "--json").stdout)["id"] == "seoul"
    assert json.loads(command(folder, "catalogue", "list", "--json").stdout)["codes"] == 1


RAW = {
    "length and chunks": b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
    "two lengths": b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a negative length": b"Content-Length: -3\r\n\r\n",
    "a header without a colon": b"nonsense\r\n\r\n",
    "a NUL in a header": b"X-A: a\x00b\r\n\r\n",
}


@pytest.mark.parametrize("name", RAW)
def test_requests_that_could_be_read_in_two_ways(name: str, running: Running) -> None:
    assert _raw(running, b"POST /v1/exchange HTTP/1.1\r\nHost: c\r\n" + RAW[name]).startswith(b"HTTP/1.1 400 ")


def test_a_head_without_end_is_cut(running: Running) -> None:
    answer = _raw(running, b"GET /healthz HTTP/1.1\r\n" + b"X-A: b\r\n" * 20_000)
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_a_head_of_128_kilobytes_is_refused(running: Running) -> None:
    head = b"POST /v1/exchange HTTP/1.1\r\nHost: c\r\nX-A: " + b"x" * 128_000 + b"\r\n\r\n"
    assert _raw(running, head).startswith(b"HTTP/1.1 431 ")


def test_a_whole_request_after_many_on_one_connection(running: Running) -> None:
    """The count of a head starts again with each request."""
    with httpx.Client(base_url=running.exchange) as client:
        for _ in range(60):
            assert client.get("/healthz", headers={"x-a": "x" * 2_000}).status_code == 200


def _raw(running: Running, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", running.port), timeout=15) as connection:
        answer = b""
        with contextlib.suppress(ConnectionError):  # it had enough
            connection.sendall(request)
            while piece := connection.recv(65_536):
                answer += piece
        return answer


def _refused(folder: Path, settings: str) -> str:
    """One line on standard error, exit 1, no traceback."""
    settings_in(folder, settings)
    done = command(folder, "serve")
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    [line] = done.stderr.strip().splitlines()
    return line


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = _refused(tmp_path, f"state: s\nexchange: {{port: {port}}}\nconsole: {{port: 0}}\n")
    assert f"cannot listen on 127.0.0.1, port {port}: " in line


def test_plain_http_beyond_loopback(tmp_path: Path) -> None:
    line = _refused(tmp_path, "state: s\nexchange: {host: 0.0.0.0, port: 0}\nconsole: {port: 0}\n")
    assert "plain HTTP is for this machine alone" in line


def test_a_missing_certificate(tmp_path: Path) -> None:
    line = _refused(tmp_path, "state: s\nexchange: {port: 0, certificate: c.pem, key: k.pem}\nconsole: {port: 0}\n")
    assert "c.pem" in line
    assert "there is no such file" in line


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    settings_in(tmp_path)
    assert command(tmp_path, "site", "list").returncode == 0
    path = tmp_path / "s" / "collector.db"
    (tmp_path / "state").rename(tmp_path / "s")
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    before = path.read_bytes()
    line = _refused(tmp_path, "state: s\nexchange: {port: 0}\nconsole: {port: 0}\n")
    assert "was written by a newer version" in line
    assert path.read_bytes() == before


def test_missing_and_wrong_settings(tmp_path: Path) -> None:
    assert command(tmp_path, "serve").returncode == 2
    settings_in(tmp_path, "state: s\nrules:\n  heartbeat_s: soon\n")
    done = command(tmp_path, "serve")
    assert done.returncode == 2
    assert ":3:16: " in done.stderr


def test_state_and_key_are_private(folder: Path, running: Running) -> None:
    assert running.process.poll() is None
    state = folder / "state"
    modes = {
        path.name: path.stat().st_mode & 0o777 for path in (state, state / "collector.db", state / "receipt-key.pem")
    }
    assert modes == {"state": 0o700, "collector.db": 0o600, "receipt-key.pem": 0o600}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order(number: signal.Signals, tmp_path: Path) -> None:
    settings_in(tmp_path)
    with running_collector(tmp_path) as running, httpx.Client(base_url=running.exchange) as client:
        assert client.get("/healthz").status_code == 200  # an open connection does not hold it up
        running.process.send_signal(number)
        assert running.process.wait(timeout=15) == 0


def test_tls(tmp_path: Path) -> None:
    words = ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    files = ["-keyout", str(tmp_path / "k.pem"), "-out", str(tmp_path / "c.pem")]
    extra = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*words, *files, *extra], check=True, capture_output=True)
    tls = "{port: 0, certificate: c.pem, key: k.pem}"
    settings_in(tmp_path, f"state: s\nexchange: {tls}\nconsole: {tls}\n")
    with running_collector(tmp_path) as running:
        assert running.exchange.startswith("https://127.0.0.1:")
        import ssl

        context = ssl.create_default_context(cafile=str(tmp_path / "c.pem"))
        with httpx.Client(verify=context) as client:
            assert client.get(f"{running.exchange}/healthz").status_code == 200
