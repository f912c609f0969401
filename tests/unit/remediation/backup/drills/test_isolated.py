from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediation.backup.drills.isolated import start_isolated
from remediation.backup.errors import RestoreRefused
from remediation.backup.policy_file import ProbeRule, ServiceRule
from remediation.backup.programs import Programs

CAN_ISOLATE = (
    subprocess.run(
        ["unshare", "--user", "--map-root-user", "--net", "true"], check=False, capture_output=True
    ).returncode
    == 0
)
needs_namespaces = pytest.mark.skipif(not CAN_ISOLATE, reason="this machine allows no user and network namespaces")

SERVER = """
import http.server, pathlib, socket, sys
root = pathlib.Path(sys.argv[1])
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[3])), 2)
    text = b"reaches the live one"
except OSError:
    text = (root / "page").read_bytes()
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(text)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Page).serve_forever()
"""


@pytest.fixture
def live() -> Iterator[int]:
    """The live service: a port on this host that a restored one must not reach."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def _rule(root: Path, port: int, live: int, contains: str = "restored") -> ServiceRule:
    (root / "page").write_text("the restored page")
    (root / "server.py").write_text(SERVER)
    argv = [sys.executable, "{root}/server.py", "{root}", str(port), str(live)]
    return ServiceRule(argv=argv, probes=[ProbeRule(port=port, contains=contains)], within_s=5)


@needs_namespaces
def test_a_restored_service_answers_where_it_reaches_nothing(tmp_path: Path, live: int) -> None:
    """It even has the port of the live one, and leaves no process behind."""
    assert list(start_isolated(Programs(time.monotonic), _rule(tmp_path, live, live), tmp_path)) == []
    found = subprocess.run(["pgrep", "-f", f"{tmp_path}/server.py"], check=False, capture_output=True)
    assert found.stdout == b""


@needs_namespaces
def test_a_wrong_answer_and_a_service_that_dies_are_told(tmp_path: Path, live: int) -> None:
    rule = _rule(tmp_path, 8080, live, contains="something else")
    wrong = start_isolated(
        Programs(time.monotonic), ServiceRule(argv=rule.argv, probes=rule.probes, within_s=1), tmp_path
    )
    assert "the text is not in the answer" in wrong[0]
    dead = ServiceRule(argv=["/bin/false"], probes=rule.probes, within_s=5)
    assert "has ended" in start_isolated(Programs(time.monotonic), dead, tmp_path)[0]


def test_without_a_namespace_nothing_is_started(tmp_path: Path, live: int) -> None:
    """The control: a system without `unshare` refuses."""
    nothing = tmp_path / "bin"
    nothing.mkdir()
    programs = Programs(time.monotonic, path=str(nothing))
    with pytest.raises(RestoreRefused, match="apart from the network"):
        start_isolated(programs, _rule(tmp_path, 8080, live), tmp_path)
    assert not (tmp_path / "drill.log").exists()
    assert (tmp_path / "server.py").exists()
