"""`sitewarden-agent patch offer`: a patch from a stick."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from agent.app import now
from agent.commands.maintained import file_refusals
from agent.commands.offer import read_offered
from agent.commands.patch_apply import apply
from agent.commands.patching import add_patch_arguments, place_of_jobs, settings_of
from agent.settings.model import Settings
from remediation.durable import PRIVATE_FOLDER
from remediation.executor.patches.jobs import PAYLOADS
from remediation.executor.patches.taking import take
from remediation.executor.sources import VENDOR, FolderSources
from remediation.patch.bundle import Bundle, copy_off, open_bundle
from remediation.patch.errors import PatchRefused
from remediation.trust.refusal import VendorRefused
from remediation.trust.vendor import VendorRepository
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class PatchOffer:
    """Copied off the stick first, then verified: a stick can answer twice differently."""

    name = "patch offer"
    summary = sentence("Take a patch from a .swpatch file, and apply it when request and approval come with it.")
    examples: Sequence[str] = (
        "sudo sitewarden-agent patch offer /media/stick/his-2.0.swpatch",
        "sudo sitewarden-agent patch offer his-2.0.swpatch request.json approval.json",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings, the patch, documents."""
        add_patch_arguments(parser, terminal)
        parser.add_argument("patch", metavar="FILE", type=Path, help=terminal.text(sentence("the .swpatch file")))
        words = sentence("the signed request, and its approvals")
        parser.add_argument("files", metavar="DOCUMENT", type=Path, nargs="*", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Keep what the vendor vouches for; then ask the executor as for every request."""
        settings = settings_of(arguments, terminal)
        try:
            with file_refusals(arguments.patch):
                manifest_digest, name = taken(settings, arguments.patch, now())
        except (PatchRefused, VendorRefused) as refused:
            raise CommandRefused(refused.why, Exit.FAILED) from refused
        terminal.warn(sentence("{patch} is here; its digest is {digest}", patch=name, digest=manifest_digest))
        if arguments.files:
            documents = [read_offered(path) for path in arguments.files]
            return apply(settings, documents, terminal, as_json=arguments.json)
        if arguments.json:
            terminal.json({"patch": name, "digest": manifest_digest})
        return Exit.DONE


def taken(settings: Settings, source: Path, at: datetime) -> tuple[str, str]:
    """Copy it off, verify it as of `at`, keep its files; digest and id. `PatchRefused`, `VendorRefused`.

    The metadata on the stick are taken in where they are newer. They may be too old for that: then the patch still
    counts when what this host believes already vouches for it.
    """
    folder = Path(str(settings.executor.folder))
    jobs = place_of_jobs(settings)
    payloads = jobs.folder / PAYLOADS
    payloads.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    copy = payloads / "offered.new"
    copy.unlink(missing_ok=True)
    try:
        copy_off(source, copy)
        bundle = open_bundle(copy)
        repository = VendorRepository(folder / VENDOR, bundle.fetch)
        repository.is_bundle_accepted = FolderSources(folder, repository).is_without_network()
        try:
            repository.refresh(at)
        except VendorRefused:
            if not _is_believed(repository, bundle, at):
                raise
        if not _is_believed(repository, bundle, at):
            raise PatchRefused(sentence("the vendor does not vouch for {target} as it is here", target=bundle.target))
        _keep(bundle, jobs.payload(bundle.manifest), copy)
    finally:
        copy.unlink(missing_ok=True)
    return hashlib.sha256(bundle.manifest_raw).hexdigest(), bundle.manifest.id


def _is_believed(repository: VendorRepository, bundle: Bundle, at: datetime) -> bool:
    """Whether what this host believes now, and has not expired, vouches for exactly this manifest."""
    try:
        is_expired = repository.load(at).is_expired
        return not is_expired and repository.vouches_for(bundle.target, bundle.manifest_raw)
    except VendorRefused:
        return False


def _keep(bundle: Bundle, target: Path | None, copy: Path) -> None:
    payload, fields = bundle.payload(), bundle.manifest.payload
    if target is None or payload is None or fields is None or bundle.payload_at is None:
        return
    payload.check_files()
    with copy.open("rb") as source:
        source.seek(bundle.payload_at)
        take(source, fields, target)


COMMAND = PatchOffer()
