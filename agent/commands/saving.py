"""What the backup commands begin with: the policy, the host's signature, progress, refusals in words."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from agent.commands.loading import add_settings_argument
from agent.settings.model import Settings
from agent.settings.reading import SettingsUnreadable, read_settings
from agent.uplink.identity import IdentityBroken, read_identity
from remediation.backup.app import open_site, tools
from remediation.backup.errors import BackupError
from remediation.backup.keeping import SiteBackup
from remediation.backup.keys.spelling import Misspelt
from remediation.backup.model import Step
from remediation.backup.placing import load_backup_policy
from remediation.backup.policy_file import BackupPolicy
from remediation.backup.proofs import Signer
from remediation.executor.patches.jobs import FOLDER_NAME as PATCHES
from remediation.executor.patches.own_backup import WANTED
from terminal import CommandRefused, Exit, Terminal
from wire.documents.backups import Deed
from wire.documents.envelope import Envelope, add_signature
from wire.errors import TextRefused
from wire.keys import Ed25519PrivateKey
from wire.sentence import sentence

DEFAULT_POLICY: Final = Path("/etc/sitewarden/backup.yaml")
PROGRESS_S: Final = 2.0


def add_backup_arguments(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """Declare --policy, --settings and --json."""
    words = sentence("the backup policy (default: {path})", path=DEFAULT_POLICY)
    parser.add_argument("--policy", metavar="FILE", type=Path, default=DEFAULT_POLICY, help=terminal.text(words))
    add_settings_argument(parser, terminal)
    parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))


def loaded_policy(arguments: argparse.Namespace, terminal: Terminal) -> BackupPolicy:
    """The policy; every fault is printed with its place."""
    try:
        with backup_refusals():
            return load_backup_policy(arguments.policy)
    except TextRefused as refused:
        for fault in refused.faults:
            terminal.warn(sentence("{path}:{line}:{column}: {problem}", path=arguments.policy, **vars(fault)))
        raise CommandRefused(sentence("the backup policy cannot be used"), Exit.BAD_INPUT) from refused


@contextmanager
def opened_site(arguments: argparse.Namespace, terminal: Terminal) -> Iterator[SiteBackup]:
    """The backup of this site, for the length of a command."""
    policy = loaded_policy(arguments, terminal)
    with backup_refusals():
        site = open_site(policy, host_signer(arguments.settings, terminal))
        try:
            yield site
        finally:
            site.close()


@contextmanager
def backup_refusals() -> Iterator[None]:
    """What cannot be done becomes a refused command."""
    try:
        yield
    except (BackupError, Misspelt) as failure:
        raise CommandRefused(failure.why, Exit.FAILED) from failure
    except OSError as error:
        path = error.filename or ""
        words = sentence("{path} cannot be used: {problem}", path=path, problem=error.strerror or str(error))
        raise CommandRefused(words, Exit.FAILED) from error


@dataclass(frozen=True)
class HostSigner:
    """Signs with the key that this host enrolled with."""

    agent: str
    site: str
    key: Ed25519PrivateKey

    def sign(self, envelope: Envelope) -> Envelope:
        """The envelope with the host's signature."""
        return add_signature(envelope, self.key)


def host_signer(settings: Path, terminal: Terminal) -> Signer | None:
    """The host's signature; None where it is not enrolled, which stops no backup."""
    if not settings.exists():
        return None
    try:
        identity = read_identity(Path(read_settings(settings, catalogues_needed=False).settings.state))
    except (SettingsUnreadable, TextRefused, IdentityBroken) as problem:
        terminal.warn(sentence("proofs are not signed: {problem}", problem=str(problem)))
        return None
    return None if identity is None else HostSigner(identity.agent, identity.site, identity.key)


def wanted_file(settings: Settings) -> Path:
    """By which a patch tells the unit of the backup that a run is due now."""
    return Path(str(settings.executor.folder)) / PATCHES / WANTED


def progress(terminal: Terminal, *, silent: bool = False) -> Callable[[Step], None]:
    """Says how far something is, each two seconds; nothing for what is quicker, or where nobody looks."""
    monotonic = tools().means.monotonic
    told_at = monotonic()
    is_shown = not silent and sys.stderr.isatty()

    def tell(step: Step) -> None:
        nonlocal told_at
        if is_shown and monotonic() - told_at >= PROGRESS_S:
            told_at = monotonic()
            terminal.warn(progress_words(step))

    return tell


def progress_words(step: Step) -> Any:
    """One line."""
    megabytes = round(step.done_bytes / 1e6)
    if not step.total_bytes:
        return sentence("{what}: {done} MB", what=step.what, done=megabytes)
    percent = min(100, round(100 * step.done_bytes / step.total_bytes))
    return sentence("{what}: {done} MB, {percent} %", what=step.what, done=megabytes, percent=percent)


def deed_json(deed: Deed) -> Any:
    """A deed as JSON values."""
    return msgspec.to_builtins(deed)


def say_deed(deed: Deed, terminal: Terminal) -> None:
    """One line about what was done, on standard error when it failed."""
    what = f"{deed.act}" if deed.level is None else f"{deed.act} {deed.level}"
    if not deed.is_good:
        terminal.warn(sentence("FAILED  {what}: {reason}", what=what, reason=deed.reason or deed.code))
        return
    counts = ", ".join(f"{name} {count}" for name, count in deed.counts.items())
    terminal.say(sentence("done    {what}: {counts}", what=what, counts=counts))
    if deed.rto_s is not None:
        terminal.say(sentence("back in {seconds} s", seconds=deed.rto_s))
