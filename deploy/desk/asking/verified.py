"""The vendor's actions as this desk has verified them, from a root that the engineer has.

What was verified is kept below the user's folder, one folder a root, so that a collector that later says
something older is refused here as it is on hosts. The first root comes from the engineer's own file; it is
taken from no network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from deploy.desk.asking.console import NOT_FOUND, Console, ConsoleRefused
from remediation.durable import PRIVATE_FOLDER
from remediation.trust.published import FILE_BYTES, METADATA_FOLDER, Fetch, NotThere, Unfetched, folder_fetcher
from remediation.trust.targets import Actions
from remediation.trust.vendor import VendorRefused, VendorRepository
from wire.sentence import Sentence, sentence

FOLDER: Final = "vendor"
FIRST_ROOT: Final = f"{METADATA_FOLDER}/1.root.json"
NAME_CHARS: Final = 16


class ActionsRefused(Exception):
    """There are no verified actions; the sentence says why and what to do."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


def verified_actions(
    folder: Path, *, root: Path | None, repository: Path | None, console: Console | None, product: str, now: datetime
) -> Mapping[str, tuple[str, Actions]]:
    """The product's actions with the digest of their file; empty when the vendor has signed none for it.

    `repository`: a published folder of the engineer's own, the source and the root at once. Otherwise the
    collector's console is the source, or without one what was verified before.
    """
    anchor = _anchor(root or (repository / FIRST_ROOT if repository else None))
    place = _place(folder / FOLDER, anchor)
    fetch = folder_fetcher(repository) if repository else _fetcher(console)
    vendor = VendorRepository(place, fetch, products=None)
    try:
        if anchor is not None:
            vendor.install_root(anchor)
        if repository is not None or console is not None:
            vendor.refresh(now)
        found = vendor.load(now)
    except VendorRefused as refused:
        raise ActionsRefused(refused.why) from refused
    if found.is_expired:
        raise ActionsRefused(sentence("what the vendor signed has expired: publish it again"))
    return {name: offered for name, offered in found.actions.items() if name == product}


def _anchor(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES)
    except OSError as error:
        raise ActionsRefused(
            sentence("{path} cannot be read: {problem}", path=path, problem=error.strerror or str(error))
        ) from error


def _place(folder: Path, anchor: bytes | None) -> Path:
    """The folder of this root; without one, of the only root that was ever given here."""
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    if anchor is not None:
        place = folder / hashlib.sha256(anchor).hexdigest()[:NAME_CHARS]
        place.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        return place
    known = sorted(each for each in folder.iterdir() if each.is_dir())
    if len(known) != 1:
        raise ActionsRefused(
            sentence("name the vendor's first root with --vendor-root, or a published folder with --repository")
        )
    return known[0]


def _fetcher(console: Console | None) -> Fetch:
    def fetch(name: str, most: int) -> bytes:
        if console is None:
            raise Unfetched(name)
        try:
            return console.fetch(f"/v1/published/{name}", most)
        except ConsoleRefused as refused:
            if refused.status == NOT_FOUND:
                raise NotThere(name) from refused
            raise Unfetched(f"{name}: {refused}") from refused

    return fetch
