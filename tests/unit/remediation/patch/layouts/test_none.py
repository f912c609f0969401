from __future__ import annotations

from remediation.patch.layouts.none import NoFiles


def test_a_patch_of_databases_alone_has_no_file_to_differ() -> None:
    files = NoFiles()
    for act in (files.check, files.recheck, files.switch, files.switch_back, files.tidy, files.abandon):
        act()
    assert files.is_new()
    assert files.is_old()
