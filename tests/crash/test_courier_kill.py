"""A courier is killed after its call arrived and before it could note that: the call comes again, with its id."""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from collector.notify.calling import Calling
from collector.notify.loop import courier_of, lapse, trusting
from collector.notify.model import Channel
from collector.notify.people import service as people
from collector.notify.policy import LEASE_S
from collector.notify.sealing import Seal
from collector.parts import Parts
from collector.settings import Settings
from collector.settings.model import Messages
from collector.store.key_file import receipt_key
from collector.store.opening import open_store_in

pytestmark = pytest.mark.crash


class Receiver:
    """Takes calls; while `answers` is clear it has taken them and does not answer."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.arrived = threading.Event()
        self.answers = threading.Event()
        self.address = ""


@contextmanager
def receiver() -> Iterator[Receiver]:
    taken = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            taken.ids.append(self.headers["webhook-id"])
            taken.arrived.set()
            taken.answers.wait(30)
            try:
                self.send_response(204)
                self.end_headers()
            except OSError:
                return

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name of the library
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    taken.address = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield taken
    finally:
        taken.answers.set()
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.mark.parametrize("killed", [True, False])
def test_killed_between_sending_and_noting(tmp_path: Path, killed: bool) -> None:
    later = [timedelta()]
    parts = Parts(
        settings=Settings(state=str(tmp_path), messages=Messages(allow_loopback=True)),
        store=open_store_in(tmp_path),
        receipt_key=receipt_key(tmp_path, secrets.token_hex(16)),
        generation="g",
        now=lambda: datetime.now(UTC) + later[0],
        monotonic=time.monotonic,
        new_secret=lambda: secrets.token_hex(16),
    )
    try:
        with receiver() as taken:
            people.add_webhook(parts, "chat", taken.address, ())
            people.send_test_call(parts, "chat")
            child = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("courier_child.py")), str(tmp_path)],
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[2],
                env={"PYTHONPATH": str(Path(__file__).parents[2])},
            )
            assert taken.arrived.wait(30)
            if killed:
                child.kill()
            taken.answers.set()
            said, _ = child.communicate(timeout=30)
            assert said == ("" if killed else "delivered\n")
            courier = courier_of(parts, Channel.WEBHOOK, Calling(Seal(parts.receipt_key), trusting(None), True))
            assert not courier.deliver(), "while the claim lasts nobody else sends it"
            later[0] = timedelta(seconds=LEASE_S)
            assert lapse(parts) == int(killed)
            assert courier.deliver() is killed
        assert len(set(taken.ids)) == 1, "one id"
        assert len(taken.ids) == 1 + int(killed), "at least once"
        with parts.store.reading() as connection:
            assert connection.exec_driver_sql("SELECT state FROM message").scalars().all() == ["sent"]
            events = list(connection.exec_driver_sql("SELECT event FROM message_attempt ORDER BY id").scalars())
        assert events == (["lapse", "deliver"] if killed else ["deliver"])
    finally:
        parts.store.close()
