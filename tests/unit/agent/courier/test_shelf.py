from __future__ import annotations

from pathlib import Path

from agent.courier.shelf import FOLDER_NAME, Shelf
from agent.courier.sorting import sort_document
from tests.fakes.maintained_host import MaintainedHost
from wire.documents.envelope import encode_envelope


def test_a_document_lies_there_once_until_it_is_dropped(tmp_path: Path) -> None:
    host = MaintainedHost(tmp_path)
    document = sort_document(encode_envelope(host.request()))
    shelf = Shelf(tmp_path)
    assert shelf.documents() == []
    assert shelf.put(document)
    assert not shelf.put(document)
    assert Shelf(tmp_path).documents() == [document]
    shelf.drop(document)
    shelf.drop(document)
    assert shelf.documents() == []


def test_what_cannot_be_read_is_dropped(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER_NAME
    folder.mkdir()
    (folder / "broken.json").write_bytes(b"{")
    assert Shelf(tmp_path).documents() == []
    assert list(folder.iterdir()) == []
