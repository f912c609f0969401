"""The key-loss drill: with the sheet alone, without key file, policy or cache, in a clean folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from msgspec import structs

from remediation.backup.app import tools
from remediation.backup.engines.port import Engine
from remediation.backup.errors import TargetRefused
from remediation.backup.keys.sheet import Sheet
from remediation.backup.model import Selection, Step
from remediation.backup.opening import open_engine
from remediation.backup.opening_network import known_name
from remediation.backup.policy_file import TargetRule
from remediation.backup.restoring import LATEST, find_snapshot, read_manifest
from remediation.backup.stage import stage_of
from remediation.durable import PRIVATE_FOLDER, write_durably
from wire.sentence import sentence


def open_by_sheet(sheet: Sheet, folder: Path, *, credentials: str = "") -> Engine:
    """The engine that the sheet describes, its cache in `folder`."""
    given = credentials or sheet.login
    rule = TargetRule(
        address=sheet.target, engine="restic" if sheet.engine == "restic" else "archive", key_file="/nonexistent",
        credentials=given or None,
    )  # fmt: skip
    if sheet.pinned:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        pins = folder / "known_hosts"
        write_durably(pins, f"{known_name(sheet.target)} {sheet.pinned}\n".encode())
        rule = structs.replace(rule, known_hosts=str(pins))
    return open_engine(rule, sheet.key, folder, tools())


def key_loss_drill(sheet: Sheet, state: Path) -> int:
    """Restore manifest and dumps of the newest snapshot; how many files came back. `TargetRefused` otherwise."""
    folder = state / "key-drill"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True)
    try:
        engine = open_by_sheet(sheet, folder / "cache")
        snapshot = find_snapshot(engine, LATEST)
        read_manifest(engine, snapshot)
        done = engine.restore(snapshot.id, Selection((stage_of(snapshot),)), folder / "tree", _silent)
        if not done.files or done.problems:
            raise TargetRefused(sentence("the sheet opens {target}, but not all came back", target=sheet.target))
        return done.files
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _silent(_: Step) -> None:
    """Nobody looks."""
