from __future__ import annotations

import os

from agent.health.host import read_boot, read_host


def test_this_host() -> None:
    host = read_host()
    assert host.hostname == os.uname().nodename
    assert host.kernel == os.uname().release
    assert host.os


def test_this_boot() -> None:
    first, second = read_boot(), read_boot()
    assert first[0] == second[0]
    assert len(first[0]) >= 36
    assert 0 < first[1] <= second[1]
