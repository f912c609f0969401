"""What can go wrong with a backup, by what the caller should do next.

BackupError
├── TargetUnavailable   try again later: the target is away, full, read-only, too slow
├── TargetRefused       a person has to act: wrong key, not a backup target, damaged head
├── SourceFailed        one source could not be saved whole; nothing of it may count
├── DumpUnusable        a dump cannot be loaded: damaged, or not what its manifest says
├── RestoreRefused      this would overwrite, escape or mix something; nothing was written
└── RestoreBroken       a restore was begun and broke off: the disk is full or fails; what to do stands in it
"""

from __future__ import annotations

from wire.sentence import Sentence


class BackupError(Exception):
    """Something that people are told; the sentence says what to do."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


class TargetUnavailable(BackupError):
    """The target cannot be used now; the next run tries again."""


class TargetRefused(BackupError):
    """The target cannot be used until somebody has done something."""


class SourceFailed(BackupError):
    """A source was not saved whole."""


class DumpUnusable(BackupError):
    """A dump that was made could not be loaded."""


class RestoreRefused(BackupError):
    """A restore was not begun."""


class RestoreBroken(BackupError):
    """A restore was begun and could not be ended."""
