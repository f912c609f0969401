"""What the `ticket` commands share: who acts, and how a ticket is shown to a person."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from collector.auth.errors import AccountRefused
from collector.auth.names import user_name
from collector.commands.opening import opened
from collector.errors import TicketRefused
from collector.relay.requests.words import obstacle_words, state_words
from collector.settings.reading import add_settings_argument
from collector.store.database import Store
from collector.tickets.search import repository as rows
from collector.tickets.search.model import EventRecord, TicketRecord, TimelineEntry
from collector.tickets.state import TicketStatus
from collector.tickets.view import instant, whole_ticket_view
from collector.tickets.words import STATUS_WORDS
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence

Whole = tuple[TicketRecord, list[TimelineEntry], list[EventRecord]]


def add_act_arguments(parser: argparse.ArgumentParser, terminal: Terminal) -> None:
    """Number, actor and form of output, the same for every act."""
    say = terminal.text
    add_settings_argument(parser, terminal)
    parser.add_argument("number", metavar="NUMBER", help=say(sentence("the ticket's number: 2026-000123")))
    parser.add_argument(
        "--actor", metavar="NAME", help=say(sentence("who does it (default: your name on this system)"))
    )
    parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))


def act(arguments: argparse.Namespace, terminal: Terminal, do: Callable[[Store, str, str, datetime], None]) -> int:
    """Do it as the actor, then show the ticket as it is now."""
    actor = actor_of(arguments.actor)
    with opened(arguments, terminal) as parts:
        do(parts.store, arguments.number, actor, parts.now())
        ticket, timeline, events = read_whole(parts.store, arguments.number)
    if arguments.json:
        terminal.json(whole_ticket_view(ticket, timeline, events))
    else:
        status = STATUS_WORDS[TicketStatus(ticket.status)]
        terminal.say(sentence("{number} is {status}", number=ticket.number, status=status))
    return Exit.DONE


def read_whole(store: Store, number: str) -> Whole:
    """A ticket with its timeline and newest events; `TicketRefused` without one of that number."""
    with store.reading() as connection:
        ticket = rows.find_ticket(connection, number)
        if ticket is None:
            raise TicketRefused(sentence("there is no ticket {number}", number=number))
        return ticket, rows.timeline_of(connection, ticket.id), rows.events_of(connection, ticket.id)


def language_of(terminal: Terminal) -> str:
    """The terminal's language as catalogues name it: en, ko, zh."""
    info: dict[str, Any] = terminal.language.info()
    return str(info.get("language", "en")).partition("_")[0]


def status_text(terminal: Terminal, status: str) -> str:
    """The status in the terminal's language."""
    return terminal.text(STATUS_WORDS[TicketStatus(status)])


def request_text(terminal: Terminal, detail: Mapping[str, Any]) -> str:
    """Where a request of the ticket stands: host, action, state, and what is in the way."""
    state, obstacle = str(detail.get("state", "")), str(detail.get("obstacle", ""))
    code = terminal.text(sentence("exit code {code}", code=detail["exit_code"])) if detail.get("exit_code") else ""
    why = terminal.text(obstacle_words(obstacle)) if obstacle else code
    parts = [str(detail.get("host", "")), str(detail.get("action", "")), terminal.text(state_words(state)), why]
    return " · ".join(part for part in parts if part)


def instant_text(at: datetime | None) -> str:
    """`2026-11-24 01:00:00Z`, or a hyphen."""
    return (instant(at) or "-").replace("T", " ").partition(".")[0] + ("Z" if at else "")


def actor_of(given: str | None) -> str:
    """The name that was given, or that of the person at this system."""
    try:
        return user_name(given if given is not None else getpass.getuser())
    except AccountRefused as refused:
        raise CommandRefused(refused.why) from refused
    except (KeyError, OSError) as error:
        raise CommandRefused(sentence("this system does not know your name; give --actor")) from error
