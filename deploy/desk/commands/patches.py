"""What the `patch` commands begin with: a bundle's file, refusals as lines of text, progress."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.desk.app import monotonic
from remediation.patch.bundle import Bundle, open_bundle
from remediation.patch.errors import PatchRefused
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence

PATIENCE_S: Final = 2.0  # from then on a person is told how far it is
MEGABYTE: Final = 1_000_000


def add_bundle_argument(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """`FILE`."""
    parser.add_argument("file", type=Path, metavar="FILE", help=terminal.text(sentence("the patch, a .swpatch file")))


@contextmanager
def patch_refusals() -> Iterator[None]:
    """What refuses a patch becomes a refused command, and so does a file that cannot be read or written."""
    try:
        yield
    except PatchRefused as refused:
        raise CommandRefused(refused.why, Exit.FAILED) from refused
    except BrokenPipeError:
        raise  # whoever read our output went away
    except OSError as error:
        reason = error.strerror or str(error)
        words = sentence("{path} cannot be read or written: {reason}", path=error.filename or "-", reason=reason)
        raise CommandRefused(words, Exit.FAILED) from error


def opened_bundle(path: Path) -> Bundle:
    """The bundle in a file, its form checked and its signatures not."""
    with patch_refusals():
        return open_bundle(path)


def digest_of(bundle: Bundle) -> str:
    """The SHA-256 of its manifest: what customers approve."""
    return hashlib.sha256(bundle.manifest_raw).hexdigest()


def progress(terminal: Terminal) -> Callable[[int], None]:
    """Tells on standard error, after two seconds and then every two, how many megabytes were worked on."""
    done, told_at = 0, monotonic()

    def told(count: int) -> None:
        nonlocal done, told_at
        done += count
        if monotonic() - told_at > PATIENCE_S:
            told_at = monotonic()
            terminal.warn(sentence("{count} MB so far", count=done // MEGABYTE))

    return told
