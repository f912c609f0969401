"""Bounds that the shape itself keeps."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from remediation.patch.manifest import Manifest
from tests.fakes.made_patch import a_manifest


def converted(**fields: Any) -> Manifest:
    return msgspec.convert({**msgspec.to_builtins(a_manifest()), **fields}, Manifest)


@pytest.mark.parametrize(
    "fields",
    [
        {"format": 2},
        {"id": "His"},
        {"id": "-x"},
        {"id": "x" * 65},
        {"id": "x\n"},
        {"product": "his/../x"},
        {"from_versions": []},
        {"to_version": ""},
        {"root": "opt/his"},
        {"root": "/"},
        {"root": "/opt/his\n"},
        {"from_tree": "abc"},
        {"made_at": "2026-11-22T00:00:00"},
        {"files": [{"path": "/x"}]},
        {"files": [{"path": "x", "mode": 0o1755}]},
        {"files": [{"path": "x", "new": "A" * 64}]},
        {"payload": {"sha256": "0" * 64, "size_bytes": -1, "unpacked_bytes": 0}},
        {"services": [{"name": "a", "unit": "a.timer"}]},
        {"gate": {"soak_s": -1}},
        {"surprise": 1},
    ],
)
def test_out_of_bounds(fields: dict[str, Any]) -> None:
    assert converted() == a_manifest()
    with pytest.raises(msgspec.ValidationError):
        converted(**fields)
