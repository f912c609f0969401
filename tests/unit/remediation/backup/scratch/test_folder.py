"""A scratch folder is empty before, gone afterwards, and found again after a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from remediation.backup.errors import RestoreRefused
from remediation.backup.scratch.folder import LEASE, LIVE_MARKS, checked_account, let_through, scratch_folder, sweep

HOLDER = """
import sys, time
from pathlib import Path
from remediation.backup.scratch.folder import scratch_folder
with scratch_folder(Path(sys.argv[1]), ""):
    print("made", flush=True)
    time.sleep(60)
"""


def test_a_folder_for_the_length_of_a_block(tmp_path: Path) -> None:
    with scratch_folder(tmp_path / "s", "") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "cluster").mkdir()
    assert not (tmp_path / "s").exists()
    with pytest.raises(KeyboardInterrupt), scratch_folder(tmp_path / "s", ""):
        raise KeyboardInterrupt
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("mark", LIVE_MARKS)
def test_nothing_is_made_in_the_folder_of_a_server(tmp_path: Path, mark: str) -> None:
    (tmp_path / mark).touch()
    for inside in (tmp_path / "s", tmp_path / "a/b"):
        with pytest.raises(RestoreRefused, match="inside the folder of a database server"), scratch_folder(inside, ""):
            pass
    with pytest.raises(RestoreRefused, match="is not an empty folder"), scratch_folder(tmp_path, ""):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [mark]


def test_links_files_and_long_paths_are_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "file").touch()
    for wrong in ("link", "file", "x" * 100):
        with pytest.raises(RestoreRefused), scratch_folder(tmp_path / wrong, ""):
            pass


def test_the_account(tmp_path: Path) -> None:
    assert checked_account("whoever", 1_000) == ""
    assert checked_account("nobody", 0) == "nobody"
    for wrong in ("", "root", "postgres", "no-such-account"):
        with pytest.raises(RestoreRefused):
            checked_account(wrong, 0)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends a folder to another account")
def test_a_private_folder_is_opened_for_the_one_account(tmp_path: Path) -> None:
    with TemporaryDirectory(prefix="sw-", dir="/tmp") as root:
        Path(root).chmod(0o711)
        private = Path(root, "private")
        private.mkdir(mode=0o700)
        with (
            pytest.raises(RestoreRefused, match="nobody may not pass through"),
            scratch_folder(private / "s", "nobody"),
        ):
            pass
        let_through(private, "nobody")
        assert private.stat().st_mode & 0o777 == 0o710
        with scratch_folder(private / "s", "nobody") as folder:
            assert folder.owner() == "nobody"
            subprocess.run(["touch", folder / "file"], user="nobody", group="nogroup", extra_groups=[], check=True)


def test_what_a_dead_one_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "without lease").mkdir()
    with subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path / "s"], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"made\n"
        assert sweep(tmp_path) == []
        holder.send_signal(signal.SIGKILL)
    assert (tmp_path / "s" / LEASE).exists()
    server = _server_in(tmp_path / "s")
    assert sweep(tmp_path) == [tmp_path / "s"]
    assert server.wait(10) == -signal.SIGKILL
    assert sorted(path.name for path in tmp_path.iterdir()) == ["redis-server", "without lease"]
    assert sweep(tmp_path / "absent") == []


def test_a_lease_of_an_earlier_boot_is_not_held(tmp_path: Path) -> None:
    with scratch_folder(tmp_path / "s", "") as folder:
        lease = (folder / LEASE).read_text()
        assert str(os.getpid()) in lease
        (folder / LEASE).write_text(lease.replace('"boot":"', '"boot":"0'))
        assert sweep(tmp_path) == [folder]


def _server_in(folder: Path) -> subprocess.Popen[bytes]:
    """Something that is called like a server and works in the folder."""
    program = folder.parent / "redis-server"
    program.write_bytes(Path("/bin/sleep").read_bytes())
    program.chmod(0o755)
    server = subprocess.Popen([program, "60"], cwd=folder)
    assert Path(f"/proc/{server.pid}/cwd").readlink() == folder
    return server
