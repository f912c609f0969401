"""Where a signed document goes from the keyboard: into a file, to the agent's shelf, or to the executor at once."""

from __future__ import annotations

import os
from pathlib import Path

from agent.app import executor_client
from agent.commands.maintained import STOPPED, file_refusals, record, this_ledger
from agent.courier.shelf import FOLDER_NAME, Shelf, ShelfFull
from agent.courier.sorting import Way, sort_document
from agent.owner import as_owner
from agent.settings.model import Settings
from remediation.durable import write_durably
from remediation.executor.client import ExecutorRefused, NoExecutor
from remediation.executor.journal import kept
from terminal import CommandRefused, Exit, Terminal
from wire.documents.envelope import Envelope, encode_envelope
from wire.documents.model import Decline, Revocation
from wire.sentence import sentence

READABLE = 0o644


def write_out(path: Path, envelope: Envelope, terminal: Terminal) -> None:
    """Write the document for carrying it elsewhere."""
    with file_refusals(path):
        write_durably(path, encode_envelope(envelope), mode=READABLE)
    terminal.warn(sentence("signed: {path}", path=path))


def put_on_shelf(settings: Settings, envelope: Envelope) -> None:
    """Lay an approval beside its request; the agent carries both to the executor."""
    state = Path(settings.state)
    try:
        with file_refusals(state), as_owner(state):  # the agent has to read it
            Shelf(state).put(sort_document(encode_envelope(envelope)))
    except ShelfFull as full:
        raise CommandRefused(sentence("too many documents wait on this server"), Exit.FAILED) from full


def waiting_request(settings: Settings, digest: str) -> Path:
    """The file of the request on the agent's shelf whose digest begins so."""
    shelf = Path(settings.state) / FOLDER_NAME
    found = [
        document
        for document in Shelf(Path(settings.state)).documents()
        if document.way is Way.REQUEST and document.digest.startswith(digest)
    ]
    if len(found) != 1:
        words = sentence("{count} requests with the digest {digest} wait here", count=len(found), digest=digest)
        raise CommandRefused(words, Exit.FAILED)
    return next(path for path in shelf.glob("*.json") if path.read_bytes() == found[0].raw)


def stop_at_once(document: Decline | Revocation, envelope: Envelope, folder: Path, socket: Path) -> None:
    """Hand a stop to the executor; where none answers, write it into the executor's folder ourselves."""
    raw, client = encode_envelope(envelope), executor_client(socket)
    try:
        if isinstance(document, Revocation):
            client.revoke(raw)
        else:
            client.decline(raw)
    except ExecutorRefused as refused:
        words = sentence("the executor refused it: {problem}", problem=str(refused))
        raise CommandRefused(words, Exit.FAILED) from refused
    except NoExecutor:
        with this_ledger(folder) as ledger:
            if isinstance(document, Revocation):
                ledger.revoke(document.revokes)
            else:
                ledger.decline(document.declines)
        names = document.revokes if isinstance(document, Revocation) else document.declines
        record(folder, STOPPED, {"stops": names, "documents": kept([raw]), "asked_by_uid": os.geteuid()})
