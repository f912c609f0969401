"""The vendor's repository on this host's disk: every step flushed, what is current named last."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from remediation.durable import PRIVATE_FOLDER, flush_folder, write_durably
from remediation.trust.marks import MarksBroken, fallen_below, raised, read_marks, write_marks
from remediation.trust.published import METADATA_FOLDER, ROOT, TARGETS_FOLDER, TIMESTAMP_FILE
from remediation.trust.refusal import Fault, VendorRefused, unstored
from remediation.trust.verified import Verified
from wire.sentence import sentence

ROOT_FILE: Final = "root.json"
_LAST: Final = f"{METADATA_FOLDER}/{TIMESTAMP_FILE}"


class Kept:
    """One folder in the published layout, with the first root and the marks beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def has_root(self) -> bool:
        """Whether there is a first root."""
        return (self._folder / ROOT_FILE).exists()

    def install(self, root: bytes) -> None:
        """Write the first root and make the folders."""
        try:
            self._folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            for name in (METADATA_FOLDER, TARGETS_FOLDER):
                (self._folder / name).mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
            write_durably(self._folder / ROOT_FILE, root)
        except PermissionError:
            raise
        except OSError as error:
            raise unstored(error) from error

    def anchor(self) -> bytes:
        """The first root."""
        try:
            return (self._folder / ROOT_FILE).read_bytes()
        except FileNotFoundError as error:
            words = sentence("there is no vendor root on this host, so every change is refused")
            raise VendorRefused(Fault.NO_ROOT, words) from error
        except OSError as error:
            raise unstored(error) from error

    def stamp(self) -> tuple[int, int] | None:
        """What changes when another set became current."""
        try:
            found = (self._folder / _LAST).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def check_marks(self, chain: Verified) -> None:
        """Refuse what lies below the marks."""
        try:
            fallen = fallen_below(read_marks(self._folder), chain.root.version, chain.marks)
        except MarksBroken as error:
            words = sentence("the vendor's high-water marks on this host are broken: {problem}", problem=str(error))
            raise VendorRefused(Fault.STORE, words) from error
        if fallen is not None:
            role, version, mark = fallen
            words = sentence(
                "{role} version {version} is older than version {mark}, which this host has seen",
                role=role,
                version=version,
                mark=mark,
            )
            raise VendorRefused(Fault.ROLLBACK, words)

    def raise_marks(self, chain: Verified) -> None:
        """Remember these versions before anything is done with them."""
        old = read_marks(self._folder)
        new = raised(old, chain.root.version, chain.marks)
        if new != old:
            try:
                write_marks(self._folder, new)
            except OSError as error:
                raise unstored(error) from error

    def store(self, metadata: Mapping[str, bytes], blobs: Mapping[str, bytes]) -> None:
        """Write targets and metadata by their published names, timestamp.json last; forget what they replace."""
        files = {f"{TARGETS_FOLDER}/{name}": raw for name, raw in blobs.items()}
        files |= {f"{METADATA_FOLDER}/{name}": raw for name, raw in metadata.items()}
        try:
            for name in [*(name for name in files if name != _LAST), _LAST]:
                if not self._has(name, files[name]):
                    write_durably(self._folder / name, files[name])
            self._forget(set(files))
        except OSError as error:
            raise unstored(error) from error

    def _has(self, name: str, raw: bytes) -> bool:
        path = self._folder / name
        return path.is_file() and path.read_bytes() == raw

    def _forget(self, kept: set[str]) -> None:
        """Drop what the current set does not name; every root stays, for who takes this folder as a source."""
        for folder in (METADATA_FOLDER, TARGETS_FOLDER):
            gone = [path for path in (self._folder / folder).iterdir() if f"{folder}/{path.name}" not in kept]
            for path in gone:
                if not path.name.endswith(f".{ROOT}.json"):
                    path.unlink()
            if gone:
                flush_folder(self._folder / folder)
