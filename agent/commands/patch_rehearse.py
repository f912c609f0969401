"""`sitewarden-agent patch rehearse`: try a patch on what the newest backup holds."""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec import structs

from agent.app import now
from agent.commands.executor import VENDOR_INBOX, backup_call
from agent.commands.maintained import file_refusals
from agent.commands.patching import add_patch_arguments, settings_of
from agent.commands.rehearsals import UNTRIED
from agent.commands.saving import deed_json, opened_site, progress
from agent.settings.model import Settings
from remediation.backup.app import tools
from remediation.backup.engines.lease import owner_of
from remediation.backup.keeping import SiteBackup
from remediation.backup.lease import leased
from remediation.backup.programs import Programs
from remediation.backup.scratch.bench import Bench
from remediation.backup.scratch.folder import sweep
from remediation.backup.scratch.servers import ScratchServers
from remediation.executor.app import hosting_of, sources_of
from remediation.executor.patches.hosting import Hosting
from remediation.executor.requests import Missing
from remediation.patch.errors import PatchRefused
from remediation.patch.manifest import Manifest
from remediation.patch.payload import PayloadFile
from remediation.patch.reading import read_manifest
from remediation.patch.rehearsing import Stage, rehearse
from remediation.trust.targets import patch_path
from terminal import CommandRefused, Exit, Terminal
from wire.documents.backups import REASON_CHARS, Deed
from wire.sentence import sentence

FOLDER: Final = "rehearsal"  # in the state folder of the backup


class PatchRehearse:
    """Before anybody approves: on a copy of this server's own files and databases, there and back."""

    name = "patch rehearse"
    summary = sentence("Try a patch on a copy of the newest backup, there and back; nothing live is touched.")
    examples: Sequence[str] = (
        "sudo sitewarden-agent patch rehearse his-2026-11",
        "sudo sitewarden-agent patch rehearse his-2026-11 --product his --scratch /mnt/large/rehearsal",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which patch, and where."""
        add_patch_arguments(parser, terminal)
        parser.add_argument("patch", metavar="PATCH", help=terminal.text(sentence("the id of the patch")))
        words = sentence("its product, where several have a patch of this id")
        parser.add_argument("--product", metavar="PRODUCT", help=terminal.text(words))
        words = sentence("an empty folder to restore into, gone afterwards (default: in the state folder)")
        parser.add_argument("--scratch", type=Path, metavar="DIR", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 when it went well; 1 says what did not."""
        settings = settings_of(arguments, terminal)
        raw = _manifest(settings, arguments.patch, arguments.product)
        executor = Path(str(settings.executor.folder))
        hosting = hosting_of(executor, _inbox(settings), backup_call(settings, arguments.settings))
        arguments.policy = Path(str(settings.backup.policy))
        try:
            with file_refusals(executor), opened_site(arguments, terminal) as site:
                deed = site.note(_rehearsed(raw, site, hosting, arguments, terminal))
        except PatchRefused as refused:
            raise CommandRefused(refused.why, Exit.FAILED) from refused
        if arguments.json:
            terminal.json(deed_json(deed))
        else:
            _say(deed, terminal)
        return Exit.DONE if deed.is_good else Exit.FAILED


def _inbox(settings: Settings) -> Path:
    return Path(settings.state) / VENDOR_INBOX


def _manifest(settings: Settings, name: str, product: str | None) -> bytes:
    """What the vendor vouches for under this name, as far as this server has heard."""
    executor = Path(str(settings.executor.folder))
    try:
        with file_refusals(executor):
            patches = sources_of(executor, _inbox(settings)).vendor(now()).patches
    except Missing as missing:
        raise CommandRefused(sentence("{problem}", problem=str(missing)), Exit.FAILED) from missing
    ends = f"/patches/{name}.json" if product is None else patch_path(product, name)
    found = [raw for path, raw in patches.items() if path.endswith(ends)]
    if not found:
        raise CommandRefused(sentence("the vendor has published no patch {name}, or it is not here yet", name=name))
    if len(found) > 1:
        raise CommandRefused(sentence("several products have a patch {name}: say which with --product", name=name))
    return found[0]


def _rehearsed(
    raw: bytes, site: SiteBackup, hosting: Hosting, arguments: argparse.Namespace, terminal: Terminal
) -> Deed:
    manifest = read_manifest(raw)
    not_ready = hosting.why_not_ready(manifest)
    own, means = Path(site.policy.state) / FOLDER, tools().means
    with leased(Path(site.policy.state), f"drill {site.policy.target.address}", owner_of(os.getpid())):
        sweep(own)  # what a crash left behind: servers, then files
        programs = Programs(means.monotonic)
        stage = Stage(
            policy=site.policy,
            settings=hosting.database_settings() if manifest.database else {},
            archive=site.engine(),
            scratch=ScratchServers(Bench(programs, means.monotonic, account=site.policy.drills.account)),
            programs=programs,
            folder=arguments.scratch or own,
            means=means,
            tell=progress(terminal, silent=arguments.json),
        )
        deed = rehearse(
            manifest, hashlib.sha256(raw).hexdigest(), _payload(hosting, manifest), stage, snapshot=site.newest_good()
        )
    if not not_ready:
        return deed
    reason = f"{not_ready}; {deed.reason}".removesuffix("; ")[:REASON_CHARS]
    return structs.replace(deed, is_good=False, code="not_ready", reason=reason)


def _payload(hosting: Hosting, manifest: Manifest) -> PayloadFile | None:
    path = hosting.jobs.payload(manifest)
    return PayloadFile(path, manifest) if path is not None and path.exists() else None


def _say(deed: Deed, terminal: Terminal) -> None:
    if not deed.is_good:
        terminal.warn(sentence("FAILED  {patch}: {reason}", patch=deed.patch, reason=deed.reason or deed.code))
    done = {name: count for name, count in deed.counts.items() if name not in UNTRIED}
    terminal.say(
        sentence("tried on the snapshot {snapshot}: {counts}", snapshot=deed.snapshot[:8], counts=_listed(done) or "-")
    )
    untried = {name.removeprefix("untried_"): count for name, count in deed.counts.items() if name in UNTRIED}
    if untried:
        terminal.say(sentence("not tried: {counts}", counts=_listed(untried)))
    if deed.is_good:
        terminal.say(sentence("{patch} went there and back; nothing live was touched", patch=deed.patch))


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


COMMAND = PatchRehearse()
