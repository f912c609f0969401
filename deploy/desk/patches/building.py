"""A specification and two directories -> a bundle without signatures, always and everywhere the same bytes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from deploy.desk.commands.documents import read_file
from deploy.desk.patches.comparing import Differences, compare
from deploy.desk.patches.specification import Specification, Step
from deploy.desk.patches.statements import statements
from remediation.patch.bundle import write_bundle
from remediation.patch.errors import PatchRefused
from remediation.patch.manifest import DatabaseStep, Layout, Manifest
from remediation.patch.payload import write_payload
from remediation.patch.reading import manifest_bytes, read_manifest
from remediation.patch.tree import tree_digest
from terminal import CommandRefused
from wire.sentence import sentence

SQL_BYTES: Final = 1_000_000
PIECE: Final = 1 << 20

Told = Callable[[int], None]


def build(given: Specification, beside: Path, trees: tuple[Path, Path] | None, out: BinaryIO, told: Told) -> Manifest:
    """Write the bundle into `out`; its manifest. `PatchRefused` says why no host would take it.

    `beside` is the folder of the specification, from which .sql files are named; `trees` the old and the new
    directory, None for steps on databases only; `told` hears of the bytes that were worked on.
    """
    found = Differences()
    if trees is not None:
        _check_folders(trees)
        found = compare(*trees, given.files, told)
    with tempfile.TemporaryFile() as packed:
        payload = write_payload(packed, found.sources, told) if found.sources else None
        is_whole = trees is not None and given.layout is Layout.RELEASES and bool(found.files)
        raw = manifest_bytes(
            Manifest(
                id=given.id,
                product=given.product,
                module=given.module,
                title=given.title,
                notes=given.notes,
                made_at=given.made_at,
                from_versions=given.from_versions,
                to_version=given.to_version,
                layout=given.layout,
                root=given.root,
                from_tree=tree_digest(trees[0]) if is_whole and trees is not None else "",
                files=found.files,
                payload=payload,
                database=[_step(step, beside) for step in given.database],
                services=given.services,
                gate=given.gate,
                needs=given.needs,
                fixes=given.fixes,
                requires=given.requires,
                conflicts=given.conflicts,
                multi_host=given.multi_host,
            )
        )
        manifest = read_manifest(raw)
        write_bundle(out, raw, {}, (payload.size_bytes, _pieces(packed)) if payload is not None else None)
    return manifest


def _check_folders(trees: Sequence[Path]) -> None:
    for folder in trees:
        if not folder.is_dir():
            raise PatchRefused(sentence("{path} is no directory", path=str(folder)))


def _pieces(packed: BinaryIO) -> Iterator[bytes]:
    packed.seek(0)
    while piece := packed.read(PIECE):
        yield piece


def _step(step: Step, beside: Path) -> DatabaseStep:
    return DatabaseStep(
        name=step.name,
        engine=step.engine,
        database=step.database,
        forward=_read_statements(step.engine, step.forward, beside),
        backward=_read_statements(step.engine, step.backward, beside),
        undoing=step.undoing,
        correction=step.correction,
        timeout_s=step.timeout_s,
    )


def _read_statements(engine: str, names: Sequence[str], beside: Path) -> list[str]:
    found: list[str] = []
    for name in names:
        raw = read_file(beside / name, SQL_BYTES)
        try:
            made = statements(engine, raw.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise CommandRefused(sentence("{path}: byte {at} is not UTF-8", path=name, at=error.start)) from error
        if not made:
            raise CommandRefused(sentence("{path} holds no statement", path=name))
        found += made
    return found
