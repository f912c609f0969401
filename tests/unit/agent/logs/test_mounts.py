from __future__ import annotations

from pathlib import Path

from agent.logs.mounts import Mount, find_mount, read_mounts

TABLE = r"""21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 21 0:44 / /mnt/nas rw,relatime shared:2 - nfs4 server:/export rw
31 21 0:45 / /mnt/two\040words rw - fuse.sshfs me@there: rw
32 30 0:46 / /mnt/nas/local rw - tmpfs none rw
short line
"""


def test_the_longest_mount_wins(tmp_path: Path) -> None:
    (tmp_path / "mountinfo").write_text(TABLE)
    mounts = read_mounts(tmp_path / "mountinfo")
    assert len(mounts) == 4
    expected = {
        "/var/log/app.log": ("/", False),
        "/mnt/nas/app.log": ("/mnt/nas", True),
        "/mnt/nas": ("/mnt/nas", True),
        "/mnt/nasty/app.log": ("/", False),
        "/mnt/two words/a": ("/mnt/two words", True),
        "/mnt/nas/local/app.log": ("/mnt/nas/local", False),
    }
    found = {path: find_mount(path, mounts) for path in expected}
    assert {path: (mount.point, mount.is_remote) for path, mount in found.items() if mount} == expected


def test_the_later_of_two_covers_the_other() -> None:
    mounts = [Mount("/", "ext4"), Mount("/log", "nfs"), Mount("/log", "tmpfs")]
    assert find_mount("/log/a", mounts) == mounts[2]
    assert find_mount("relative", mounts) is None


def test_this_machine_has_a_root() -> None:
    assert find_mount("/", read_mounts()) is not None
    assert read_mounts(Path("/nonexistent")) == []
