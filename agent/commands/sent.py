"""`sitewarden-agent sent`: what left this host."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agent.commands.loading import add_settings_argument
from agent.settings.reading import glance
from agent.spool.sent import Payload, sent_payloads
from agent.spool.spool import FILE_NAME
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class ShowSent:
    """Lists the batches that are kept, or shows one whole."""

    name = "sent"
    summary = sentence("Show what left this server: every kept batch, or one of them word for word.")
    examples: Sequence[str] = ("sitewarden-agent sent", "sitewarden-agent sent --batch 17")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings, one batch, and how."""
        add_settings_argument(parser, terminal)
        words = sentence("show every record of this batch as it was sent")
        parser.add_argument("--batch", metavar="NUMBER", type=int, help=terminal.text(words))
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print it; what is older than the spool's keeping time is gone."""
        path: Path = glance(arguments.settings)[0] / FILE_NAME
        try:
            payloads = list(sent_payloads(path))
        except sqlite3.Error as error:
            words = sentence("{path} cannot be read: {problem}", path=path, problem=str(error))
            raise CommandRefused(words, Exit.FAILED) from error
        if arguments.batch is not None:
            self._show(arguments.batch, payloads, terminal)
        elif arguments.json:
            for payload in payloads:
                terminal.json(_row(payload))
        else:
            self._list(payloads, terminal)
        return Exit.DONE

    def _show(self, number: int, payloads: list[Payload], terminal: Terminal) -> None:
        found = [payload for payload in payloads if payload.sequence == number]
        if not found:
            raise CommandRefused(sentence("there is no batch {number} here (any more)", number=number), Exit.FAILED)
        for raw in found[0].records:
            terminal.json(msgspec.json.decode(raw))

    def _list(self, payloads: list[Payload], terminal: Terminal) -> None:
        heads = [sentence("batch"), sentence("sealed"), sentence("received"), sentence("bytes"), sentence("holds")]
        rows = []
        for payload in payloads:
            row = _row(payload)
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(payload.kinds.items()))
            rows.append([str(row["batch"]), str(row["sealed_at"]), str(row["received_at"]), str(row["bytes"]), kinds])
        terminal.table(heads, rows)


def _row(payload: Payload) -> dict[str, object]:
    return {
        "batch": payload.sequence,
        "sealed_at": payload.sealed_at.isoformat(timespec="seconds") if payload.sealed_at else "",
        "received_at": payload.acked_at.isoformat(timespec="seconds") if payload.acked_at else "",
        "bytes": payload.size_bytes,
        "holds": payload.kinds,
    }


COMMAND = ShowSent()
