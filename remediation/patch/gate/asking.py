"""One question to the product after its start, on this host and nowhere else."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path
from typing import Final

from remediation.backup.programs import Program, Programs
from remediation.patch.gate.verdict import http_place, tcp_place
from remediation.patch.manifest import Probe

ANSWER_BYTES: Final = 1 << 20
_GOOD_FROM, _GOOD_TO = 200, 299


class Asking:
    """Asks probes. `version` is what the patch promises."""

    def __init__(self, programs: Programs, version: str) -> None:
        self._programs = programs
        self._version = version

    def ask(self, probe: Probe) -> str:
        """What is wrong; empty: nothing."""
        try:
            return {"http": self._http, "tcp": self._tcp, "command": self._command, "version": self._read}[probe.kind](
                probe
            )
        except (OSError, http.client.HTTPException) as error:
            return str(error) or type(error).__name__

    def _http(self, probe: Probe) -> str:
        host, port, path = http_place(probe.target)
        connection = http.client.HTTPConnection(host, port, timeout=probe.timeout_s)
        try:
            connection.request("GET", path, headers={"Connection": "close"})
            answer = connection.getresponse()
            body = answer.read(ANSWER_BYTES)
        finally:
            connection.close()
        if not _GOOD_FROM <= answer.status <= _GOOD_TO:
            return f"answers {answer.status}"
        return _held(probe.expect, body.decode(errors="replace"))

    def _tcp(self, probe: Probe) -> str:
        with socket.create_connection(tcp_place(probe.target), timeout=probe.timeout_s) as line:
            return _held(probe.expect, line.recv(ANSWER_BYTES).decode(errors="replace")) if probe.expect else ""

    def _command(self, probe: Probe) -> str:
        ran = self._programs.run(Program(tuple(probe.argv), probe.timeout_s))
        return _held(probe.expect, ran.output.decode(errors="replace")) if ran.is_success else str(ran)

    def _read(self, probe: Probe) -> str:
        with Path(probe.target).open("rb") as file:
            found = file.read(ANSWER_BYTES).decode(errors="replace").strip()
        return "" if found == self._version else f"{probe.target} says {found[:100]!r} and not {self._version!r}"


def _held(expected: str, answer: str) -> str:
    return "" if expected in answer else f"the answer does not hold {expected!r}"
