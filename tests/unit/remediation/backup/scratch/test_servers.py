from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from remediation.backup.errors import RestoreRefused
from remediation.backup.manifest import DatabaseFacts
from tests.fakes.saved_databases import SCRATCH

FACTS = DatabaseFacts(name="clinic", engine="oracle", version="23", files=[])


def test_an_engine_without_a_server_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RestoreRefused, match="there is no scratch server for oracle"):
        SCRATCH.load(FACTS, tmp_path, tmp_path / "s")


@pytest.mark.parametrize("version", ["9.6.24", "99.1", "nonsense"])
def test_a_version_that_this_host_does_not_have_is_refused(tmp_path: Path, version: str) -> None:
    facts = replace(FACTS, engine="postgresql", version=version)
    with (
        pytest.raises(RestoreRefused, match="this host has no server of that version; install it"),
        SCRATCH.load(facts, tmp_path, tmp_path / "s"),
    ):
        pass
    assert not (tmp_path / "s").exists()
