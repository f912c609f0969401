from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from remediation.backup.errors import TargetUnavailable
from remediation.backup.manifest import Manifest, decode_manifest
from remediation.backup.model import Snapshot
from remediation.backup.stage import Stage, stage_of

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def test_it_is_empty_at_first_and_gone_at_the_end(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    (stage.folder / "databases/left").mkdir(parents=True)
    with stage.opened():
        assert list(stage.folder.iterdir()) == []
        stage.database("orders").joinpath("dump").write_bytes(b"12345")
        assert stage.size_bytes() == 5
        assert stage.folder.stat().st_mode & 0o077 == 0
    assert not stage.folder.exists()


def test_room_is_asked_for_before(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    with stage.opened():
        stage.demand_room(1, 0)
        with pytest.raises(TargetUnavailable, match="larger disk"):
            stage.demand_room(0, 2**60)


def test_the_manifest_is_readable(tmp_path: Path) -> None:
    stage, manifest = Stage(tmp_path), Manifest(run="r", site="s", host="h", at=NOW)
    with stage.opened():
        stage.write_manifest(manifest)
        assert decode_manifest((stage.folder / "manifest.json").read_bytes()) == manifest


def test_a_snapshot_says_where_its_stage_stood() -> None:
    def found(*roots: str, **labels: str) -> str:
        return stage_of(Snapshot("s", NOW, "h", roots, labels))

    assert found("/srv", "/var/lib/sitewarden-backup/sitewarden-stage") == "/var/lib/sitewarden-backup/sitewarden-stage"
    assert found("/", stage="/var/x") == "/var/x"
    assert found("/srv") == ""
