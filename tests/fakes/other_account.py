"""Another account of this machine, and the files it needs where its path is closed to it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

OTHERS_MAY_PASS: Final = 0o001


def as_account(account: int, folder: Path, *, needed: Sequence[Path]) -> tuple[str, ...]:
    """What to put before a command so that it has this account's rights and no other, keeping its process id.

    Only root can. Of closed folders above what is `needed` (an interpreter in root's home) the command sees
    nothing else: they are covered in a mount namespace of its own. `folder` lends an empty folder for that.
    """
    drop = ("setpriv", f"--reuid={account}", f"--regid={account}", "--clear-groups", "--no-new-privs")
    closed = {top for path in needed if (top := _closed(path)) is not None}
    if not closed:
        return drop
    kept = [path for path in needed if any(path.is_relative_to(top) for top in closed)]
    lent = folder / "lent"
    steps = []
    for at, path in enumerate(kept):
        (lent / str(at)).mkdir(parents=True)
        steps.append(f"mount --bind {shlex.quote(str(path))} {lent}/{at}")
    steps += [f"mount -t tmpfs -o mode=755 none {shlex.quote(str(top))}" for top in sorted(closed)]
    for at, path in enumerate(kept):
        steps += [f"mkdir -p {shlex.quote(str(path))}", f"mount --bind {lent}/{at} {shlex.quote(str(path))}"]
    return ("unshare", "-m", "sh", "-c", f'{" && ".join(steps)} && exec "$@"', "sh", *drop)


def _closed(path: Path) -> Path | None:
    """The highest folder above that other accounts may not pass; None when they may pass all."""
    return next((each for each in reversed(path.parents) if not each.stat().st_mode & OTHERS_MAY_PASS), None)
