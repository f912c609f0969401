"""The board reads again what changed: a module's version, a host that is gone."""

from __future__ import annotations

from pathlib import Path

from collector.patches.board import Board
from tests.fakes.patches import NOW, back_up, install, keep_patch
from tests.fakes.seeded_console import Seeds
from tests.fakes.stores import open_store


def test_a_changed_version_and_a_revoked_host_show_at_once(tmp_path: Path) -> None:
    store = open_store(tmp_path / "c.db")
    seeds = Seeds(store)
    agent = seeds.host(seeds.site())
    patch = keep_patch(store)
    install(store, agent, "daejeon", {patch.module: "1.9"})
    back_up(store, agent, "daejeon", NOW)
    board = Board()

    def states() -> list[str]:
        with store.reading() as connection:
            return [line.verdict.state.value for line in board.hosts_of_patch(connection, patch, NOW)]

    assert states() == ["installable_now"]
    install(store, agent, "daejeon", {patch.module: "2.0"})
    assert states() == ["installed"]
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE agent SET revoked_at = 1")
    assert states() == []
    store.close()
