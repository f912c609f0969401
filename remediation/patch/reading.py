"""Bytes -> a manifest that means something, or the reasons why not. Pure.

A manifest has one form only: what is read has to be, byte for byte, what `manifest_bytes` would write of it. So
nothing stands in it twice or unread, and two programs cannot read two patches out of the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from remediation.patch.errors import PatchRefused
from remediation.patch.manifest import (
    MANIFEST_BYTES,
    PROBES,
    UNPACKED_BYTES,
    DatabaseStep,
    FileChange,
    Layout,
    Manifest,
    Payload,
    Probe,
    Service,
    Undoing,
)
from remediation.patch.paths import path_faults, together_faults
from remediation.patch.places import is_absolute_path, is_loopback_address, is_loopback_url
from wire.sentence import Sentence, sentence

RATIO: Final = 1_000  # unpacked to packed; more is a bomb
RATIO_FREE_BYTES: Final = 100_000_000
FILE_BYTES: Final = 8**11 - 1  # what the head of a tar's entry can say
SHOWN: Final = 20
_LISTS: Final = 3  # start, stop, status

_DECODER: Final = msgspec.json.Decoder(Manifest)


def manifest_bytes(manifest: Manifest) -> bytes:
    """The one way to write it."""
    return msgspec.json.encode(_DECODER.decode(msgspec.json.encode(manifest)))  # 60 and 60.0 are one number


def read_manifest(raw: bytes) -> Manifest:
    """The manifest in `raw`; `PatchRefused` says everything that is wrong with it."""
    if len(raw) > MANIFEST_BYTES:
        raise PatchRefused(sentence("the manifest has more than {count} bytes", count=MANIFEST_BYTES))
    try:
        manifest = _DECODER.decode(raw)
        again = manifest_bytes(manifest)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise PatchRefused(sentence("this is no manifest of a patch: {problem}", problem=str(error))) from error
    if again != raw:
        raise PatchRefused(sentence("the manifest is not written in its one form; build it with `patch build`"))
    check(manifest)
    return manifest


def check(manifest: Manifest) -> None:
    """`PatchRefused` with everything that the shape of a manifest cannot say."""
    found = [str(fault) for fault in manifest_faults(manifest)]
    if found:
        more = f" (+{len(found) - SHOWN})" if len(found) > SHOWN else ""
        shown = "; ".join(found[:SHOWN]) + more
        raise PatchRefused(
            sentence("the manifest of {patch} is refused: {problems}", patch=manifest.id, problems=shown)
        )


def manifest_faults(manifest: Manifest) -> Iterator[Sentence]:
    """Every fault."""
    if not manifest.files and not manifest.database:
        yield sentence("it changes nothing")
    yield from _version_faults(manifest)
    yield from _file_faults(manifest)
    yield from _database_faults(manifest)
    for service in manifest.services:
        yield from _service_faults(service)
    yield from _twice("service", (service.name for service in manifest.services))
    for probe in manifest.gate.probes[:PROBES]:
        yield from _probe_faults(probe)
    yield from _twice("probe", (probe.name for probe in manifest.gate.probes))


def _version_faults(manifest: Manifest) -> Iterator[Sentence]:
    if manifest.to_version in manifest.from_versions:
        yield sentence("it leads from {version} to {version}", version=manifest.to_version)
    yield from _twice("version", manifest.from_versions)
    yield from _twice("code", manifest.fixes)
    yield from _twice("patch", (*manifest.requires, *manifest.conflicts))  # none can be needed and in the way
    if manifest.id in (*manifest.requires, *manifest.conflicts):
        yield sentence("it requires itself, or conflicts with itself")


def _twice(kind: str, names: Iterable[str]) -> Iterator[Sentence]:
    for name, count in Counter(names).items():
        if count > 1:
            yield sentence("the {kind} {name} stands twice", kind=kind, name=name)


# ------------------------------------------------------------ files


def _file_faults(manifest: Manifest) -> Iterator[Sentence]:
    if not is_absolute_path(manifest.root):
        yield sentence("{path}: the root is no plain absolute path", path=manifest.root)
    if manifest.files and manifest.layout is Layout.RELEASES and not manifest.from_tree:
        yield sentence("releases are exchanged whole: from_tree has to say which one it is for")
    for change in manifest.files:
        yield from path_faults(change.path)
        yield from _change_faults(change)
    paths = [change.path for change in manifest.files]
    if paths != sorted(paths):
        yield sentence("the files are not in the order of their paths")
    yield from together_faults(paths)
    yield from _payload_faults(manifest.files, manifest.payload)


def _change_faults(change: FileChange) -> Iterator[Sentence]:
    if not change.old and not change.new:
        yield sentence("{path}: neither an old nor a new content", path=change.path)
    elif change.old == change.new:
        yield sentence("{path}: old and new content are the same", path=change.path)
    if change.size_bytes > FILE_BYTES:
        yield sentence("{path}: has more than {count} bytes", path=change.path, count=FILE_BYTES)
    if not change.new and change.size_bytes:
        yield sentence("{path}: goes away and has a size", path=change.path)


def _payload_faults(files: Sequence[FileChange], payload: Payload | None) -> Iterator[Sentence]:
    unpacked = sum(change.size_bytes for change in files)
    if (payload is not None) != any(change.new for change in files):
        yield sentence("there is a payload if, and only if, files get new content")
    if payload is None:
        return
    if unpacked != payload.unpacked_bytes or unpacked > UNPACKED_BYTES:
        yield sentence("the sizes of the files are not that of the payload")
    if unpacked > RATIO_FREE_BYTES + RATIO * payload.size_bytes:
        yield sentence("the payload would unpack to more than {ratio} times its size", ratio=RATIO)


# ------------------------------------------------------------ databases


def _database_faults(manifest: Manifest) -> Iterator[Sentence]:
    steps = manifest.database
    yield from _twice("step", (step.name for step in steps))
    if any(step.undoing is Undoing.NEVER for step in steps[:-1]):
        yield sentence("a step that nobody can take back may only be the very last")
    if manifest.gate.soak_s and any(step.undoing is Undoing.SNAPSHOT for step in steps):
        yield sentence(
            "a step that is taken back by a snapshot excludes soaking: what customers write meanwhile would be lost"
        )
    for step in steps:
        yield from _step_faults(step)


def _step_faults(step: DatabaseStep) -> Iterator[Sentence]:
    if step.undoing is Undoing.BACKWARD and not step.backward:
        yield sentence("step {name}: no statements to take it back", name=step.name)
    if step.undoing is Undoing.NEVER and step.backward:
        yield sentence("step {name}: cannot be taken back, and has statements that do it", name=step.name)
    if any(not text.strip() for text in (*step.forward, *step.backward)):
        yield sentence("step {name}: an empty statement", name=step.name)
    correction = step.correction
    if correction is None:
        return
    if correction.rows_min > correction.rows_max or correction.rows_max == 0:
        yield sentence("step {name}: no number of rows is within its bounds", name=step.name)
    if not correction.rows_of.lstrip().lower().startswith(("select", "with")):
        yield sentence("step {name}: rows_of has to be a SELECT", name=step.name)


# ------------------------------------------------------------ services and probes


def _service_faults(service: Service) -> Iterator[Sentence]:
    lists = [argv for argv in (service.start, service.stop, service.status) if argv is not None]
    if service.unit is None and len(lists) != _LISTS:
        yield sentence("service {name}: needs a unit, or start, stop and status", name=service.name)
    elif service.unit is not None and lists:
        yield sentence("service {name}: has a unit and argument lists", name=service.name)
    if not all(is_absolute_path(argv[0]) for argv in lists):
        yield sentence("service {name}: programs are named by absolute paths", name=service.name)


def _probe_faults(probe: Probe) -> Iterator[Sentence]:
    if probe.good > probe.tries:
        yield sentence("probe {name}: asks {tries} times for {good} good answers", **_numbers(probe))
    if (probe.kind == "command") != bool(probe.argv) or (probe.kind == "command") == bool(probe.target):
        yield sentence("probe {name}: a command has argv, and everything else a target", name=probe.name)
    elif not _is_here(probe):
        yield sentence("probe {name}: {target} is not on this host", name=probe.name, target=probe.target)


def _numbers(probe: Probe) -> dict[str, object]:
    return {"name": probe.name, "tries": probe.tries, "good": probe.good}


def _is_here(probe: Probe) -> bool:
    match probe.kind:
        case "http":
            return is_loopback_url(probe.target)
        case "tcp":
            return is_loopback_address(probe.target)
        case "version":
            return is_absolute_path(probe.target)
        case "command":
            return is_absolute_path(probe.argv[0])
