"""`sitewarden-collector ticket excuse`: a breach is counted apart; it stays a breach."""

from __future__ import annotations

import argparse

from collector.commands.ticket_words import act, add_act_arguments
from collector.sla.plan import Metric
from collector.tickets.waiting import excuse
from terminal import Terminal
from wire.sentence import sentence


class TicketExcuse:
    """Excuse a breach."""

    name = "ticket excuse"
    summary = sentence("count a missed deadline apart; it stays missed")
    examples = ("sitewarden-collector ticket excuse 2026-000123 --metric resolve --reason 'flood at the site'",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        add_act_arguments(parser, terminal)
        metrics = [metric.value for metric in Metric]
        parser.add_argument("--metric", required=True, choices=metrics, help=say(sentence("which clock")))
        parser.add_argument("--cycle", type=int, default=1, metavar="N", help=say(sentence("which cycle of it")))
        parser.add_argument("--reason", required=True, metavar="TEXT", help=say(sentence("why it is excused")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it and show the ticket."""
        metric, cycle, reason = Metric(arguments.metric), arguments.cycle, arguments.reason
        return act(
            arguments,
            terminal,
            lambda store, number, actor, at: excuse(store, number, metric, cycle, actor=actor, reason=reason, now=at),
        )


COMMAND = TicketExcuse()
