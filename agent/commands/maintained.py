"""The executor's folder as local commands see it: which host this is, the policy, the vendor, the record of changes.

These commands write in the executor's folder themselves and need the rights for that. Ledger and
audit chain are made for several processes, so it does not matter whether an executor runs.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from agent.app import now
from agent.commands.loading import add_settings_argument, load_settings
from remediation.audit.chain import AuditChain, ChainBroken
from remediation.durable import PRIVATE_FOLDER, write_durably
from remediation.executor.place import PlaceFile, PlaceUnknown, read_place
from remediation.executor.sources import AUDIT, VENDOR
from remediation.trust.decision import Vendor
from remediation.trust.ledger import Ledger, LedgerBroken
from remediation.trust.policy_file import Policy, read_policy
from remediation.trust.published import folder_fetcher
from remediation.trust.refusal import VendorRefused
from remediation.trust.vendor import VendorRepository
from terminal import CommandRefused, Exit, Terminal
from terminal.output import visible
from wire.errors import TextRefused
from wire.sentence import Sentence, sentence

POLICY_CHANGED: Final = "policy_changed"
STOPPED: Final = "stopped"


def add_folder_argument(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """Declare --settings and --folder."""
    add_settings_argument(parser, terminal)
    words = sentence("the executor's folder (default: the one that the settings name)")
    parser.add_argument("--folder", metavar="DIR", type=Path, help=terminal.text(words))


def executor_folder(arguments: argparse.Namespace, terminal: Terminal) -> Path:
    """The executor's folder of this host."""
    if arguments.folder is not None:
        return Path(arguments.folder)
    return Path(str(load_settings(arguments, terminal).settings.executor.folder))


def executor_folder_if_any(arguments: argparse.Namespace, terminal: Terminal) -> Path | None:
    """The same, None on a machine without an agent: an approver may sign on any."""
    if arguments.folder is None and not arguments.settings.exists():
        return None
    return executor_folder(arguments, terminal)


def add_json_argument(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """Declare --json."""
    parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))


def read_policy_text(path: Path) -> str:
    """The policy's text, refused when it is not there."""
    with file_refusals(path):
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            words = sentence("there is no policy {path}; make one with `sitewarden-agent policy init`", path=path)
            raise CommandRefused(words) from error
        except UnicodeDecodeError as error:
            raise CommandRefused(sentence("{path} is not UTF-8", path=path)) from error


def checked_policy(path: Path, terminal: Terminal) -> Policy:
    """The policy; every fault is printed with its place."""
    try:
        return read_policy(read_policy_text(path))
    except TextRefused as refused:
        for fault in refused.faults:
            terminal.warn(sentence("{path}:{line}:{column}: {problem}", path=path, **vars(fault)))
        raise CommandRefused(sentence("the local policy cannot be used, so nothing can be approved")) from refused


def write_policy(path: Path, text: str) -> None:
    """Replace the policy in one step."""
    with file_refusals(path):
        path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        write_durably(path, text.encode())


def record(executor: Path, kind: str, body: dict[str, Any]) -> None:
    """Append to the audit chain of this host; a refused command when that is not sure."""
    folder = executor / AUDIT
    try:
        with file_refusals(folder):
            chain = AuditChain(folder, now)
            try:
                chain.append(kind, body)
            finally:
                chain.close()
    except ChainBroken as error:
        words = sentence("the audit chain cannot be written: {problem}", problem=str(error))
        raise CommandRefused(words, Exit.FAILED) from error


def policy_digest(text: str) -> str:
    """What the record of a change names a policy by."""
    return hashlib.sha256(text.encode()).hexdigest()


def this_place(folder: Path | None) -> PlaceFile | None:
    """Which host this is; None on a machine that is no maintained host."""
    try:
        return None if folder is None else read_place(folder)
    except PlaceUnknown:
        return None


def this_vendor(executor: Path | None) -> Vendor | None:
    """The vendor's verified metadata on this host; None where there are none."""
    if executor is None or not (executor / VENDOR).is_dir():
        return None
    folder = executor / VENDOR
    try:
        return VendorRepository(folder, folder_fetcher(folder)).load(now())
    except (VendorRefused, OSError):
        return None


@contextmanager
def this_ledger(folder: Path) -> Iterator[Ledger]:
    """The host's store of decisions; refusals of the command when it cannot be used."""
    try:
        with file_refusals(folder):
            yield Ledger(folder)
    except LedgerBroken as error:
        words = sentence("the ledger cannot be used: {problem}", problem=str(error))
        raise CommandRefused(words, Exit.FAILED) from error


@contextmanager
def file_refusals(path: Path) -> Iterator[None]:
    """What the system refuses about files becomes a refused command."""
    try:
        yield
    except OSError as error:
        words = sentence(
            "{path}: {problem}; this needs the rights of the executor's owner",
            path=error.filename or path,
            problem=error.strerror or str(error),
        )
        raise CommandRefused(words, Exit.FAILED) from error


def shown(text: str) -> str:
    """Foreign text on one line, with nothing in it that moves the cursor or turns the direction of reading."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def say_all(lines: list[Sentence], terminal: Terminal) -> None:
    """Several lines on standard output."""
    for words in lines:
        terminal.say(words)
