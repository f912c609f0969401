"""Without a service manager the executor brings what was cut off to its end before it serves anybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediation.executor.app import Setting, _recover_patches
from remediation.patch.state import PatchState
from tests.fakes.patched_host import PatchedHost, cut_off


def test_what_was_cut_off_is_old_again_with_the_real_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = PatchedHost(tmp_path, services=[])
    setting = Setting(host.folder, tmp_path / "socket", tmp_path / "inbox", frozenset(), 0.0)
    _recover_patches(setting)
    host.ask()
    cut_off(host, PatchState.SWITCHED, monkeypatch)
    assert host.site_files.version() == "new"
    with host.jobs.locked():
        _recover_patches(setting)  # somebody is at work
    assert host.site_files.version() == "new"
    _recover_patches(setting)
    assert host.site_files.version() == "old"
    assert host.jobs.attempts()[-1].state is PatchState.ROLLED_BACK
