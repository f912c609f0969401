from __future__ import annotations

import socket
from pathlib import Path

import pytest

from remediation.backup.sources.login import Login, line_to


def test_a_password_is_never_shown() -> None:
    assert "secret" not in repr(Login("boss", "secret"))


def test_a_line_to_a_socket_or_a_port(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        with line_to(str(tmp_path / "s")) as line:
            assert line.family == socket.AF_UNIX
    with socket.create_server(("127.0.0.1", 0)) as listening, line_to(listening.getsockname()) as line:
        assert line.getpeername() == listening.getsockname()
    with pytest.raises(OSError, match="No such file"), line_to(str(tmp_path / "absent")):
        pass
