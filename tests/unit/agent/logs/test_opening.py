from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path

import pytest

from agent.logs.opened import PlainLog
from agent.logs.opening import NotReadable, checked_status, open_log, open_seen
from tests.fakes.persons import as_nobody


def test_a_regular_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(b"x" * 2_000)
    log, seen = open_seen(str(tmp_path / "app.log"))
    try:
        assert (seen.size, seen.head) == (2_000, b"x" * 1_024)
        assert log.look() == seen
        assert isinstance(log, PlainLog)
        assert not os.get_inheritable(log.descriptor)
    finally:
        log.close()


@pytest.mark.parametrize("kind", ["directory", "FIFO", "symbolic link", "socket", "device"])
def test_what_is_no_regular_file_is_refused_and_does_not_block(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    if kind == "directory":
        path.mkdir()
    elif kind == "FIFO":
        os.mkfifo(path)
    elif kind == "symbolic link":
        path.symlink_to("/etc/passwd")
    elif kind == "device":
        path = Path("/dev/null")
    else:
        monkeypatch.chdir(tmp_path)  # a socket's path is short
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("log")
    for function in (open_log, checked_status, open_seen):
        with pytest.raises(NotReadable, match=kind):
            function(str(path))


def test_a_person_may_name_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.log").touch()
    (tmp_path / "link.log").symlink_to("real.log")
    os.close(open_log(str(tmp_path / "link.log"), follow_links=True))


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_log(str(tmp_path / "none.log"))
    with pytest.raises(NotReadable):
        open_log("a\0b")


def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = Path(tempfile.mkdtemp(dir="/tmp")) / "app.log"  # tmp_path cannot be entered by others
    path.parent.chmod(0o755)
    path.touch(mode=0)
    with as_nobody(), pytest.raises(NotReadable, match="permission"):
        open_log(str(path))
    shutil.rmtree(path.parent)
