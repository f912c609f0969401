"""Whole releases side by side, and a link that says which one counts.

    root/releases/<name>/     one release; nobody writes there in place
    root/current              a link to one of them, relative

The new release is built under a name that nobody looks at: every file that stays is a hard link to the old
release, every other one is written. Then it gets its name. The switch is one rename of the link.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from remediation.durable import flush_folder
from remediation.patch.errors import PatchRefused, StepFailed
from remediation.patch.layouts.port import Payload
from remediation.patch.layouts.writing import (
    NEW_FOLDER,
    changes_of,
    check_written,
    failing_as_step,
    owner_of,
    write_new,
)
from remediation.patch.manifest import FileChange, Manifest
from remediation.patch.tree import flush_tree, link_tree, remove_tree, tree_digest
from wire.sentence import sentence

RELEASES: Final = "releases"
CURRENT: Final = "current"


def current_release(root: Path) -> str:
    """The name of the release that counts; `PatchRefused` when `root` is not laid out so."""
    try:
        folder, name = (root / CURRENT).readlink().parts
    except (OSError, ValueError) as error:
        raise PatchRefused(sentence("{root} has no link current to releases/NAME", root=str(root))) from error
    if folder != RELEASES or not (root / RELEASES / name).is_dir():
        raise PatchRefused(sentence("{root} has no link current to releases/NAME", root=str(root)))
    return name


class Releases:
    """The files of one patch. `old` and `new` are names of releases."""

    def __init__(self, manifest: Manifest, *, root: Path, old: str, new: str) -> None:
        self._manifest = manifest
        self._root = root
        self._old, self._new = old, new
        self._building = root / RELEASES / f".{new}.new"

    @property
    def _old_folder(self) -> Path:
        return self._root / RELEASES / self._old

    @property
    def _new_folder(self) -> Path:
        return self._root / RELEASES / self._new

    def check(self) -> None:
        """Compare the whole release with the one that the patch was made for."""
        if current_release(self._root) != self._old:
            raise PatchRefused(sentence("{root} has another release than when it was planned", root=str(self._root)))
        if tree_digest(self._old_folder) != self._manifest.from_tree:
            raise PatchRefused(
                sentence(
                    "the files in {folder} are not those that this patch is for (sitewarden-agent patch drift)",
                    folder=str(self._old_folder),
                )
            )

    def stage(self, payload: Payload) -> None:
        """Build the release, read it again, give it its name."""
        with failing_as_step():
            remove_tree(self._building)
            remove_tree(self._new_folder)
            link_tree(self._old_folder, self._building)
            self._remove_changed(self._manifest.files)
            self._write(payload)
            for change in changes_of(self._manifest.files).values():
                check_written(self._building / change.path, change)
            flush_tree(self._building)
            self._building.rename(self._new_folder)
            flush_folder(self._root / RELEASES)

    def _remove_changed(self, files: Sequence[FileChange]) -> None:
        for change in files:
            if change.old:
                (self._building / change.path).unlink()

    def _write(self, payload: Payload) -> None:
        changes = changes_of(self._manifest.files)
        with payload.open() as files:
            for path, pieces in files:
                target = self._building / path
                target.parent.mkdir(mode=NEW_FOLDER, parents=True, exist_ok=True)
                owner = owner_of(self._old_folder / path, target.parent)
                write_new(target, pieces, changes[path], owner)

    def recheck(self) -> None:
        """Releases are not written in place: only the link could have moved."""
        if not self.is_old():
            raise StepFailed(sentence("{root} has another release than when it was planned", root=str(self._root)))

    def abandon(self) -> None:
        """The old release counts; what was built goes away."""
        with failing_as_step():
            remove_tree(self._building)
            if not self.is_new():
                remove_tree(self._new_folder)
                flush_folder(self._root / RELEASES)

    def switch(self) -> None:
        """One rename."""
        self._point_to(self._new)

    def switch_back(self) -> None:
        """One rename the other way."""
        self._point_to(self._old)

    def _point_to(self, name: str) -> None:
        with failing_as_step():
            fresh = self._root / f".{CURRENT}.new"
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(Path(RELEASES) / name)
            fresh.replace(self._root / CURRENT)
            flush_folder(self._root)

    def is_new(self) -> bool:
        """Whether the link points to the new release."""
        return self._points_to() == self._new

    def is_old(self) -> bool:
        """Whether the link points to the old release."""
        return self._points_to() == self._old

    def _points_to(self) -> str:
        return (self._root / CURRENT).readlink().name

    def tidy(self) -> None:
        """Keep the release that counts, and the one before."""
        with failing_as_step():
            kept = {self._points_to(), self._old, self._new}
            for release in sorted((self._root / RELEASES).iterdir()):
                if release.name not in kept and release.is_dir() and not release.is_symlink():
                    remove_tree(release)
