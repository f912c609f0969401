from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediation.executor.client import ExecutorClient, ExecutorRefused, NoExecutor
from remediation.executor.server import Manners, Server, own_listener, passed_listener
from tests.fakes.maintained_host import MaintainedHost
from wire.documents.envelope import encode_envelope
from wire.proofs import Outcome

ME = frozenset({os.geteuid()})


@pytest.fixture
def host(tmp_path: Path) -> MaintainedHost:
    folder = tmp_path / "executor"
    folder.mkdir()
    return MaintainedHost(folder)


@contextlib.contextmanager
def served(host: MaintainedHost, path: Path, manners: Manners) -> Iterator[Server]:
    server = Server(own_listener(path), host.executor, manners, time.monotonic)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(10)
        server.close()
        assert not thread.is_alive()


def client(path: Path) -> ExecutorClient:
    return ExecutorClient(path, time.monotonic)


def test_a_request_is_served_and_its_socket_is_not_for_all(host: MaintainedHost, tmp_path: Path) -> None:
    path = tmp_path / "s"
    request = host.request()
    with served(host, path, Manners(ME)):
        assert path.stat().st_mode & 0o777 == 0o660
        result = client(path).run(encode_envelope(request), [host.approval(request)])
        assert result.outcome is Outcome.DONE
        assert client(path).status().records == 2
        assert client(path).audit_head().head.size == 2
        with pytest.raises(ExecutorRefused):
            client(path).revoke(encode_envelope(request))


def test_another_user_is_cut_off_unread(host: MaintainedHost, tmp_path: Path) -> None:
    request = host.request()
    with served(host, tmp_path / "s", Manners(frozenset({os.geteuid() + 1}))), pytest.raises(NoExecutor):
        client(tmp_path / "s").run(encode_envelope(request), [host.approval(request)])
    assert host.runner.ran == []
    assert host.kinds() == []


def test_who_says_nothing_does_not_keep_others_waiting(host: MaintainedHost, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with served(host, path, Manners(ME, deadline_s=0.3)), socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(path))
        silent.sendall(b"\x00")
        started = time.monotonic()
        assert client(path).status().records == 0
        assert 0.2 < time.monotonic() - started < 3


def test_it_goes_on_after_nonsense_and_after_who_left(host: MaintainedHost, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with served(host, path, Manners(ME)):
        for raw in (b"", b"\xff\xff\xff\xff", b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x05"):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(path))
                connection.sendall(raw)
        assert client(path).status().records == 0


def test_idle_it_ends(host: MaintainedHost, tmp_path: Path) -> None:
    server = Server(own_listener(tmp_path / "s"), host.executor, Manners(ME, idle_s=0.2), time.monotonic)
    thread = threading.Thread(target=server.serve)
    thread.start()
    client(tmp_path / "s").status()
    thread.join(10)
    assert not thread.is_alive()
    server.close()


def test_a_mistake_is_told_and_ends_nothing(host: MaintainedHost, tmp_path: Path) -> None:
    path = tmp_path / "s"
    host.journal.chain.close()
    with served(host, path, Manners(ME)):
        for _ in range(2):
            with pytest.raises(ExecutorRefused):
                client(path).status()


def test_without_a_server_there_is_no_executor(tmp_path: Path) -> None:
    with pytest.raises(NoExecutor):
        client(tmp_path / "s").status()


@pytest.mark.parametrize(("pid", "count"), [("1", "1"), ("", "1"), ("7", "2"), ("7", "0")])
def test_a_socket_for_another_process_is_not_ours(pid: str, count: str) -> None:
    assert passed_listener({"LISTEN_PID": pid, "LISTEN_FDS": count}, 7) is None
