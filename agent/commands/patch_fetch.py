"""`sitewarden-agent patch fetch`: have the running agent fetch the files of a patch, before anybody approves it."""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agent.app import now
from agent.commands.maintained import file_refusals
from agent.commands.patching import add_patch_arguments, settings_of
from agent.durable import LOCK_NAME, lock_holder
from agent.owner import as_owner
from agent.payloads.shelf import PayloadShelf, Wanted
from agent.settings.model import Settings
from agent.status import read_status
from agent.vendor.places import no_source, open_repository, vendor_folder
from remediation.patch.errors import PatchRefused
from remediation.patch.reading import read_manifest
from remediation.trust.refusal import VendorRefused
from remediation.trust.targets import patch_path
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence

LOOK_S: Final = 0.5
WAIT_S: Final = 3_600.0


class PatchFetch:
    """Nothing is applied by it: the files lie there for the day on which request and approval come."""

    name = "patch fetch"
    summary = sentence("Fetch the files of a published patch from the collector now; nothing is applied.")
    examples: Sequence[str] = (
        "sudo sitewarden-agent patch fetch his-2026-11",
        "sudo sitewarden-agent patch fetch his-2026-11 --wait 0",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings, which, and for how long to wait."""
        add_patch_arguments(parser, terminal)
        words = sentence("the id of the patch, or the beginning of its digest")
        parser.add_argument("patch", metavar="PATCH", help=terminal.text(words))
        words = sentence("how long to wait for the end (default: {seconds})", seconds=int(WAIT_S))
        parser.add_argument("--wait", metavar="SECONDS", type=float, default=WAIT_S, help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Leave the wish, and watch until the files are here."""
        settings = settings_of(arguments, terminal)
        state = Path(settings.state)
        with file_refusals(state), as_owner(state):
            wanted = published(settings, arguments.patch)
            shelf = PayloadShelf(state)
            shelf.wish(wanted.digest)
            if arguments.wait > 0 and not shelf.is_here(wanted):
                _check_running(state)
                _watch(state, shelf, wanted, arguments.wait, terminal)
            is_here = shelf.is_here(wanted)
        if arguments.json:
            terminal.json({"patch": wanted.patch, "digest": wanted.digest, "size": wanted.size, "is_here": is_here})
        elif is_here:
            terminal.say(sentence("the files of {patch} are here, as the vendor signed them", patch=wanted.patch))
        else:
            terminal.say(sentence("the files of {patch} are not here yet; the agent goes on", patch=wanted.patch))
        return Exit.DONE if is_here or arguments.wait <= 0 else Exit.FAILED


def published(settings: Settings, name: str) -> Wanted:
    """The patch of that id or digest that the vendor vouches for; a refused command where there is none."""
    try:
        patches = open_repository(vendor_folder(settings), no_source).load(now()).patches
    except VendorRefused as refused:
        raise CommandRefused(refused.why, Exit.FAILED) from refused
    for path, raw in patches.items():
        digest = hashlib.sha256(raw).hexdigest()
        try:
            manifest = read_manifest(raw)
        except PatchRefused:
            continue  # not for this version of the agent
        if path == patch_path(manifest.product, manifest.id) and (manifest.id == name or digest.startswith(name)):
            if manifest.payload is None:
                raise CommandRefused(sentence("{patch} has no files", patch=manifest.id), Exit.FAILED)
            return Wanted(manifest.id, digest, manifest.payload.sha256, manifest.payload.size_bytes)
    words = sentence("the vendor has published no patch {name}, as far as this server has heard", name=name)
    raise CommandRefused(words, Exit.FAILED)


def _check_running(state: Path) -> None:
    if lock_holder(state / LOCK_NAME) is None:
        words = sentence("the agent does not run: it fetches the files as soon as it does")
        raise CommandRefused(words, Exit.FAILED)


def _watch(state: Path, shelf: PayloadShelf, wanted: Wanted, wait_s: float, terminal: Terminal) -> None:
    end, told = time.monotonic() + wait_s, ""  # noqa: TID251  # how long a person waits
    while not shelf.is_here(wanted) and time.monotonic() < end:  # noqa: TID251
        status = read_status(state)
        files = status.patch_files if status else None
        problem = files.problem if files is not None and files.digest == wanted.digest else None
        words = (
            problem.sentence()
            if problem is not None
            else sentence("{here} of {all} MB", here=shelf.position(wanted) // 10**6, all=wanted.size // 10**6)
        )
        if str(words) != told:
            told = str(words)
            terminal.warn(words)
        time.sleep(LOOK_S)  # noqa: TID251  # between two looks


COMMAND = PatchFetch()
