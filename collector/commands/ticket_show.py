"""`sitewarden-collector ticket show`: one ticket with its timeline and newest evidence."""

from __future__ import annotations

import argparse

from collector.commands.opening import opened
from collector.commands.ticket_words import Whole, instant_text, language_of, read_whole, request_text, status_text
from collector.settings.reading import add_settings_argument
from collector.tickets.model import ChangeKind
from collector.tickets.view import whole_ticket_view
from terminal import Exit, Terminal
from wire.sentence import Sentence, sentence


class TicketShow:
    """Show a ticket."""

    name = "ticket show"
    summary = sentence("show one ticket with its timeline and newest events")
    examples = ("sitewarden-collector ticket show 2026-000123",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_settings_argument(parser, terminal)
        parser.add_argument("number", metavar="NUMBER", help=say(sentence("the ticket's number: 2026-000123")))
        parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print it."""
        with opened(arguments, terminal) as parts:
            whole = read_whole(parts.store, arguments.number)
        if arguments.json:
            terminal.json(whole_ticket_view(*whole))
        else:
            _print(terminal, whole)
        return Exit.DONE


def _print(terminal: Terminal, whole: Whole) -> None:
    ticket, timeline, events = whole
    terminal.say(
        sentence("{number}  {title}", number=ticket.number, title=ticket.title.in_language(language_of(terminal)))
    )
    facts: list[tuple[Sentence, str]] = [
        (sentence("level"), str(ticket.level)),
        (sentence("status"), status_text(terminal, ticket.status)),
        (sentence("site"), f"{ticket.site_id} ({ticket.site_name})"),
        (sentence("code"), f"{ticket.module} {ticket.code}"),
        (sentence("count"), str(ticket.count)),
        (sentence("firing since (UTC)"), instant_text(ticket.clock_start_at)),
        (sentence("last signal (UTC)"), instant_text(ticket.last_event_at)),
        (sentence("recovered (UTC)"), instant_text(ticket.recovered_at)),
        (sentence("assignee"), ticket.assignee or "-"),
    ]
    for words, value in facts:
        terminal.say(sentence("  {name}: {value}", name=words, value=value))
    terminal.say(sentence("timeline (UTC, newest first):"))
    for entry in timeline:
        said = entry.detail.get("text") or entry.detail.get("note") or ""
        if entry.kind == ChangeKind.REQUESTED:
            said = request_text(terminal, entry.detail)
        terminal.say(
            sentence(
                "  {at}  {actor}  {kind}  {said}",
                at=instant_text(entry.at),
                actor=entry.actor,
                kind=entry.kind,
                said=str(said).replace("\n", " "),
            )
        )
    quoted = next((record.event for record in events if record.event and record.event.text), None)
    if quoted:
        terminal.say(sentence("evidence from {source}, line {line}:", source=quoted.source, line=quoted.line_number))
        for line in quoted.text.split("\n"):
            terminal.say(sentence("  | {line}", line=line))


COMMAND = TicketShow()
