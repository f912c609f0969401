from __future__ import annotations

import os
from pathlib import Path

from agent.health.probes.reboot import Reboot
from tests.builders import NOW
from tests.fakes.probes import bad, readings


def test_a_restart_that_is_due_for_long(tmp_path: Path) -> None:
    mark = tmp_path / "reboot-required"
    probe = Reboot(7 * 86_400, required=mark)
    assert readings(probe, NOW) == []
    mark.touch()
    (tmp_path / "reboot-required.pkgs").write_text("linux-image-amd64\nlibc6\nlibc6\n")
    for days, wanted in ((6, []), (8, [("HOST-RBT-0001", "")])):
        at = NOW.timestamp() - days * 86_400
        os.utime(mark, (at, at))
        assert bad(probe, NOW) == wanted
    assert readings(probe, NOW)[0].text.endswith("because of libc6, linux-image-amd64")
