"""Billing: invoices go to a worker in a process of its own, claims to the insurer's gateway."""

from __future__ import annotations

import json
import logging
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from deploy.demo.clinic.database import Database
from deploy.demo.clinic.gateway import Gateway
from deploy.demo.clinic.refusal import Refused

_log = logging.getLogger("billing")
WORKER = "deploy.demo.clinic.worker"
_GATEWAY_S = 1.0


class Billing:
    """Issues invoices through its worker and sends claims. `path` is the database file."""

    def __init__(self, database: Database, path: Path, gateway: Gateway) -> None:
        self._database = database
        self._path = path
        self._gateway = gateway
        self._worker: subprocess.Popen[str] | None = None
        self._stopping = False
        self._lock = threading.Lock()
        self._unanswered: set[str] = set()

    def start_worker(self) -> int:
        """Start the worker unless it runs; its process number, once it has said that it is ready."""
        with self._lock:
            if self._worker is not None and self._worker.poll() is None:
                return self._worker.pid
            argv = [sys.executable, "-m", WORKER, str(self._path)]
            worker = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
            self._worker = worker
            assert worker.stdout is not None  # noqa: S101  # for the type checker: it is a pipe
            worker.stdout.readline()
            _log.info("worker %d is ready", worker.pid)
        threading.Thread(target=self._watch, args=(worker,), daemon=True).start()
        return worker.pid

    def stop(self) -> None:
        """End the worker and wait for it."""
        self._stopping = True
        worker = self._worker
        if worker is not None and worker.poll() is None:
            worker.terminate()
            worker.wait()

    def invoice(self, patient_id: int, amount: int) -> int:
        """Write an invoice and give it to the worker."""
        with self._database.request() as connection:
            done = connection.execute("INSERT INTO invoice (patient_id, amount) VALUES (?, ?)", (patient_id, amount))
            number = int(done.lastrowid or 0)
        worker = self._worker
        try:
            if worker is None or worker.poll() is not None or worker.stdin is None:
                raise BrokenPipeError
            worker.stdin.write(json.dumps({"invoice": number, "amount": amount}) + "\n")
            worker.stdin.flush()
        except OSError as error:
            _log.warning("invoice %d waits: the worker is away", number)
            raise Refused(503, "invoices cannot be issued") from error
        return number

    def claim(self, insurer: str, number: int) -> str:
        """Send one claim to the insurer's gateway; its answer."""
        try:
            with socket.create_connection(("127.0.0.1", self._gateway.port), timeout=_GATEWAY_S) as line:
                line.sendall(f"CLAIM {number}\n".encode())
                answer = line.recv(100).decode()
        except OSError as error:
            self._unanswered.add(insurer)
            _log.error("claim %d not sent to insurer %s: %s", number, insurer, error)
            raise Refused(502, "the insurer cannot be reached") from error
        if insurer in self._unanswered:
            self._unanswered.discard(insurer)
            _log.info("insurer %s answers again", insurer)
        return answer.strip()

    def _watch(self, worker: subprocess.Popen[str]) -> None:
        code = worker.wait()
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue  # what was left in the pipe had nobody to read it
        if not self._stopping:
            cause = f"signal {-code} ({signal.Signals(-code).name})" if code < 0 else f"exit code {code}"
            _log.critical("worker %d ended by %s, invoices wait", worker.pid, cause)
