"""`sitewarden-collector patch show`: one patch at every host."""

from __future__ import annotations

import argparse

from collector.commands.desk_words import add_desk_arguments
from collector.commands.opening import opened
from collector.patches import repository
from collector.patches.board import Board
from collector.patches.view import host_view, patch_view
from collector.patches.words import STATE_WORDS, reason_words
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class PatchShow:
    """Show a patch."""

    name = "patch show"
    summary = sentence("show where a patch stands on every host, and why")
    examples = ("sitewarden-collector patch show his-2.3.1", "sitewarden-collector patch show his-2.3.1 --json")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_desk_arguments(parser, terminal)
        parser.add_argument("id", metavar="PATCH", help=terminal.text(sentence("the patch, as `patch list` names it")))
        words = sentence("the product, where two of them have a patch of that name")
        parser.add_argument("--product", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Do it."""
        with opened(arguments, terminal) as parts, parts.store.reading() as connection:
            named = repository.patches_named(connection, arguments.id)
            found = [patch for patch in named if arguments.product in {None, patch.product}]
            if not found:
                words = sentence("there is no patch {patch}; `patch list` names them", patch=arguments.id)
                raise CommandRefused(words, Exit.FAILED)
            if len(found) > 1:
                words = sentence("more than one product has a patch {patch}: name the --product", patch=arguments.id)
                raise CommandRefused(words, Exit.BAD_INPUT)
            lines = Board().hosts_of_patch(connection, found[0], parts.now())
        if arguments.json:
            terminal.json({**patch_view(found[0]), "standing": [host_view(line) for line in lines]})
            return Exit.DONE
        table = []
        for line in lines:
            why = reason_words(line.verdict)
            version = line.host.versions.get(line.patch.module) or "-"
            state = terminal.text(STATE_WORDS[line.verdict.state])
            table.append([line.host.site, line.host.hostname, version, state, terminal.text(why) if why else "-"])
        terminal.table(HEADS, table)
        return Exit.DONE


COMMAND = PatchShow()

HEADS = (
    sentence("site"),
    sentence("host"),
    sentence("version"),
    sentence("status"),
    sentence("why"),
)
