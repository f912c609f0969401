"""Whatever is put in the place of a bundle, a manifest or a payload is read as it was signed, or refused in words."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from deploy.desk.patches.statements import statements
from remediation.patch import tape
from remediation.patch.bundle import Bundle, open_bundle
from remediation.patch.errors import PatchRefused
from remediation.patch.manifest import FileChange, Manifest, Payload
from remediation.patch.paths import folded, path_faults, together_faults
from remediation.patch.payload import PayloadFile
from remediation.patch.reading import manifest_bytes, manifest_faults, read_manifest
from tests.fakes.made_patch import NEW, OLD, a_manifest, built

ROUNDS = 20  # changes that one example tries; sixty examples are more than a thousand


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return built(tmp_path_factory.mktemp("honest") / "one")


Change = tuple[str, float, bytes]
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "insert", "replace", "repeat", "zeros"]),
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=40),
    ),
    min_size=1,
    max_size=4,
)


def changed(raw: bytes, changes: list[Change]) -> bytes:
    for kind, place, content in changes:
        at = int(place * max(len(raw), 1))
        match kind:
            case "flip":
                raw = raw[:at] + bytes([(raw[at] if raw else 0) ^ (content[0] or 1)]) + raw[at + 1 :]
            case "cut":
                raw = raw[:at]
            case "insert":
                raw = raw[:at] + content + raw[at:]
            case "replace":
                raw = raw[:at] + content + raw[at + len(content) :]
            case "repeat":
                raw = raw[:at] + raw[at : at + 512] * 2 + raw[at + 512 :]
            case "zeros":
                raw = raw[:at] + bytes(512) + raw[at:]
    return raw


def read(payload: PayloadFile) -> dict[str, bytes]:
    with payload.open() as files:
        return {path: b"".join(pieces) for path, pieces in files}


@given(tries=st.lists(CHANGES, min_size=ROUNDS, max_size=ROUNDS))
def test_bundles(honest: Bundle, tries: list[list[Change]]) -> None:
    """A bundle that opens has a manifest in its one form; with the honest one, its files are honest or refused."""
    raw = honest.path.read_bytes()
    path = honest.path.with_name("changed")
    for changes in tries:
        path.write_bytes(changed(raw, changes))
        try:
            found = open_bundle(path)
        except PatchRefused:
            continue
        assert manifest_bytes(found.manifest) == found.manifest_raw
        payload = found.payload()
        if found.manifest != honest.manifest or payload is None:
            continue
        try:
            assert read(payload) == {name: content for name, content in NEW.items() if OLD.get(name) != content}
        except PatchRefused:
            continue


@given(tries=st.lists(CHANGES, min_size=ROUNDS, max_size=ROUNDS))
def test_manifests(tries: list[list[Change]]) -> None:
    raw = manifest_bytes(a_manifest())
    for changes in tries:
        other = changed(raw, changes)
        try:
            found = read_manifest(other)
        except PatchRefused:
            continue
        assert manifest_bytes(found) == other
        assert list(manifest_faults(found)) == []


@given(tries=st.lists(CHANGES, min_size=ROUNDS, max_size=ROUNDS))
def test_payloads_that_the_vendor_signed(tmp_path_factory: pytest.TempPathFactory, tries: list[list[Change]]) -> None:
    """The tar is changed and the digest of the whole is right: only the manifest's own words are left to refuse it."""
    contents = {"bin/app": b"app" * 300, "etc/conf": b""}
    files = [
        FileChange(path=path, new=hashlib.sha256(content).hexdigest(), size_bytes=len(content))
        for path, content in contents.items()
    ]
    parts = [tape.head(c.path, c.size_bytes) + contents[c.path] + tape.padding(c.size_bytes) for c in files]
    tar = b"".join(parts) + tape.END
    path = tmp_path_factory.getbasetemp() / "payload"
    for changes in tries:
        other = changed(tar, changes)
        packed = zstandard.compress(other)
        path.write_bytes(packed)
        fields = Payload(sha256=hashlib.sha256(packed).hexdigest(), size_bytes=len(packed), unpacked_bytes=900)
        try:
            found = read(PayloadFile(path, a_manifest(files=files, payload=fields)))
        except PatchRefused:
            assert other != tar
            continue
        assert (found, other) == (contents, tar)


@given(tries=st.lists(CHANGES, min_size=ROUNDS, max_size=ROUNDS))
def test_frames(tmp_path_factory: pytest.TempPathFactory, tries: list[list[Change]]) -> None:
    """The packed bytes are changed and signed so."""
    content = bytes(range(256)) * 20
    change = FileChange(path="x", new=hashlib.sha256(content).hexdigest(), size_bytes=len(content))
    packed = zstandard.compress(tape.head("x", len(content)) + content + tape.padding(len(content)) + tape.END)
    path = tmp_path_factory.getbasetemp() / "frame"
    for changes in tries:
        other = changed(packed, changes)
        path.write_bytes(other)
        fields = Payload(sha256=hashlib.sha256(other).hexdigest(), size_bytes=len(other), unpacked_bytes=1)
        try:
            assert read(PayloadFile(path, a_manifest(files=[change], payload=fields))) == {"x": content}
        except PatchRefused:
            continue


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(field=st.sampled_from(Manifest.__struct_fields__), value=JSON)
def test_any_value_in_any_field(field: str, value: Any) -> None:
    raw = msgspec.json.encode({**msgspec.to_builtins(a_manifest()), field: value})
    try:
        assert manifest_bytes(read_manifest(raw)) == raw
    except PatchRefused:
        return


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6) | st.sampled_from(
    ["a", "A", "..", ".", "a/b", "ß"]
)


@given(st.lists(NAMES, min_size=1, max_size=6))
def test_paths_that_pass_stay_below_the_root_and_apart(names: list[str]) -> None:
    paths = ["/".join(names[at:]) for at in range(len(names))]
    if any(True for path in paths for _ in path_faults(path)) or any(True for _ in together_faults(paths)):
        return
    for path in paths:
        assert Path("/root", path).resolve().is_relative_to("/root")
        assert ".." not in folded(path).split("/")
    assert len({folded(path) for path in paths}) == len(paths)


@given(st.sampled_from(["sqlite", "mariadb", "postgresql"]), st.text("ab;'\"`-/*$#\\ \n", max_size=60))
def test_no_statement_is_lost_or_made_up(engine: str, text: str) -> None:
    found = statements(engine, text)
    rest = text
    for each in found:
        assert each == each.strip()
        assert each
        rest = rest[rest.index(each) + len(each) :]


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=300), st.integers(0, 8**11 - 1)
)
def test_heads(path: str, size: int) -> None:
    """A head of one block is read again as it was written; of a long one, no block passes for one with a short name."""
    raw = tape.head(path, size)
    assert len(raw) % tape.BLOCK == 0
    if len(raw) == tape.BLOCK:
        assert tape.named(raw) == (path, size)
