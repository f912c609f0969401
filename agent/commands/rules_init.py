"""`sitewarden-agent policy init`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from agent.commands.maintained import (
    POLICY_CHANGED,
    add_folder_argument,
    add_json_argument,
    executor_folder,
    policy_digest,
    record,
    this_place,
    write_policy,
)
from remediation.trust.policy_file import POLICY_NAME
from remediation.trust.policy_text import new_policy
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import sentence


class PolicyInit:
    """Writes a first policy, which allows nothing yet."""

    name = "policy init"
    summary = sentence("Write a local policy that allows nothing yet, with comments that explain it.")
    examples: Sequence[str] = (
        "sudo sitewarden-agent policy init --zone Asia/Seoul",
        "sitewarden-agent policy init --folder ./executor --site seoul-hospital",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Where, and for which site."""
        add_folder_argument(parser, terminal)
        add_json_argument(parser, terminal)
        words = sentence("the site (default: the one that this server is enrolled at)")
        parser.add_argument("--site", metavar="SITE", help=terminal.text(words))
        words = sentence("the time zone that says when a day begins, such as Asia/Seoul (default: UTC)")
        parser.add_argument("--zone", metavar="ZONE", default="UTC", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Write it; one that exists is never replaced."""
        folder = executor_folder(arguments, terminal)
        path, place = folder / POLICY_NAME, this_place(folder)
        site = arguments.site or (place.site if place else "")
        if not site:
            raise CommandRefused(sentence("name the site with --site; this server is not known as one of a site yet"))
        if path.exists():
            raise CommandRefused(sentence("{path} exists; a policy is never replaced", path=path), Exit.FAILED)
        text = new_policy(site, arguments.zone)
        record(folder, POLICY_CHANGED, {"change": "init", "before": "", "after": policy_digest(text)})
        write_policy(path, text)
        if arguments.json:
            terminal.json({"path": str(path), "site": site})
        else:
            terminal.say(sentence("{path} is written. It allows nothing yet; add who may approve:", path=path))
            terminal.say(sentence("  sitewarden-agent policy approver add NAME --key FILE.pub"))
        return Exit.DONE


COMMAND = PolicyInit()
