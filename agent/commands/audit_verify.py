"""`sitewarden-agent audit verify`: works on a copy, on another machine, without a network."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from agent.app import now
from agent.commands.loading import add_settings_argument, load_settings
from remediation.audit.chain import stored_lines, torn_tail
from remediation.audit.heads import kept_heads
from remediation.audit.verify import Verdict, verify
from remediation.executor.place import PlaceFile, PlaceUnknown, read_place
from terminal import CommandRefused, Exit, Terminal
from wire.documents.envelope import Envelope
from wire.documents.heads import AuditHead, read_head
from wire.errors import Malformed
from wire.keys import Ed25519PublicKey, key_id, load_public, public_bytes
from wire.sentence import sentence

HEAD_AGE = timedelta(days=7)


class AuditVerify:
    """Checks the chain and the heads that were signed about it."""

    name = "audit verify"
    summary = sentence("Check that nobody has changed the audit chain; also on a copy, without a network.")
    examples: Sequence[str] = (
        "sitewarden-agent audit verify",
        "sitewarden-agent audit verify --folder ./copy --host-key KEY --receipt-key KEY",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Which chain, and whose signatures count."""
        add_settings_argument(parser, terminal)
        add_folder_argument(parser, terminal)
        words = sentence(
            "public key of the host, noted when it was enrolled (default: from place.json beside the chain)"
        )
        parser.add_argument("--host-key", metavar="KEY", help=terminal.text(words))
        words = sentence("public receipt key of the collector (default: from place.json beside the chain)")
        parser.add_argument("--receipt-key", metavar="KEY", help=terminal.text(words))
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print every finding; 1 when the chain was changed."""
        folder = audit_folder(arguments)
        keys = _keys(arguments, folder)
        try:
            envelopes = list(kept_heads(folder))
            heads = [head for envelope in envelopes if (head := _head_in(envelope, keys))]
            verdict = verify(stored_lines(folder), heads, torn_bytes=torn_tail(folder), now=now(), head_age=HEAD_AGE)
        except OSError as error:
            words = sentence("{path} cannot be read: {problem}", path=error.filename or folder, problem=error.strerror)
            raise CommandRefused(words, Exit.FAILED) from error
        is_whole = not any(finding.is_proof for finding in verdict.findings)
        if arguments.json:
            _print_json(verdict, terminal, is_whole=is_whole, unsigned=len(envelopes) - len(heads))
        else:
            _print(verdict, terminal, keys, is_whole=is_whole, unsigned=len(envelopes) - len(heads))
        return Exit.DONE if is_whole else Exit.FAILED


def add_folder_argument(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """Declare --folder."""
    words = sentence("a copy of the audit folder (default: the executor's own)")
    parser.add_argument("--folder", metavar="COPY", type=Path, help=terminal.text(words))


def audit_folder(arguments: argparse.Namespace) -> Path:
    """The folder with the chain's files: the copy that was named, or the executor's."""
    named: Path | None = arguments.folder
    if named is None:
        settings = load_settings(arguments, Terminal()).settings
        named = Path(str(settings.executor.folder))
    below = named / "audit"
    return below if below.is_dir() else named


def _keys(arguments: argparse.Namespace, folder: Path) -> list[Ed25519PublicKey]:
    """Host key and receipt key, as named or from the place file; empty when there are none."""
    texts = [arguments.host_key, arguments.receipt_key]
    place = _place(folder)
    if place is not None:
        texts = [texts[0] or place.host_key, texts[1] or place.receipt_key]
    if None in texts:
        return []
    try:
        return [load_public(text) for text in texts]
    except Malformed as error:
        raise CommandRefused(sentence("not a public key: {problem}", problem=str(error))) from error


def _place(folder: Path) -> PlaceFile | None:
    for candidate in (folder, folder.parent):
        try:
            return read_place(candidate)
        except PlaceUnknown:
            continue
    return None


def _head_in(envelope: Envelope, keys: list[Ed25519PublicKey]) -> AuditHead | None:
    try:
        return read_head(envelope, *keys)
    except Malformed:
        return None


def _print_json(verdict: Verdict, terminal: Terminal, *, is_whole: bool, unsigned: int) -> None:
    found = [
        {"what": finding.fraud, "record": finding.record, "proof": finding.is_proof, "text": str(finding.words)}
        for finding in verdict.findings
    ]
    head = verdict.last_head
    terminal.json(
        {
            "whole": is_whole,
            "records": verdict.records,
            "chain": verdict.chain,
            "root": verdict.root,
            "secured_records": head.size if head else 0,
            "secured_at": head.at.isoformat() if head else "",
            "secured_age_s": round((now() - head.at).total_seconds()) if head else None,
            "heads_without_both_signatures": unsigned,
            "findings": found,
        }
    )


def _print(
    verdict: Verdict, terminal: Terminal, keys: list[Ed25519PublicKey], *, is_whole: bool, unsigned: int
) -> None:
    for finding in verdict.findings:
        shape = sentence("CHANGED  {what}", what=finding.words)
        terminal.say(shape if finding.is_proof else sentence("notice   {what}", what=finding.words))
    if unsigned:
        terminal.say(sentence("notice   heads without both signatures, not counted: {count}", count=unsigned))
    for key in keys:
        terminal.say(sentence("signed heads are checked with the key {name}", name=key_id(public_bytes(key))))
    terminal.say(sentence("records: {count}, root {root}", count=verdict.records, root=verdict.root))
    if is_whole and verdict.last_head is not None:
        words = sentence(
            "The chain is whole; up to record {size} host and collector have signed it.", size=verdict.last_head.size
        )
        terminal.say(words)
        age = timedelta(seconds=round((now() - verdict.last_head.at).total_seconds()))
        terminal.say(sentence("The last countersigned head is {age} old; what came after it is not secured.", age=age))
    elif is_whole:
        terminal.say(sentence("The chain is whole in itself; nobody has countersigned it."))
    else:
        terminal.say(sentence("The chain was changed."))


COMMAND = AuditVerify()
