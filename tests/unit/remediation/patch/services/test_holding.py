from __future__ import annotations

from pathlib import Path

from remediation.patch.services.holding import DROP_IN, Holding
from tests.fakes.service_manager import unit


class Reloads:
    """Notes what was on the disk when the manager read its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: list[tuple[int, bool]] = []

    def __call__(self) -> None:
        self.seen.append((len(list(self.folder.rglob(DROP_IN))), (self.folder / "held").exists()))


def test_the_drop_ins_are_read_before_the_hold_counts_and_after_it_is_gone(tmp_path: Path) -> None:
    reload = Reloads(tmp_path)
    holding = Holding(tmp_path, reload, tmp_path / "units")
    holding.hold([unit("app"), unit("worker")])
    assert holding.is_held
    text = (tmp_path / f"units/app.service.d/{DROP_IN}").read_text()
    assert text == f"[Unit]\nConditionPathExists=!{tmp_path}/held\n"
    holding.let_go([unit("app"), unit("worker")])
    assert not holding.is_held
    assert reload.seen == [(2, False), (0, False)]


def test_a_percent_sign_is_no_specifier_of_systemd(tmp_path: Path) -> None:
    folder = tmp_path / "100%"
    folder.mkdir()
    Holding(folder, lambda: None, tmp_path).hold([unit()])
    assert "100%%/held" in (tmp_path / f"app.service.d/{DROP_IN}").read_text()


def test_letting_go_of_nothing_reloads_nothing(tmp_path: Path) -> None:
    reload = Reloads(tmp_path)
    Holding(tmp_path, reload, tmp_path / "units").let_go([unit()])
    assert reload.seen == []
