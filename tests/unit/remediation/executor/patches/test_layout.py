from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from remediation.executor.patches.layout import files_for
from remediation.patch.layouts.in_place import InPlace
from remediation.patch.layouts.none import NoFiles
from remediation.patch.layouts.releases import Releases
from remediation.patch.manifest import Layout
from tests.fakes.patched_host import PatchedHost


@pytest.mark.parametrize(("layout", "kind"), [(Layout.RELEASES, Releases), (Layout.IN_PLACE, InPlace)])
def test_the_layout_says_how_files_are_exchanged(tmp_path: Path, layout: Layout, kind: type[object]) -> None:
    host = PatchedHost(tmp_path, layout)
    host.ask()
    (job,) = host.jobs.all()
    assert isinstance(files_for(host.manifest, job), kind)
    assert isinstance(files_for(msgspec.structs.replace(host.manifest, files=[]), job), NoFiles)
