"""`sitewarden-agent check`: is everything there, readable and reachable, and what to do if not."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from agent.app import connect, luck, now
from agent.checks import Finding, check_files, check_network, check_probes, check_settings, check_state
from agent.commands.loading import add_settings_argument
from terminal import Exit, Terminal
from wire.sentence import sentence


class Check:
    """Looks at everything once and changes nothing."""

    name = "check"
    summary = sentence("Check settings, state folder, logs, catalogues, network and clock; say what to do.")
    examples: Sequence[str] = ("sitewarden-agent check", "sitewarden-agent check --settings ./agent.yaml --offline")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings, and whether the network is left out."""
        add_settings_argument(parser, terminal)
        parser.add_argument("--offline", action="store_true", help=terminal.text(sentence("leave the network out")))
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print every finding; 0 when nothing is wrong, 1 otherwise."""
        loaded, findings = check_settings(arguments.settings)
        if loaded is not None:
            findings += check_state(loaded.settings)
            findings += check_files(loaded.settings)
            if not arguments.offline:
                findings += check_probes(loaded, now, luck().monotonic)
                findings += check_network(loaded.settings, connect, now)
        is_well = all(finding.is_well for finding in findings)
        if arguments.json:
            rows = [{"ok": finding.is_well, "what": str(finding.what)} for finding in findings]
            terminal.json({"ok": is_well, "findings": rows})
        else:
            self._print(findings, terminal, is_well=is_well)
        return Exit.DONE if is_well else Exit.FAILED

    def _print(self, findings: list[Finding], terminal: Terminal, *, is_well: bool) -> None:
        for finding in findings:
            shape = sentence("ok       {what}", what=finding.what)
            wrong = sentence("PROBLEM  {what}", what=finding.what)
            terminal.say(shape if finding.is_well else wrong)
        if is_well:
            terminal.say(sentence("Everything is in order."))
        else:
            count = sum(not finding.is_well for finding in findings)
            terminal.say(sentence("Problems found: {count}.", count=count))


COMMAND = Check()
