"""`sitewarden-agent decline`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from agent.app import new_document_id, now
from agent.commands.answering import Answer, add_answer_arguments, prepared
from agent.commands.handing import stop_at_once, write_out
from agent.commands.requests import view
from terminal import CommandRefused, Exit, Terminal
from wire.documents.envelope import add_signature
from wire.documents.model import Decline, write_document
from wire.sentence import sentence


class DeclineRequest:
    """The customer's no to one request."""

    name = "decline"
    summary = sentence("Show a request in words and decline it: it never runs here, whoever approves it later.")
    examples: Sequence[str] = ("sitewarden-agent decline 3f9a0c2e --key kim.key --reason 'not in office hours'",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """The request, the key, why."""
        add_answer_arguments(parser, terminal)
        words = sentence("why, for the vendor's engineer")
        parser.add_argument("--reason", default="", metavar="TEXT", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Show, ask, sign, stop."""
        answer = prepared(arguments, terminal, question=sentence("Decline this?"))
        decline = _decline(answer, arguments.reason)
        envelope = add_signature(write_document(decline), answer.key)
        out: Path | None = arguments.out
        if out is not None:
            write_out(out, envelope, terminal)
        elif answer.folder is not None and answer.settings is not None:
            stop_at_once(decline, envelope, answer.folder, Path(str(answer.settings.executor.socket)))
        else:
            raise CommandRefused(sentence("there is no agent on this machine: name a file with --out"))
        if arguments.json:
            terminal.json({"decline": decline.id, "approver": answer.name, "request": view(answer.asked)})
        else:
            terminal.say(sentence("Declined as {name}.", name=answer.name))
        return Exit.DONE


def _decline(answer: Answer, reason: str) -> Decline:
    request, at = answer.asked.request, now()
    return Decline(
        id=new_document_id(),
        site=request.site,
        hosts=request.hosts,
        made_at=at,
        not_before=min(at, request.not_before),
        not_after=max(at, request.not_after),
        declines=answer.asked.envelope.digest,
        approver=answer.name,
        reason=reason[:500],
    )


COMMAND = DeclineRequest()
