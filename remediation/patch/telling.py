"""What a patch says, for the person who is about to sign, publish or approve it. Pure; all its texts are foreign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from remediation.patch.manifest import DatabaseStep, FileChange, Manifest, Probe, Service, Undoing
from terminal.output import visible
from wire.sentence import Sentence, sentence

FILES: Final = 20
UNDONE: Final = {
    Undoing.TRANSACTION: sentence("one transaction, never half"),
    Undoing.BACKWARD: sentence("taken back by statements of its own"),
    Undoing.SNAPSHOT: sentence("taken back by restoring what was saved right before"),
    Undoing.NEVER: sentence("IRREVERSIBLE: nobody can take it back"),
}


def describe(manifest: Manifest, digest: str, *, everything: bool = False) -> Iterator[Sentence]:
    """What will be changed, line by line; the last one says whether all of it can be taken back."""
    versions = ", ".join(shown(version) for version in manifest.from_versions)
    yield sentence("patch:    {id}: {title}", id=manifest.id, title=shown(manifest.title.en))
    yield sentence("product:  {product} {module}", product=manifest.product, module=shown(manifest.module))
    yield sentence("versions: {old} -> {new}", old=versions, new=shown(manifest.to_version))
    yield sentence("made at:  {at}", at=manifest.made_at.isoformat())
    yield sentence("digest:   {digest}", digest=digest)
    yield sentence("root:     {path} ({layout})", path=shown(manifest.root), layout=manifest.layout.value)
    yield from _files(manifest, everything=everything)
    for step in manifest.database:
        yield from _step(step, everything=everything)
    for service in manifest.services:
        yield sentence("stops:    {name}", name=_service(service))
    for probe in manifest.gate.probes:
        yield sentence("asks:     {name}: {kind} {what}", name=probe.name, kind=probe.kind, what=_asked(probe))
    yield from _rest(manifest)


def _files(manifest: Manifest, *, everything: bool) -> Iterator[Sentence]:
    kinds = Counter(_kind(change) for change in manifest.files)
    yield sentence(
        "files:    {new} new, {changed} changed, {gone} go away",
        new=kinds["+"],
        changed=kinds["~"],
        gone=kinds["-"],
    )
    if manifest.payload is not None:
        packed, unpacked = manifest.payload.size_bytes, manifest.payload.unpacked_bytes
        yield sentence("          {packed} bytes packed, {unpacked} on the disk", packed=packed, unpacked=unpacked)
    count = len(manifest.files) if everything else FILES
    for change in manifest.files[:count]:
        yield sentence("          {kind} {path}", kind=_kind(change), path=shown(change.path))
    if len(manifest.files) > count:
        yield sentence("          and {count} more", count=len(manifest.files) - count)


def shown(text: str) -> str:
    """Foreign text on one line, with nothing in it that moves the cursor."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def _kind(change: FileChange) -> str:
    if not change.old:
        return "+"
    return "~" if change.new else "-"


def _step(step: DatabaseStep, *, everything: bool) -> Iterator[Sentence]:
    yield sentence(
        "database: {name} on {database} ({engine}): {count} statements, {undone}",
        name=step.name,
        database=shown(step.database),
        engine=step.engine,
        count=len(step.forward),
        undone=UNDONE[step.undoing],
    )
    if step.correction is not None:
        yield sentence(
            "          corrects {low} to {high} rows of {table}",
            low=step.correction.rows_min,
            high=step.correction.rows_max,
            table=shown(step.correction.table),
        )
    for statement in step.forward if everything else ():
        yield sentence("          {statement}", statement=shown(statement))


def _service(service: Service) -> str:
    return shown(service.unit or " ".join(service.stop or [service.name]))


def _asked(probe: Probe) -> str:
    return shown(probe.target or " ".join(probe.argv))


def _rest(manifest: Manifest) -> Iterator[Sentence]:
    gate, needs = manifest.gate, manifest.needs
    if gate.soak_s:
        yield sentence("watched:  {seconds} s after the start", seconds=gate.soak_s)
    if needs.downtime_s:
        yield sentence("away for: {seconds} s", seconds=needs.downtime_s)
    if manifest.fixes:
        yield sentence("cures:    {codes}", codes=", ".join(shown(code) for code in manifest.fixes))
    if manifest.requires:
        yield sentence("requires: {patches}", patches=", ".join(manifest.requires))
    if manifest.conflicts:
        yield sentence("not with: {patches}", patches=", ".join(manifest.conflicts))
    irreversible = irreversible_steps(manifest)
    if irreversible:
        yield sentence("CANNOT BE TAKEN BACK: {steps}", steps=", ".join(irreversible))
    else:
        yield sentence("everything in it can be taken back")


def irreversible_steps(manifest: Manifest) -> list[str]:
    """The names of steps that nobody can take back."""
    return [step.name for step in manifest.database if step.undoing is Undoing.NEVER]


def view(manifest: Manifest, digest: str) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "digest": digest,
        "irreversible": irreversible_steps(manifest),
        "manifest": msgspec.to_builtins(manifest),
    }
