from __future__ import annotations

from pathlib import Path

import pytest

from collector.errors import StoreRefused
from collector.store.database import Store
from collector.store.opening import DATABASE, generation_of, open_store_in


def test_the_generation_belongs_to_the_database(tmp_path: Path) -> None:
    def opened(folder: Path, fresh: str) -> str:
        store = open_store_in(folder)
        try:
            return generation_of(store, fresh)
        finally:
            store.close()

    assert [opened(tmp_path / "a", fresh) for fresh in ("g1", "g2")] == ["g1", "g1"], "a restart changes nothing"
    assert opened(tmp_path / "b", "g3") == "g3"


def test_what_it_makes_is_private(tmp_path: Path) -> None:
    store = open_store_in(tmp_path / "deep" / "state")
    store.close()
    folder = tmp_path / "deep" / "state"
    assert [path.stat().st_mode & 0o777 for path in (folder, folder / DATABASE)] == [0o700, 0o600]


def test_a_state_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    with pytest.raises(StoreRefused, match="cannot be used: "):
        open_store_in(tmp_path / "state")
    assert (tmp_path / "state").read_text() == "no folder"


def test_a_database_that_is_refused_is_closed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    close = Store.close

    def noted(store: Store) -> None:
        closed.append(store.name)
        close(store)

    monkeypatch.setattr(Store, "close", noted)
    (tmp_path / DATABASE).write_bytes(b"not a database" * 100)
    with pytest.raises(StoreRefused):
        open_store_in(tmp_path)
    assert closed == [str(tmp_path / DATABASE)]
