"""What a patch of 200 MB costs: verifying it against `sha256sum`, the most memory of that and of unpacking, building.

    python benchmarks/patch.py [MEGABYTES]

Each figure comes from a process of its own, so that its peak of memory is its own. Files that hardly pack, as
programs and pictures do, are the worst case: every byte is hashed packed, and again unpacked.
"""

from __future__ import annotations

import hashlib
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from remediation.patch.bundle import copy_off, open_bundle, write_bundle
from remediation.patch.manifest import FileChange, Layout, Manifest
from remediation.patch.payload import write_payload
from remediation.patch.reading import manifest_bytes, read_manifest
from wire.catalogue.model import Texts

FILES = 200
RATIO_BUDGET = 2.0
MEMORY_BUDGET_MB = 60.0
ROUNDS = 5


def build(folder: Path, megabytes: int) -> None:
    """A bundle of so many megabytes; its files are random, so they do not pack."""
    source = random.Random(8)  # noqa: S311  # the same files in every run
    changes = []
    for number in range(FILES):
        content = source.randbytes(megabytes * 1_000_000 // FILES)
        (folder / str(number)).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        changes.append(FileChange(path=f"lib/{number:03}", new=digest, size_bytes=len(content)))
    began = time.perf_counter()
    with tempfile.TemporaryFile() as packed, (folder / "x.swpatch").open("wb") as out:
        sources = [(change, folder / str(int(change.path[4:]))) for change in changes]
        payload = write_payload(packed, sources)
        manifest = Manifest(
            id="his-2.0",
            product="his",
            module="BIL",
            title=Texts(en="Two"),
            made_at=datetime(2026, 11, 22, tzinfo=UTC),
            from_versions=["1.9"],
            to_version="2.0",
            layout=Layout.IN_PLACE,
            root="/opt/his",
            files=changes,
            payload=payload,
        )
        packed.seek(0)
        write_bundle(out, manifest_bytes(manifest), {}, (payload.size_bytes, iter(lambda: packed.read(1 << 20), b"")))
    read_manifest(manifest_bytes(manifest))
    print(f"{time.perf_counter() - began:.2f}")


def act(name: str, path: Path) -> None:
    """One of the acts; prints seconds and the growth of the peak of memory, MB."""
    began = time.perf_counter()
    if name == "copy":
        copy_off(path, path.with_name("copy"))
        path.with_name("copy").unlink()
    else:
        payload = open_bundle(path).payload()
        assert payload is not None
        if name == "verify":
            payload.check()
        if name == "unpack":
            payload.check_files()
    print(f"{time.perf_counter() - began:.3f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.1f}")


def measured(name: str, path: Path) -> tuple[float, float]:
    """Best seconds of some rounds, most MB of memory."""
    ran = [
        subprocess.run([sys.executable, __file__, name, str(path)], capture_output=True, text=True, check=True)
        for _ in range(ROUNDS)
    ]
    figures = [tuple(map(float, each.stdout.split())) for each in ran]
    return min(each[0] for each in figures), max(each[1] for each in figures)


def sha256sum(path: Path) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run(["sha256sum", str(path)], capture_output=True, check=True)  # noqa: S607  # the one of the system
        times.append(time.perf_counter() - began)
    return min(times)


def main(megabytes: int) -> int:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "x.swpatch"
        ran = subprocess.run([sys.executable, __file__, "build", name, str(megabytes)], capture_output=True, check=True)
        print(f"{megabytes} MB in {FILES} files, built in {float(ran.stdout):.1f} s")
        base = sha256sum(path)
        print(f"sha256sum  {base:6.2f} s")
        figures = {each: measured(each, path) for each in ("open", "verify", "unpack", "copy")}
        for each, (seconds, memory) in figures.items():
            print(f"{each:<10} {seconds:6.2f} s  {seconds / base:5.2f} x sha256sum  {memory:6.1f} MB resident at most")
    is_good = figures["verify"][0] <= RATIO_BUDGET * base and figures["unpack"][1] <= MEMORY_BUDGET_MB
    print("within budget" if is_good else "OVER BUDGET")
    return 0 if is_good else 1


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "build":
        build(Path(sys.argv[2]), int(sys.argv[3]))
    elif len(sys.argv) > 1 and sys.argv[1] in {"open", "verify", "unpack", "copy"}:
        act(sys.argv[1], Path(sys.argv[2]))
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
