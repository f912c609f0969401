from __future__ import annotations

from pathlib import Path

import pytest

from remediation.executor.place import FILE_NAME, PlaceFile, PlaceUnknown, read_place, save_place
from wire.keys import generate_key, public_text

PLACE = PlaceFile(site="s", host="a1", host_key=public_text(generate_key()), receipt_key=public_text(generate_key()))


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    save_place(tmp_path, PLACE)
    assert read_place(tmp_path) == PLACE


@pytest.mark.parametrize("raw", [None, b"", b"{}", b'{"site":"s","host":"a1"}', b"\xff"])
def test_without_it_no_document_is_for_this_host(tmp_path: Path, raw: bytes | None) -> None:
    if raw is not None:
        (tmp_path / FILE_NAME).write_bytes(raw)
    with pytest.raises(PlaceUnknown):
        read_place(tmp_path)
