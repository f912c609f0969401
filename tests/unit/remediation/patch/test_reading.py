"""A manifest in its one form, and each thing that a shape cannot say."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from remediation.patch.errors import PatchRefused
from remediation.patch.manifest import (
    MANIFEST_BYTES,
    Correction,
    DatabaseStep,
    FileChange,
    Gate,
    Layout,
    Manifest,
    Payload,
    Probe,
    Service,
    Undoing,
)
from remediation.patch.reading import FILE_BYTES, manifest_bytes, manifest_faults, read_manifest
from tests.fakes.made_patch import a_manifest, sha256

ONE = sha256(b"1")
TWO = sha256(b"22")
STEP = DatabaseStep(
    name="one", engine="sqlite", database="his", forward=["SELECT 1"], backward=["SELECT 2"], undoing=Undoing.BACKWARD
)
PROBE = Probe(name="answers", kind="tcp", target="127.0.0.1:80")
CORRECTION = Correction(table="t", rows_of="SELECT id FROM t", rows_min=1, rows_max=2)


def faults(manifest: Manifest) -> str:
    return "; ".join(str(fault) for fault in manifest_faults(manifest))


def step(**fields: Any) -> DatabaseStep:
    return msgspec.structs.replace(STEP, **fields)


def test_what_is_written_is_read_again() -> None:
    manifest = a_manifest(database=[STEP], gate=Gate(probes=[PROBE], soak_s=60))
    raw = manifest_bytes(manifest)
    assert read_manifest(raw) == manifest
    assert manifest_bytes(read_manifest(raw)) == raw


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw + b"\n",
        lambda raw: b" " + raw,
        lambda raw: raw.replace(b'"id":', b'"id": '),
        lambda raw: raw.replace(b'{"', b'{"id":"other","', 1),
        lambda raw: raw.replace(b"his-2.0", b"his\\u002d2.0"),
        lambda raw: raw.replace(b'{"', b'{"unknown":1,"', 1),
        lambda raw: raw.replace(b"Z", b"+00:00"),
        lambda raw: raw.replace(b'"mode":493', b'"mode":493.0'),
        lambda raw: raw[:-1],
        lambda raw: raw + raw,
        lambda raw: b"",
        lambda raw: b"[" * 100_000,
        lambda raw: b"\xff" + raw,
        lambda raw: b" " * (MANIFEST_BYTES + 1),
    ],
)
def test_there_is_one_form(change: Any) -> None:
    raw = manifest_bytes(a_manifest())
    assert change(raw) != raw
    with pytest.raises(PatchRefused):
        read_manifest(change(raw))


def test_all_reasons_are_told_at_once() -> None:
    with pytest.raises(PatchRefused, match=r"leads from 1\.9 to 1\.9; .*requires itself"):
        read_manifest(manifest_bytes(a_manifest(to_version="1.9", requires=["his-2.0"])))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"files": [], "payload": None}, "changes nothing"),
        ({"from_versions": ["1", "2.0"]}, "leads from 2.0 to 2.0"),
        ({"from_versions": ["1", "1"]}, "version 1 stands twice"),
        ({"requires": ["his-2.0"]}, "requires itself"),
        ({"conflicts": ["his-2.0"]}, "requires itself"),
        ({"requires": ["x"], "conflicts": ["x"]}, "patch x stands twice"),
        ({"fixes": ["B", "B"]}, "code B stands twice"),
        ({"root": "/opt/../etc"}, "root is no plain"),
        ({"layout": Layout.RELEASES}, "from_tree"),
        ({"payload": None}, "if, and only if"),
        ({"payload": Payload(sha256="0" * 64, size_bytes=9, unpacked_bytes=3)}, "sizes of the files"),
    ],
)
def test_the_whole(fields: dict[str, Any], words: str) -> None:
    assert faults(a_manifest()) == ""
    assert words in faults(a_manifest(**fields))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (FileChange(path="x"), "neither an old nor a new"),
        (FileChange(path="x", old=TWO, new=TWO, size_bytes=2), "are the same"),
        (FileChange(path="x", old=TWO, size_bytes=2), "goes away and has a size"),
        (FileChange(path="../x", new=TWO, size_bytes=2), "leads elsewhere"),
        (FileChange(path="x", new=TWO, size_bytes=FILE_BYTES + 1), "more than"),
    ],
)
def test_one_file(change: FileChange, words: str) -> None:
    assert words in faults(a_manifest(files=[change]))


def test_files_beside_one_another() -> None:
    files = [FileChange(path=path, old=ONE, new=TWO, size_bytes=1) for path in ("b", "A", "a")]
    found = faults(a_manifest(files=files))
    assert "not in the order" in found
    assert "'A' and 'a' may be taken for one another" in found


def test_a_bomb_is_refused_by_what_it_says() -> None:
    files = [FileChange(path="x", new=TWO, size_bytes=2_000_000_000)]
    payload = Payload(sha256="0" * 64, size_bytes=100, unpacked_bytes=2_000_000_000)
    assert "times its size" in faults(a_manifest(files=files, payload=payload))
    honest = Payload(sha256="0" * 64, size_bytes=2_000_000, unpacked_bytes=2_000_000_000)
    assert faults(a_manifest(files=files, payload=honest)) == ""


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([STEP, STEP], "step one stands twice"),
        ([step(backward=[])], "no statements to take it back"),
        ([step(undoing=Undoing.NEVER)], "has statements that do it"),
        ([step(undoing=Undoing.NEVER, backward=[]), step(name="two")], "only be the very last"),
        ([step(forward=[" \n"])], "an empty statement"),
        ([step(correction=msgspec.structs.replace(CORRECTION, rows_min=3))], "no number of rows"),
        ([step(correction=msgspec.structs.replace(CORRECTION, rows_min=0, rows_max=0))], "no number of rows"),
        ([step(correction=msgspec.structs.replace(CORRECTION, rows_of="DELETE FROM t"))], "has to be a SELECT"),
    ],
)
def test_steps_on_databases(steps: list[DatabaseStep], words: str) -> None:
    assert faults(a_manifest(database=[step(name="two"), step(name="last", undoing=Undoing.NEVER, backward=[])])) == ""
    assert faults(a_manifest(database=[step(correction=CORRECTION)])) == ""
    assert words in faults(a_manifest(database=steps))


def test_a_snapshot_excludes_soaking() -> None:
    one = step(undoing=Undoing.SNAPSHOT)
    assert faults(a_manifest(database=[one])) == ""
    assert "would be lost" in faults(a_manifest(database=[one], gate=Gate(soak_s=1)))


@pytest.mark.parametrize(
    ("service", "words"),
    [
        (Service(name="a"), "needs a unit"),
        (Service(name="a", start=["/bin/a"], stop=["/bin/a"]), "needs a unit"),
        (Service(name="a", unit="a.service", status=["/bin/a"]), "a unit and argument lists"),
        (Service(name="a", start=["a"], stop=["/bin/a"], status=["/bin/a"]), "absolute paths"),
    ],
)
def test_services(service: Service, words: str) -> None:
    lists = Service(name="a", start=["/bin/a"], stop=["/bin/a", "x"], status=["/bin/a"])
    assert faults(a_manifest(services=[lists, Service(name="b", unit="b.service")])) == ""
    assert words in faults(a_manifest(services=[service]))
    assert "service a stands twice" in faults(a_manifest(services=[lists, lists]))


@pytest.mark.parametrize(
    "probe",
    [
        Probe(name="a", kind="tcp", target="10.0.0.1:80"),
        Probe(name="a", kind="http", target="http://example.test:80/"),
        Probe(name="a", kind="http"),
        Probe(name="a", kind="version", target="VERSION"),
        Probe(name="a", kind="command", argv=["x"]),
        Probe(name="a", kind="command"),
        Probe(name="a", kind="command", argv=["/x"], target="/x"),
        Probe(name="a", kind="tcp", argv=["/x"], target="127.0.0.1:80"),
        Probe(name="a", kind="tcp", target="127.0.0.1:80", tries=1, good=2),
    ],
)
def test_probes_that_are_refused(probe: Probe) -> None:
    assert faults(a_manifest(gate=Gate(probes=[probe]))) != ""


def test_probes() -> None:
    probes = [
        PROBE,
        Probe(name="b", kind="http", target="http://127.0.0.1:80/health"),
        Probe(name="c", kind="version", target="/opt/his/current/VERSION"),
        Probe(name="d", kind="command", argv=["/opt/his/check", "-q"]),
    ]
    assert faults(a_manifest(gate=Gate(probes=probes))) == ""
    assert "probe answers stands twice" in faults(a_manifest(gate=Gate(probes=[PROBE, PROBE])))
