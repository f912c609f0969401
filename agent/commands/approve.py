"""`sitewarden-agent approve`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from agent.app import new_document_id, now
from agent.commands.answering import Answer, add_answer_arguments, prepared
from agent.commands.handing import put_on_shelf, write_out
from agent.commands.requests import view
from terminal import CommandRefused, Exit, Terminal
from wire.documents.envelope import add_signature
from wire.documents.model import Approval, write_document
from wire.sentence import sentence

USES_MOST = 100  # as in the model


class Approve:
    """The customer's yes to one request, signed with a key file."""

    name = "approve"
    summary = sentence("Show a request in words and approve exactly it with your key file.")
    examples: Sequence[str] = (
        "sitewarden-agent approve 3f9a0c2e --key /media/stick/kim.key",
        "sitewarden-agent approve request.json --key kim.key --as Kim --hours 2 --out approval.json",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """The request, the key, how long and how often."""
        say = terminal.text
        add_answer_arguments(parser, terminal)
        words = sentence("how long the approval holds (default: 24, at most as long as the request)")
        parser.add_argument("--hours", type=float, default=24.0, metavar="HOURS", help=say(words))
        words = sentence("how often the request may run on each host (default: 1)")
        parser.add_argument("--uses", type=int, default=1, metavar="COUNT", help=say(words))
        words = sentence("only for this host of the request; may be repeated (default: all of them)")
        parser.add_argument("--host", action="append", metavar="HOST", help=say(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Show, ask, sign, hand on."""
        if not 1 <= arguments.uses <= USES_MOST or arguments.hours <= 0:
            raise CommandRefused(sentence("--uses is from 1 to {most}, and --hours more than 0", most=USES_MOST))
        answer = prepared(arguments, terminal, question=sentence("Approve exactly this?"))
        if answer.asked.is_patch and answer.asked.patch is None:
            words = sentence("nobody approves a patch unseen: bring it with `patch offer`, or wait for the vendor")
            raise CommandRefused(words, Exit.FAILED)
        approval = _approval(answer, arguments)
        envelope = add_signature(write_document(approval), answer.key)
        out: Path | None = arguments.out
        if out is not None:
            write_out(out, envelope, terminal)
        elif answer.settings is not None:
            put_on_shelf(answer.settings, envelope)
        else:
            raise CommandRefused(sentence("there is no agent on this machine: name a file with --out"))
        if arguments.json:
            terminal.json({"approval": approval.id, "approver": answer.name, "request": view(answer.asked)})
        else:
            until = approval.not_after.isoformat(timespec="minutes")
            terminal.say(
                sentence("Approved as {name} until {end}; approval {id}.", name=answer.name, end=until, id=approval.id)
            )
        return Exit.DONE


def _approval(answer: Answer, arguments: argparse.Namespace) -> Approval:
    request, at = answer.asked.request, now()
    end = min(at + timedelta(hours=arguments.hours), request.not_after)
    if end <= at:
        raise CommandRefused(sentence("the time of this request is over"), Exit.FAILED)
    hosts = arguments.host or request.hosts
    if not set(hosts) <= set(request.hosts):
        raise CommandRefused(sentence("the request is not for all of these hosts"))
    return Approval(
        id=new_document_id(),
        site=request.site,
        hosts=list(hosts),
        made_at=at,
        not_before=at,
        not_after=end,
        approves=answer.asked.envelope.digest,
        approver=answer.name,
        uses=arguments.uses,
    )


COMMAND = Approve()
