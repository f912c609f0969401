"""Documents as files: reading them with limits, and saying in words what they are.

Whoever signs has to see what is signed. Texts of a document are foreign: control characters, line
ends and bidirectional marks are shown as escapes, so that a document cannot draw lines of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from terminal import CommandRefused, Exit
from terminal.output import visible
from wire.documents.envelope import ENVELOPE_BYTES, Envelope, decode_envelope
from wire.documents.model import ActionRequest, Approval, Decline, Document, Revocation, read_document
from wire.errors import Malformed
from wire.sentence import Sentence, sentence


def read_file(path: Path, most: int = ENVELOPE_BYTES) -> bytes:
    """The bytes of a file that a person named; `CommandRefused` when it cannot be read or has more than `most`."""
    try:
        with path.open("rb") as source:
            raw = source.read(most + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandRefused(sentence("{path} cannot be read: {reason}", path=path, reason=reason)) from error
    if len(raw) > most:
        raise CommandRefused(sentence("{path} has more than {count} bytes", path=path, count=most))
    return raw


def read_envelope(path: Path) -> Envelope:
    """The envelope in a file."""
    try:
        return decode_envelope(read_file(path))
    except Malformed as error:
        raise CommandRefused(sentence("{path} is no signed document: {problem}", path=path, problem=error)) from error


def document_in(envelope: Envelope, path: Path) -> Document:
    """The document in an envelope; a kind or version that is not known here is refused."""
    try:
        return read_document(envelope)
    except Malformed as error:
        words = sentence("{path} is refused: {problem}", path=path, problem=shown(str(error)))
        raise CommandRefused(words, Exit.FAILED) from error


def shown(text: str) -> str:
    """Foreign text on one line, with nothing in it that moves the cursor."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def describe(envelope: Envelope, document: Document) -> list[Sentence]:
    """What the document is, for whom, when it holds, and who signed it."""
    hosts = ", ".join(shown(host) for host in document.hosts)
    names = [signature.key for signature in envelope.signatures]
    return [
        *_purpose(document),
        sentence("for:      {site}: {hosts}", site=shown(document.site), hosts=hosts),
        sentence(
            "holds:    from {start} up to {end} ({length})",
            start=document.not_before.isoformat(),
            end=document.not_after.isoformat(),
            length=str(document.not_after - document.not_before),
        ),
        sentence("made at:  {at}", at=document.made_at.isoformat()),
        sentence("id:       {id}", id=document.id),
        sentence("digest:   {digest}", digest=envelope.digest),
        *(sentence("signed:   by key {key} (not checked here)", key=shown(name)) for name in names),
        *([] if names else [sentence("signed:   by nobody")]),
    ]


def _purpose(document: Document) -> list[Sentence]:
    match document:
        case ActionRequest():
            return _request(document)
        case Approval():
            return [
                sentence("kind:     approval, by {who}", who=shown(document.approver)),
                sentence("approves: {digest}, {count} times", digest=document.approves, count=document.uses),
            ]
        case Decline():
            return [
                sentence("kind:     decline, by {who}", who=shown(document.approver)),
                sentence("declines: {digest}", digest=document.declines),
                sentence("reason:   {text}", text=shown(document.reason)),
            ]
        case Revocation():
            return [
                sentence("kind:     revocation"),
                sentence("revokes:  {id}", id=document.revokes),
                sentence("reason:   {text}", text=shown(document.reason)),
            ]


def _request(document: ActionRequest) -> list[Sentence]:
    parameters = [
        sentence("          {name} = {value}", name=name, value=shown(value))
        for name, value in sorted(document.parameters.items())
    ]
    return [
        sentence("kind:     request to run an action"),
        sentence("action:   {action} of {product}", action=document.action, product=shown(document.product)),
        *parameters,
        sentence("reason:   {text}", text=shown(document.reason)),
        *([sentence("ticket:   {text}", text=shown(document.ticket))] if document.ticket else []),
    ]


def view(envelope: Envelope, document: Document) -> dict[str, Any]:
    """The same as plain values."""
    return {
        "type": envelope.payload_type,
        "digest": envelope.digest,
        "signatures": [signature.key for signature in envelope.signatures],
        "document": msgspec.to_builtins(document),
    }
