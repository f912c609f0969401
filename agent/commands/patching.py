"""What the commands about patches have in common: which attempt is meant, and how one is shown."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.commands.executor import VENDOR_INBOX, backup_call
from agent.commands.loading import add_settings_argument, load_settings
from agent.commands.maintained import file_refusals, shown
from agent.settings.model import Settings
from remediation.audit.chain import ChainBroken
from remediation.executor.app import patch_running
from remediation.executor.patches.jobs import Job, Jobs, JobUnknown
from remediation.executor.patches.running import Running
from remediation.patch.errors import PatchError
from remediation.patch.plan import Attempt
from remediation.trust.ledger import LedgerBroken
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import Sentence, sentence


def add_patch_arguments(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """Declare --settings and --json."""
    add_settings_argument(parser, terminal)
    parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))


def add_id_argument(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """Declare which patch is meant."""
    words = sentence("the id of the patch, or the beginning of its request's digest")
    parser.add_argument("patch", metavar="PATCH", help=terminal.text(words))


def place_of_jobs(settings: Settings) -> Jobs:
    """The jobs of this host."""
    return Jobs(Path(str(settings.executor.folder)))


def settings_of(arguments: argparse.Namespace, terminal: Terminal) -> Settings:
    """The settings that --settings names."""
    return load_settings(arguments, terminal).settings


@contextmanager
def at_work(settings: Settings, path: Path, *, is_boot: bool = False) -> Iterator[Running]:
    """The parts of a process that changes things; refusals of the command when it cannot. `path`: of the settings."""
    folder, inbox = Path(str(settings.executor.folder)), Path(settings.state) / VENDOR_INBOX
    try:
        with (
            file_refusals(folder),
            patch_running(folder, inbox, backup_call(settings, path), is_boot=is_boot) as parts,
        ):
            yield parts
    except PatchError as refused:
        raise CommandRefused(refused.why, Exit.FAILED) from refused
    except JobUnknown as unknown:
        raise CommandRefused(sentence("{problem}", problem=str(unknown)), Exit.FAILED) from unknown
    except (ChainBroken, LedgerBroken) as broken:
        words = sentence("nothing can be recorded, so nothing may run: {problem}", problem=str(broken))
        raise CommandRefused(words, Exit.FAILED) from broken


def attempts_of(settings: Settings) -> list[Attempt]:
    """All attempts of this host, the oldest first."""
    with file_refusals(Path(str(settings.executor.folder))):
        return place_of_jobs(settings).attempts()


def newest(attempts: list[Attempt], name: str) -> Attempt:
    """The newest attempt of that patch, or that request."""
    found = [each for each in attempts if each.manifest.id == name or each.request.startswith(name)]
    if not found:
        raise CommandRefused(sentence("this server has had no patch {name}", name=name), Exit.FAILED)
    return found[-1]


def job_of(jobs: Jobs, attempt: Attempt) -> Job:
    """The job of an attempt."""
    return jobs.find(attempt.request)


def view(attempt: Attempt) -> dict[str, Any]:
    """An attempt as JSON."""
    manifest = attempt.manifest
    return {
        "patch": manifest.id,
        "product": manifest.product,
        "module": manifest.module,
        "version": manifest.to_version,
        "digest": attempt.digest,
        "request": attempt.request,
        "state": attempt.state.value if attempt.state else "accepted",
        "accepted_at": attempt.accepted_at.isoformat(),
        "ended_at": attempt.ended_at.isoformat() if attempt.ended_at else None,
        "reason": attempt.reason,
    }


def line(attempt: Attempt) -> Sentence:
    """An attempt on one line."""
    manifest = attempt.manifest
    return sentence(
        "{at}  {patch}  {product} {version}: {state} {reason}",
        at=attempt.accepted_at.isoformat(timespec="seconds"),
        patch=manifest.id,
        product=manifest.product,
        version=manifest.to_version,
        state=attempt.state.value if attempt.state else "accepted",
        reason=shown(attempt.reason),
    )
