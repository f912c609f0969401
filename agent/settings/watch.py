"""Reload without losing a line: new settings are taken whole, or not at all.

The files (settings and the catalogues that they name) are looked at by size, time and inode; only
when one differs they are read. Broken settings leave the old ones in force and become a problem that
`status` and the log tell until the file is right.
"""

from __future__ import annotations

from pathlib import Path

from agent.settings.reading import Loaded, SettingsUnreadable
from agent.settings.reading_apart import read_settings_apart
from wire.errors import TextRefused
from wire.sentence import Sentence, sentence

Stamp = tuple[tuple[int, int, int] | None, ...]


class SettingsWatch:
    """Knows the settings in force and notices when the files change."""

    def __init__(self, path: Path, loaded: Loaded) -> None:
        self.path = path
        self.loaded = loaded
        self.problems: list[Sentence] = []
        self._stamp = self._look()

    def poll(self, *, force: bool = False) -> Loaded | None:
        """New settings when the files changed (or `force`) and are right; None otherwise."""
        stamp = self._look()
        if stamp == self._stamp and not force:
            return None
        self._stamp = stamp
        try:
            loaded = read_settings_apart(self.path)
        except TextRefused as refused:
            self.problems = [
                sentence("{path}:{line}:{column}: {problem}", path=self.path, **vars(fault)) for fault in refused.faults
            ]
            return None
        except SettingsUnreadable as unreadable:
            self.problems = [unreadable.why]
            return None
        self.problems = _beyond_reload(self.loaded, loaded)
        self.loaded = loaded
        self._stamp = self._look()  # the new settings may name other catalogues
        return loaded

    def _look(self) -> Stamp:
        names = [self.path, *(Path(name) for name in sorted(self.loaded.catalogues))]
        return tuple(_stamp(name) for name in names)


def _beyond_reload(old: Loaded, new: Loaded) -> list[Sentence]:
    if old.settings.state == new.settings.state:
        return []
    return [
        sentence(
            "another state folder takes effect at the next start; until then {path} is used", path=old.settings.state
        )
    ]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size)
