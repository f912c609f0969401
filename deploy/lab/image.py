"""The root of a Debian server: made once for a list of packages, then only ever read.

It lies in a cache folder under the digest of what it is made from. Two builders at once: one makes it, the
other waits at the lock. A builder that was killed leaves a folder `.new`, which the next one removes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

SUITE: Final = "bookworm"
PACKAGES: Final = ("dbus", "python3", "systemd", "systemd-sysv")
BOOTSTRAP: Final = (
    "mmdebstrap",
    "--quiet",
    "--variant=minbase",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
)

Run = Callable[[Sequence[str | Path]], object]


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where what can be made again is kept: $XDG_CACHE_HOME/sitewarden."""
    home = environment.get("XDG_CACHE_HOME") or Path(environment.get("HOME", "/")) / ".cache"
    return Path(home) / "sitewarden"


def made_once(cache: Path, name: str, recipe: str, make: Callable[[Path], object]) -> Path:
    """The folder `name`-DIGEST in `cache`; `make` fills it if it is not there yet.

    `recipe` is everything that decides what is in it. What `make` raises is passed on, and nothing is kept.
    """
    folder = cache / f"{name}-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
    cache.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            fresh = folder.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            make(fresh)
            fresh.rename(folder)
    finally:
        os.close(lock)
    return folder


def debian_root(cache: Path, run: Run, *more: str) -> Path:
    """The root folder of a Debian server with `PACKAGES` and `more`. As root; half a minute and 200 MB, once."""
    command = [*BOOTSTRAP, f"--include={','.join([*PACKAGES, *more])}", SUITE]
    return made_once(cache, "debian", "\n".join(command), lambda folder: run([*command, folder]))
