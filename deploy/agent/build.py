"""Source tree -> the directory for customers' servers, as `contents.txt` lists it.

The same sources give the same bytes: files are written in order, with fixed modes and times, and
MANIFEST.sha256 names every one (`sha256sum -c MANIFEST.sha256` checks a copy). Dependencies are not
in it: they are installed from locks/agent.txt with --require-hashes (into lib/, where the launcher looks),
or come with a package.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from agent.vendor.places import ROOT_FILE
from deploy.build_locale import compiled
from remediation.trust.refusal import VendorRefused, translated
from remediation.trust.verified import anchored

CONTENTS: Final = "deploy/agent/contents.txt"
MANIFEST: Final = "MANIFEST.sha256"
FILE_TIME: Final = 1_767_225_600  # 2026-01-01: one time for all, so that archives of the directory are equal too


class BuildRefused(Exception):
    """The directory cannot be built; nothing was written."""


def build(root: Path, target: Path, vendor_root: Path | None = None) -> list[str]:
    """Write the directory `target` from the sources in `root`; gives the relative names of its files.

    With `vendor_root` (the `1.root.json` that the vendor's key ceremony gave) hosts trust that vendor
    from their enrolment on.

    `target` must be empty or not there yet. Raises `BuildRefused` for a pattern that matches nothing
    and for a target that holds something.
    """
    if target.exists() and any(target.iterdir()):
        raise BuildRefused(f"{target} is not empty")
    chosen = dict(sorted((name, source) for source, name in _chosen(root)))
    if vendor_root is not None:
        _check_root(vendor_root)
        chosen[ROOT_FILE] = vendor_root
    lines = []
    for name, source in chosen.items():
        content = compiled(source) if source.suffix == ".po" else source.read_bytes()
        _write(target / name, content, executable=content.startswith(b"#!"))
        lines.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    _write(target / MANIFEST, "".join(lines).encode(), executable=False)
    return [*chosen, MANIFEST]


def _check_root(path: Path) -> None:
    """A package with something else under that name would fail at each customer."""
    try:
        with translated():
            anchored(path.read_bytes())
    except VendorRefused as refused:
        raise BuildRefused(f"{path} is no vendor root: {refused}") from refused


def _chosen(root: Path) -> Iterator[tuple[Path, str]]:
    """Pairs of a source file and its name in the directory."""
    for line in (root / CONTENTS).read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern, _, name = line.partition(" as ")
        found = sorted(path for path in root.glob(pattern) if path.is_file())
        if not found:
            raise BuildRefused(f"{CONTENTS}: nothing matches {pattern}")
        for path in found:
            relative = path.relative_to(root)
            yield path, name or str(relative.with_suffix(".mo") if path.suffix == ".po" else relative)


def _write(path: Path, content: bytes, *, executable: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755 if executable else 0o644)
    os.utime(path, (FILE_TIME, FILE_TIME))


def main(arguments: list[str]) -> int:
    """Build into the directory that is named; 2 when the words are wrong, 1 when it cannot be done."""
    if len(arguments) not in {1, 2}:
        sys.stderr.write("usage: python -m deploy.agent.build DIR [VENDOR_ROOT]\n")
        return 2
    try:
        names = build(Path(__file__).parents[2], Path(arguments[0]), Path(arguments[1]) if arguments[1:] else None)
    except (BuildRefused, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(f"{arguments[0]}: {len(names)} files\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
